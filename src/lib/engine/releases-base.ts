import { LlameroError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';

/** Where the releases of llama.cpp are asked for unless another place is named. */
const GITHUB_RELEASES = 'https://api.github.com/repos/ggml-org/llama.cpp';

/** The address of a repository's API. */
export interface ReleasesBase {
  /** Without a slash at the end. */
  readonly href: string;
  readonly url: URL;
  readonly host: string;
  readonly isGitHub: boolean;
  /** Whether a token may be sent along with a request. */
  mayHaveToken(url: URL): boolean;
}

/**
 * Reads the address of the releases.
 *
 * @throws LlameroError CONFIG_INVALID when it is no http(s) URL, or has a password, query or fragment
 */
export function parseReleasesBase(text: string = GITHUB_RELEASES): ReleasesBase {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isPlain =
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    url.username + url.password + url.search + url.hash === '';
  if (url === undefined || !isPlain) {
    throw new LlameroError(
      'CONFIG_INVALID',
      `«${withoutPassword(text)}» is no address of releases (LLAMERO_RELEASES_URL)`,
      { hint: `Write it as ${GITHUB_RELEASES}, without user name, password or query` },
    );
  }
  const href = url.href.replace(/\/+$/u, '');
  // Over plain http anybody on the way could read a token.
  const isSafe =
    url.protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(url.hostname);
  return {
    href,
    url,
    host: url.host,
    isGitHub: href === GITHUB_RELEASES,
    mayHaveToken: (other) => isSafe && other.origin === url.origin,
  };
}

function withoutPassword(text: string): string {
  return oneLine(text)
    .replace(/[?#].*$/u, '')
    .replace(/\/\/[^/]*@/u, '//')
    .slice(0, 200);
}
