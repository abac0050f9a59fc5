import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { unsetLine } from '../config/shell-word.ts';
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

const TOKEN_PATH = 'HF_TOKEN_PATH';

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
    if (token !== undefined) return checked(token, name, unsetting(name));
  }
  const file = tokenFile(sources);
  const token = clean(await readTokenFile(file, sources));
  if (token === undefined) return undefined;
  return checked(token, `the file ${file}`, 'delete the file and log in again: `hf auth login`');
}

/** Where `hf auth login` puts the token. */
function tokenFile(sources: TokenSources): string {
  const cache = placeIn(sources, 'XDG_CACHE_HOME') ?? path.join(sources.homeDirectory, '.cache');
  const home = placeIn(sources, 'HF_HOME') ?? path.join(cache, 'huggingface');
  return placeIn(sources, TOKEN_PATH) ?? path.join(home, 'token');
}

/** The path that a variable holds, if any. */
function placeIn({ environment, homeDirectory }: TokenSources, name: string): string | undefined {
  const value = environment[name]?.trim();
  if (value === undefined || value === '') return undefined;
  return value.replace(/^~(?=$|[/\\])/u, () => homeDirectory);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link to itself',
  EPERM: 'it may not be read',
};

async function readTokenFile(file: string, sources: TokenSources): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = REASONS[code ?? ''] ?? code ?? 'it cannot be read';
    const wayOut =
      placeIn(sources, TOKEN_PATH) === undefined
        ? 'go on without a token: HF_HUB_DISABLE_IMPLICIT_TOKEN=1'
        : unsetting(TOKEN_PATH);
    throw new LlameroError('TOKEN_REFUSED', `The token file ${file} is no use: ${reason}`, {
      hint: `Mend that, or ${wayOut}`,
      cause: error,
    });
  }
}

/** The command that unsets a variable, as hints show it. */
function unsetting(name: string): string {
  return `\`${unsetLine([name], process.platform)}\``;
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
