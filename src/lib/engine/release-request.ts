import type { z } from 'zod';

import { LlameroError } from '../errors.ts';
import type { Http } from '../http/types.ts';
import type { AnswerCache } from './release-cache.ts';
import { isEntityTag } from './release-cache.ts';
import { answerError, refusalError, withReleasesHint } from './release-refusal.ts';
import type { ReleasesBase } from './releases-base.ts';

/** The API of releases and the means to reach it. */
export interface ReleasesAccess {
  readonly http: Http;
  readonly base: ReleasesBase;
  readonly token: string | undefined;
  readonly cache: AnswerCache;
  readonly offline: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One question to the API. */
export interface ReleasesQuestion<T> {
  /** What stands behind the base: `/releases/latest`. */
  readonly path: string;
  /** What the answer must be. Parsing what it put out must put out the same. */
  readonly answer: z.ZodType<T>;
  /** Whether the answer is kept for the next time. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks the API. An answer that was kept is asked for by its entity tag, so that one that has not
 * changed is not sent again; to those with a token GitHub does not count such a request.
 *
 * @returns undefined when there is no such thing
 * @throws LlameroError OFFLINE, NETWORK, RATE_LIMITED, TOKEN_REFUSED, FORBIDDEN, RELEASES_ANSWER
 */
export async function askReleases<T>(
  access: ReleasesAccess,
  question: ReleasesQuestion<T>,
): Promise<T | undefined> {
  const { base, cache } = access;
  const { answer, keep, path, signal } = question;
  const url = new URL(base.href + path);
  const kept = keep ? await cache.get(url.href) : undefined;
  const known = kept === undefined ? undefined : answer.safeParse(kept.body).data;
  const response = await get(access, url, signal, {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(kept === undefined || known === undefined ? {} : { 'if-none-match': kept.etag }),
  });
  if (response.status === 304 && known !== undefined) return known;
  if (response.status === 404) return undefined;
  if (!response.ok) throw await refusalError(response, access);
  const body = await readJson(base, response);
  const parsed = answer.safeParse(body);
  if (!parsed.success) {
    throw answerError(base, 'a part of it is not as it should be', parsed.error);
  }
  const etag = response.headers.get('etag');
  if (keep && isEntityTag(etag)) await cache.put(url.href, { etag, body: parsed.data });
  return parsed.data;
}

/**
 * Fetches a file of a release that is small enough to hold.
 *
 * @throws LlameroError as {@link askReleases}; RELEASES_ANSWER also when it is larger than the limit
 */
export async function fetchSmallAsset(
  access: ReleasesAccess,
  url: string,
  limitBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const response = await get(access, new URL(url), signal, { accept: '*/*' });
  if (!response.ok) throw await refusalError(response, access);
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.byteLength <= limitBytes) return body;
  throw answerError(access.base, `a file of ${limitBytes} bytes at most has more`);
}

async function get(
  access: ReleasesAccess,
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const { base, http, offline, token } = access;
  if (offline) {
    throw new LlameroError('OFFLINE', `Offline by LLAMERO_OFFLINE: ${base.host} is not asked`, {
      hint: 'Unset it to go online; `llamero engine list` shows the engines that are already here',
    });
  }
  const identity: Record<string, string> =
    token !== undefined && base.mayHaveToken(url) ? { authorization: `Bearer ${token}` } : {};
  try {
    return await http.fetch(url, { headers: { ...headers, ...identity }, signal });
  } catch (error) {
    throw withReleasesHint(error, token);
  }
}

async function readJson(base: ReleasesBase, response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/^\s*</u.test(text)) {
      throw new LlameroError('RELEASES_ANSWER', `${base.host} answered with a web page, not data`, {
        hint: `A network that asks for a login does this: open ${base.href} in a browser and see`,
      });
    }
    throw answerError(base, 'it is no JSON', error);
  }
}
