import { randomBytes } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

import { LlameroError } from '../errors.ts';
import { readTextIfExists, writeFileAtomic } from '../files.ts';
import type { ServerAddress } from './request.ts';
import type { ServerState } from './state.ts';

/** Where a key for the server may come from, the first one that is there wins. */
export interface KeySources {
  /** A file that the user named. */
  readonly file?: string | undefined;
  /** The key itself, from LLAMERO_API_KEY. */
  readonly value?: string | undefined;
}

/** The key that a new server asks its clients for. */
export interface ServerKey {
  readonly file: string;
  readonly value: string;
  /** Whether it has to be written into the file before a server starts with it. */
  readonly isNew: boolean;
}

const HOW_TO_GIVE =
  'Let one be made and kept: `llamero serve --generate-api-key`, or name your own with --api-key-file <file> or LLAMERO_API_KEY.\nWithout a key the server listens on this machine alone: `llamero config set server.host 127.0.0.1`';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only programs of this machine reach what listens on a host. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The key that a server on this address asks for. Whoever is beyond this machine needs one, because
 * llama-server itself lets everybody do everything. Nothing is written yet, see {@link keepKey}.
 *
 * @param ownFile where llamero keeps a key it made, or was given by the environment
 * @param generate make one unless there is one
 * @returns undefined when it asks for none
 * @throws LlameroError API_KEY_REQUIRED, API_KEY_INVALID
 */
export async function chooseKey(
  host: string,
  sources: KeySources,
  ownFile: string,
  generate = false,
): Promise<ServerKey | undefined> {
  const { file, value } = sources;
  if (file !== undefined) return { file, value: await requireKey(file), isNew: false };
  if (value !== undefined) {
    return { file: ownFile, value: checkKey(value, 'LLAMERO_API_KEY'), isNew: true };
  }
  const kept = firstKey(await readTextIfExists(ownFile));
  if (kept !== undefined && (generate || !isLoopback(host))) {
    return { file: ownFile, value: checkKey(kept, ownFile), isNew: false };
  }
  if (generate) {
    return { file: ownFile, value: randomBytes(32).toString('base64url'), isNew: true };
  }
  if (isLoopback(host)) return undefined;
  throw new LlameroError(
    'API_KEY_REQUIRED',
    `On ${host} everybody who reaches this machine could use the server: it needs an API key`,
    { hint: HOW_TO_GIVE },
  );
}

/** Writes a new key down, for its owner alone; one that stands in a file already is left as it is. */
export async function keepKey({ file, isNew, value }: ServerKey): Promise<void> {
  if (isNew) await writeFileAtomic(file, `${value}\n`, 0o600);
}

/**
 * Where a running server is reached, with the key it asks for.
 *
 * @throws LlameroError API_KEY_INVALID when the file with the key is gone
 */
export async function addressOf(
  state: Pick<ServerState, 'host' | 'port' | 'apiKeyFile'>,
): Promise<ServerAddress & { readonly apiKey?: string }> {
  const { apiKeyFile, host, port } = state;
  if (apiKeyFile === undefined) return { host, port };
  return { host, port, apiKey: await requireKey(apiKeyFile) };
}

async function requireKey(file: string): Promise<string> {
  const key = firstKey(await readTextIfExists(file));
  if (key !== undefined) return checkKey(key, file);
  throw new LlameroError('API_KEY_INVALID', `There is no API key in ${file}`, {
    hint: 'Write it there on a line of its own, or have one made: `llamero serve --generate-api-key`',
  });
}

/** A file may hold several keys, one a line; lines with a hash are remarks, as llama-server reads it. */
function firstKey(text: string | undefined): string | undefined {
  return text
    ?.split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#'));
}

/** A key travels in a header. The message must not show it. */
function checkKey(key: string, from: string): string {
  if (/^[\u0021-\u007E]+$/u.test(key)) return key;
  throw new LlameroError('API_KEY_INVALID', `The API key in ${from} has blanks or odd characters`, {
    hint: 'A key is letters, digits and signs without blanks: `llamero serve --generate-api-key` makes one',
  });
}
