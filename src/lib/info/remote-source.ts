import { LlameroError } from '../errors.ts';
import type { ByteSource } from '../gguf/header-source.ts';
import type { Http } from '../http/types.ts';
import type { Hub, HubFile, HubLocation } from '../hub/types.ts';

/** A file of a repository at a commit. */
export interface RemoteFile {
  readonly repo: string;
  readonly commit: string;
  readonly file: HubFile;
}

/** What a remote file is read with. */
export interface RemoteSourceOptions {
  readonly hub: Hub;
  readonly http: Http;
  readonly signal?: AbortSignal | undefined;
}

/** Answers of a storage host to an address that is over. */
const OVER: readonly number[] = [401, 403, 410];

/**
 * A file on the hub as a source of bytes: one question where it is, then one request for each range.
 * The first range stays in memory, so that reading may begin anew.
 *
 * Reading throws LlameroError: what {@link Hub.resolve} throws, HUB_ANSWER, NETWORK.
 */
export function remoteSource(
  { commit, file, repo }: RemoteFile,
  { http, hub, signal }: RemoteSourceOptions,
): ByteSource {
  let location: HubLocation | undefined;
  let beginning = new Uint8Array(0);

  async function ask(start: number, length: number): Promise<Response> {
    location ??= await hub.resolve(repo, commit, file.path, { signal });
    return http.fetch(location.url, {
      headers: {
        ...location.headers,
        range: `bytes=${start}-${start + length - 1}`,
        // A compressed answer would have other bytes than the file.
        'accept-encoding': 'identity',
      },
      signal: signal ?? null,
    });
  }

  async function fetchRange(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const isFresh = location === undefined;
    let response = await ask(start, length);
    if (!isFresh && OVER.includes(response.status)) {
      location = undefined;
      response = await ask(start, length);
    }
    return rangeOf(response, start, length, file.path);
  }

  return {
    name: `${repo}/${file.path}`,
    remedy: 'The file at the hub is damaged: choose another quant or another repository',
    size: file.size,
    read: async (start, length) => {
      if (length <= 0) return new Uint8Array(0);
      if (start + length <= beginning.byteLength) return beginning.slice(start, start + length);
      if (start < beginning.byteLength) {
        const kept = beginning.subarray(start);
        const rest = await fetchRange(beginning.byteLength, length - kept.byteLength);
        const joined = new Uint8Array(kept.byteLength + rest.byteLength);
        joined.set(kept);
        joined.set(rest, kept.byteLength);
        return joined;
      }
      const bytes = await fetchRange(start, length);
      if (start === 0) beginning = bytes.slice();
      return bytes;
    },
  };
}

/**
 * The bytes of an answer to a range.
 *
 * @throws LlameroError HUB_ANSWER when it is an answer to something else
 */
async function rangeOf(
  response: Response,
  start: number,
  length: number,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { host } = new URL(response.url);
  if (response.status === 200) {
    // A host that knows no ranges: what was asked for is a part of the whole.
    return new Uint8Array(await response.arrayBuffer()).slice(start, start + length);
  }
  const first = /^bytes (\d{1,15})-/u.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status !== 206 || Number(first) !== start) {
    throw new LlameroError(
      'HUB_ANSWER',
      `${host} answered ${response.status} to a part of ${name}`,
      {
        hint: 'Try again later',
      },
    );
  }
  return new Uint8Array(await response.arrayBuffer()).subarray(0, length);
}
