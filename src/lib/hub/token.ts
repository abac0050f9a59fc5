import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';

/** A token and the place it was found in; the place may be shown, the token never. */
export interface HubToken {
  readonly token: string;
  /** `HF_TOKEN`, `the file /home/me/.cache/huggingface/token` … */
  readonly origin: string;
}

/** What finding a token looks at. */
export interface TokenSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

/**
 * Finds the user's Hugging Face token where huggingface_hub finds it, in the same order: `HF_TOKEN`,
 * `HUGGING_FACE_HUB_TOKEN`, then the one token file. `HF_HUB_DISABLE_IMPLICIT_TOKEN` turns it off.
 * https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 *
 * @throws LlameroError TOKEN_REFUSED when what is found cannot be a token or cannot be read
 */
export async function discoverToken(sources: TokenSources): Promise<HubToken | undefined> {
  const { environment } = sources;
  if (/^(?:1|on|yes|true)$/iu.test(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN']?.trim() ?? '')) {
    return undefined;
  }
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = clean(environment[name]);
    if (token !== undefined) return checked(token, name, `\`unset ${name}\``);
  }
  const file = tokenFile(sources);
  const token = clean(await readTokenFile(file));
  if (token === undefined) return undefined;
  return checked(token, `the file ${file}`, 'delete the file and log in again: `hf auth login`');
}

/** Where `hf auth login` puts the token. */
function tokenFile({ environment, homeDirectory }: TokenSources): string {
  const folder = (name: string): string | undefined => {
    const value = environment[name]?.trim();
    if (value === undefined || value === '') return undefined;
    return value.replace(/^~(?=$|[/\\])/u, () => homeDirectory);
  };
  const cache = folder('XDG_CACHE_HOME') ?? path.join(homeDirectory, '.cache');
  const home = folder('HF_HOME') ?? path.join(cache, 'huggingface');
  return folder('HF_TOKEN_PATH') ?? path.join(home, 'token');
}

async function readTokenFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LlameroError(
      'TOKEN_REFUSED',
      `The token file ${file} cannot be read (${code ?? 'unknown reason'})`,
      {
        hint: 'Correct its permissions, or go on without a token: HF_HUB_DISABLE_IMPLICIT_TOKEN=1',
        cause: error,
      },
    );
  }
}

function clean(text: string | undefined): string | undefined {
  const token = text?.replace(/[\r\n]/gu, '').trim();
  return token === '' ? undefined : token;
}

/** Refuses what no HTTP header can carry, before a library quotes it in an error. */
function checked(token: string, origin: string, remedy: string): HubToken {
  if (/^[\u0021-\u007E]{1,4096}$/u.test(token)) return { token, origin };
  throw new LlameroError(
    'TOKEN_REFUSED',
    `What stands in ${origin} is no token: it has blanks or characters that no token has`,
    { hint: `Copy the token again, or ${remedy}` },
  );
}
