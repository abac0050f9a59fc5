import { createHash } from 'node:crypto';

import { LlameroError } from '../errors.ts';
import type { Http } from '../http/types.ts';
import type { Release, ReleaseAnswer } from './release-answer.ts';
import {
  BUILD_FILE,
  readAssets,
  readBuildTag,
  readRelease,
  releaseAnswer,
  releaseListAnswer,
} from './release-answer.ts';
import { createAnswerCache } from './release-cache.ts';
import { answerError } from './release-refusal.ts';
import type { ReleasesAccess } from './release-request.ts';
import { askReleases, fetchSmallAsset } from './release-request.ts';
import { parseReleasesBase } from './releases-base.ts';

export type { Release } from './release-answer.ts';

/** `stable` are the numbered versions, one every week or two; `nightly` is every build. */
export type Channel = 'stable' | 'nightly';

/** The release that was found. */
export interface NewestRelease {
  readonly release: Release;
  /** Tags that were passed over because they lack what was asked for, in the order of looking. */
  readonly skipped: readonly string[];
}

/** What every question takes. */
export interface ReleasesRequest {
  readonly signal: AbortSignal;
}

/**
 * The releases of llama.cpp. Every question throws LlameroError OFFLINE, NETWORK, RATE_LIMITED,
 * TOKEN_REFUSED, FORBIDDEN, RELEASES_ANSWER, or what the signal was aborted with.
 */
export interface Releases {
  /**
   * The newest release of a channel that is accepted. Uploads come one by one, and assets vanish from
   * single releases: where the newest is not accepted the builds before it are looked through.
   *
   * @throws LlameroError RELEASE_NOT_FOUND when none of the builds looked at is accepted;
   *   HASH_MISMATCH when the file that names the stable build is not what it should be
   */
  newest(
    channel: Channel,
    accept: (release: Release) => boolean,
    request: ReleasesRequest,
  ): Promise<NewestRelease>;
  /**
   * Exactly this build.
   *
   * @throws LlameroError RELEASE_NOT_FOUND
   */
  tagged(build: number, request: ReleasesRequest): Promise<Release>;
}

/** What the client is made with. */
export interface ReleasesOptions {
  readonly http: Http;
  /** `LLAMERO_RELEASES_URL`; that of llama.cpp on GitHub unless told. */
  readonly baseUrl?: string | undefined;
  /** `GH_TOKEN` or `GITHUB_TOKEN`; goes to the origin of `baseUrl` alone. */
  readonly token?: string | undefined;
  /** Where answers are kept; may be lost at any time. */
  readonly cacheFile: string;
  /** Refuses every question without a request. */
  readonly offline?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Makes the client of llama.cpp's releases.
 *
 * @throws LlameroError CONFIG_INVALID when the address is none, TOKEN_REFUSED when the token is none
 */
export function createReleases(options: ReleasesOptions): Releases {
  const { cacheFile, http, now = Date.now, offline = false } = options;
  const access: ReleasesAccess = {
    http,
    base: parseReleasesBase(options.baseUrl),
    token: checkedToken(options.token),
    cache: createAnswerCache(cacheFile),
    offline,
    now,
  };
  return {
    newest: (channel, accept, { signal }) =>
      channel === 'stable'
        ? newestStable(access, accept, signal)
        : newestBelow(access, { below: Infinity, skipped: [] }, accept, signal),
    tagged: async (build, { signal }) => {
      const release = await readTagged(access, build, signal);
      if (release !== undefined) return release;
      throw new LlameroError('RELEASE_NOT_FOUND', `llama.cpp has no build b${build}`, {
        hint: 'Its builds are at https://github.com/ggml-org/llama.cpp/releases; the newest: llamero update --version latest',
      });
    },
  };
}

type Accept = (release: Release) => boolean;

const BUILD_FILE_BYTES = 64;

async function newestStable(
  access: ReleasesAccess,
  accept: Accept,
  signal: AbortSignal,
): Promise<NewestRelease> {
  const latest = await askReleases(access, {
    path: '/releases/latest',
    answer: releaseAnswer,
    keep: true,
    signal,
  });
  // A mirror may hold nothing but prereleases.
  if (latest === undefined) {
    return newestBelow(access, { below: Infinity, skipped: [] }, accept, signal);
  }
  const own = readRelease(latest, access.base.url);
  const build = own?.build ?? (await readNamedBuild(access, latest, signal));
  if (build === undefined) {
    return newestBelow(access, { below: Infinity, skipped: [latest.tag_name] }, accept, signal);
  }
  const named = own ?? (await readTagged(access, build, signal));
  if (named === undefined || !accept(named)) {
    return newestBelow(access, { below: build, skipped: [`b${build}`] }, accept, signal);
  }
  const release = own === undefined ? { ...named, stable: latest.tag_name } : named;
  return { release, skipped: [] };
}

/** The build that a stable release stands for; undefined while the file that names it is not there. */
async function readNamedBuild(
  access: ReleasesAccess,
  latest: ReleaseAnswer,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { base } = access;
  const file = readAssets(latest, base.url).find(({ name }) => name === BUILD_FILE);
  if (file?.state !== 'uploaded') return undefined;
  if (file.size > BUILD_FILE_BYTES) throw answerError(base, `its ${BUILD_FILE} is too large`);
  const body = await fetchSmallAsset(access, file.url, BUILD_FILE_BYTES, signal);
  const sha256 = createHash('sha256').update(body).digest('hex');
  if (file.digest !== undefined && file.digest !== sha256) {
    throw new LlameroError(
      'HASH_MISMATCH',
      `${BUILD_FILE} of ${latest.tag_name} is not the file that ${base.host} describes`,
      {
        hint: 'Run the command again; if it stays so, a proxy or a mirror changes what it passes on',
      },
    );
  }
  const build = readBuildTag(Buffer.from(body).toString('utf8').trim());
  if (build === undefined) throw answerError(base, `its ${BUILD_FILE} names no build`);
  return build;
}

async function readTagged(
  access: ReleasesAccess,
  build: number,
  signal: AbortSignal,
): Promise<Release | undefined> {
  const answer = await askReleases(access, {
    path: `/releases/tags/b${build}`,
    answer: releaseAnswer,
    keep: true,
    signal,
  });
  if (answer === undefined) return undefined;
  const release = readRelease(answer, access.base.url);
  if (release?.build === build) return release;
  throw answerError(access.base, `asked for b${build} it tells of ${answer.tag_name}`);
}

/** A page of this size is about a megabyte; GitHub times out on larger ones now and then. */
const PAGE_SIZE = 30;
/** Ten builds a day make two months. */
const PAGE_LIMIT = 20;
/** What a hundred builds lack, the machine will not get by waiting. */
const LOOK_LIMIT = 100;

/** Where to look, and what was passed over before. */
interface Search {
  /** Only builds of lower numbers are looked at. */
  readonly below: number;
  readonly skipped: readonly string[];
}

async function newestBelow(
  access: ReleasesAccess,
  search: Search,
  accept: Accept,
  signal: AbortSignal,
): Promise<NewestRelease> {
  const { base } = access;
  const skipped = [...search.skipped];
  let looked = 0;
  for await (const release of listed(access, signal)) {
    if (release.build < search.below) {
      if (accept(release)) return { release, skipped };
      skipped.push(release.tag);
      looked += 1;
      if (looked === LOOK_LIMIT) break;
    }
  }
  const [first] = skipped;
  if (first === undefined) {
    throw new LlameroError('RELEASE_NOT_FOUND', `${base.host} lists no build of llama.cpp`, {
      hint: `Check that ${base.href} (LLAMERO_RELEASES_URL) serves the releases of llama.cpp`,
    });
  }
  const what =
    skipped.length === 1
      ? `${first} lacks`
      : `${skipped.length} releases, ${first} to ${skipped.at(-1) ?? first}, lack`;
  throw new LlameroError('RELEASE_NOT_FOUND', `${what} what this machine needs`, {
    hint: '`llamero engine detect` shows what could run here; the plain build: llamero update --backend cpu',
  });
}

/** Every build in the list, page after page, each once; the highest number of a page comes first. */
async function* listed(access: ReleasesAccess, signal: AbortSignal): AsyncGenerator<Release> {
  const seen = new Set<string>();
  for (let page = 1; page <= PAGE_LIMIT; page += 1) {
    // By number, not by the Link header: a mirror hands on GitHub's links, which lead past it.
    const answers = await askReleases(access, {
      path: `/releases?per_page=${PAGE_SIZE}&page=${page}`,
      answer: releaseListAnswer,
      keep: page === 1,
      signal,
    });
    const fresh = (answers ?? []).filter(({ tag_name: tag }) => !seen.has(tag));
    if (fresh.length === 0) return;
    for (const { tag_name: tag } of fresh) seen.add(tag);
    yield* fresh
      .flatMap((answer) => readRelease(answer, access.base.url) ?? [])
      .sort((one, other) => other.build - one.build);
  }
}

/** Refuses what no HTTP header can carry, before a library quotes it in an error. */
function checkedToken(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === '') return undefined;
  if (/^[\u0021-\u007E]{1,4096}$/u.test(token)) return token;
  throw new LlameroError(
    'TOKEN_REFUSED',
    'What stands in GH_TOKEN or GITHUB_TOKEN is no token: it has blanks or characters that no token has',
    { hint: 'Copy the token again, or go on without: unset GH_TOKEN GITHUB_TOKEN' },
  );
}
