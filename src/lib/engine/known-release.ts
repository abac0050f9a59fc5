import { createHash } from 'node:crypto';

import {
  BUILD_FILE,
  type ReleaseAnswer,
  readAssets,
  readRelease,
  releaseAnswer,
  releaseListAnswer,
} from './release-answer.ts';
import { createAnswerCache } from './release-cache.ts';
import { parseReleasesBase } from './releases-base.ts';
import type { Channel } from './releases.ts';

/** Where answers about releases were kept. */
export interface KnownReleases {
  readonly cacheFile: string;
  /** `LLAMERO_RELEASES_URL`: what another place answered does not count. */
  readonly baseUrl: string | undefined;
}

/**
 * The newest build of a channel that earlier answers tell of; undefined where they tell of none.
 * Asks nobody. A build that was asked for by its number is not what its channel is at: an update
 * would not take it.
 *
 * @throws LlameroError CONFIG_INVALID when the address is none
 */
export async function newestKnown(
  { baseUrl, cacheFile }: KnownReleases,
  channel: Channel,
): Promise<number | undefined> {
  const base = parseReleasesBase(baseUrl);
  const listed: ReleaseAnswer[] = [];
  const tagged: ReleaseAnswer[] = [];
  let latest: ReleaseAnswer | undefined;
  for (const { body, url } of await createAnswerCache(cacheFile).all()) {
    if (url.startsWith(`${base.href}/releases?`)) {
      listed.push(...(releaseListAnswer.safeParse(body).data ?? []));
      continue;
    }
    const one = releaseAnswer.safeParse(body).data;
    if (one === undefined) continue;
    if (url === `${base.href}/releases/latest`) latest = one;
    else if (url.startsWith(`${base.href}/releases/tags/`)) tagged.push(one);
  }
  const buildOf = (answer: ReleaseAnswer): number | undefined =>
    readRelease(answer, base.url)?.build;
  if (channel === 'nightly') {
    const builds = listed.flatMap((answer) => buildOf(answer) ?? []);
    return builds.length === 0 ? undefined : Math.max(...builds);
  }
  if (latest === undefined || latest.draft) return undefined;
  const named = readAssets(latest, base.url).find(({ name }) => name === BUILD_FILE)?.digest;
  return buildOf(latest) ?? tagged.map(buildOf).find((build) => isNamedBy(named, build));
}

/** What the file said was not kept; that it said this, its digest tells. */
function isNamedBy(digest: string | undefined, build: number | undefined): boolean {
  return ['', '\n', '\r\n'].some(
    (end) => createHash('sha256').update(`b${build}${end}`).digest('hex') === digest,
  );
}
