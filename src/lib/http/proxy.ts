import { LlameroError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies of an environment, in the form that Node's agents understand. */
export interface ProxySettings {
  readonly HTTP_PROXY?: string;
  readonly HTTPS_PROXY?: string;
  readonly NO_PROXY?: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, lower case first as curl and Node do. A bare
 * `host:port` counts as `http://host:port`: Node would silently go past such a proxy, and past
 * those of other kinds.
 *
 * @throws LlameroError CONFIG_INVALID when a proxy is neither http nor https
 */
export function readProxySettings(environment: Environment): ProxySettings {
  const http = readProxy(environment, 'HTTP_PROXY');
  const https = readProxy(environment, 'HTTPS_PROXY');
  const none = setting(environment, 'NO_PROXY')?.value;
  return {
    ...(http === undefined ? {} : { HTTP_PROXY: http.href }),
    ...(https === undefined ? {} : { HTTPS_PROXY: https.href }),
    ...(none === undefined ? {} : { NO_PROXY: none }),
  };
}

/**
 * Which proxy is set for a URL, as a phrase without its password: `HTTPS_PROXY is set to
 * proxy.example:3128`; undefined when there is none. Does not weigh NO_PROXY.
 */
export function describeProxy(environment: Environment, url: URL): string | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const found = setting(environment, name);
  const proxy = readProxy(environment, name);
  return found && proxy && `${found.name} is set to ${proxy.host}`;
}

function readProxy(environment: Environment, name: string): URL | undefined {
  const found = setting(environment, name);
  if (found === undefined) return undefined;
  const address = found.value.includes('://') ? found.value : `http://${found.value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new LlameroError('CONFIG_INVALID', `${found.name} is no address of an HTTP proxy`, {
    hint: `Write it as http://host:port (${oneLine(url?.protocol ?? 'what is there')} is not understood), or \`unset ${found.name}\``,
  });
}

function setting(
  environment: Environment,
  name: string,
): { readonly name: string; readonly value: string } | undefined {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = environment[spelling]?.trim();
    if (value !== undefined && value !== '') return { name: spelling, value };
  }
  return undefined;
}
