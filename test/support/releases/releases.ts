import { textAnswer } from '../hub/answer.ts';
import type { Answer } from '../hub/answer.ts';
import { Faults } from '../hub/faults.ts';
import { Host } from '../hub/host.ts';
import { RequestLog } from '../hub/log.ts';
import type { RecordedRequest, ReleasesHostName } from '../hub/log.ts';
import type { HostRequest } from '../hub/request.ts';
import { serveHosts } from '../hub/served-hosts.ts';
import type { ServedHosts } from '../hub/served-hosts.ts';
import { API_ROOT, REPOSITORY, apiRoute, githubError, notFound } from './api.ts';
import { HourlyQuota } from './quota.ts';
import { Shelf } from './release.ts';
import type { AssetSource, ReleaseOptions, StoredRelease } from './release.ts';
import { Storage } from './storage.ts';

export type { AssetSource, ReleaseOptions } from './release.ts';

/** How the servers behave where they may differ. */
export interface ReleasesOptions {
  /** Requests in an hour without a token, after which 403 is answered; 60 unless told. */
  readonly anonymousLimit?: number;
  /** Seconds until a signed URL stops working; 3600 unless told. */
  readonly signedUrlSeconds?: number;
  /** Tokens that are known; any other is answered 401. */
  readonly tokens?: readonly string[];
}

/** The releases of llama.cpp as GitHub serves them: the API, the pages' host, the storage. */
export interface TestReleases extends ServedHosts<ReleasesHostName> {
  /** `http://127.0.0.1:<port>/repos/ggml-org/llama.cpp`, as LLAMERO_RELEASES_URL takes it. */
  readonly baseUrl: string;
  /** Origin of the host in `browser_download_url`, which redirects to the storage. */
  readonly web: string;
  /** Origin of the host that bytes come from. */
  readonly storage: string;
  /** Puts a release up; one of the same tag is replaced. A later one is newer. */
  publish(
    tag: string,
    assets: Readonly<Record<string, AssetSource>>,
    options?: ReleaseOptions,
  ): Promise<StoredRelease>;
  /** Puts a stable version up, which holds nothing but the name of its build. */
  publishStable(tag: string, build: string, options?: ReleaseOptions): Promise<StoredRelease>;
  withdraw(tag: string): void;
  /** Requests that carried a token anywhere but to the API, in whatever form. Always to be empty. */
  tokenLeaks(): readonly RecordedRequest[];
  /** Makes every signed URL given out so far invalid, as if its time were over. */
  revokeSignedUrls(): void;
}

/** Starts the three hosts on free ports of 127.0.0.1. Close them, or hold them by `await using`. */
export async function startReleases(options: ReleasesOptions = {}): Promise<TestReleases> {
  const shelf = new Shelf();
  const storage = new Storage(options.signedUrlSeconds);
  const quota = new HourlyQuota(options.anonymousLimit);
  const log = new RequestLog();
  const faults = new Faults();
  const tokens = options.tokens ?? [];
  const free = {
    log,
    faults,
    subject: (request: HostRequest) => `/${request.segments.join('/')}`,
    admit: () => ({ headers: {} }),
    rateLimited: () => textAnswer(429, 'Too Many Requests'),
  };

  const storageHost = new Host({
    ...free,
    name: 'storage',
    subject: (request) => storage.subject(request),
    answer: (request, struck) => storage.answer(request, struck),
  });
  const webHost = new Host({
    ...free,
    name: 'web',
    answer: (request) => {
      const location = storageHost.origin + signedPath(request, shelf, storage);
      return textAnswer(302, '', { location, 'cache-control': 'no-cache' });
    },
  });
  const apiHost: Host = new Host({
    ...free,
    name: 'api',
    admit: (request) => {
      const token = tokenOf(request);
      if (token !== undefined && !tokens.includes(token)) {
        return { headers: {}, refusal: githubError(401, 'Bad credentials') };
      }
      const { exceeded, headers } = quota.take(token);
      return { headers, refusal: exceeded ? limitExceeded(headers) : undefined };
    },
    answer: (request) => {
      const origins = { apiOrigin: apiHost.origin, webOrigin: webHost.origin };
      const answer = apiRoute(request, { shelf, ...origins });
      const token = tokenOf(request);
      // A stranger pays for a 304 all the same:
      // https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
      if (answer.status !== 304 || token === undefined) return answer;
      quota.giveBack(token);
      return { ...answer, headers: { ...answer.headers, ...quota.headers(token) } };
    },
    rateLimited: (request, seconds) => limitExceeded(quota.refused(tokenOf(request), seconds)),
  });

  const hosts = { api: apiHost, web: webHost, storage: storageHost };
  const served = await serveHosts(hosts, log, faults);
  return {
    ...served,
    baseUrl: apiHost.origin + API_ROOT,
    web: webHost.origin,
    storage: storageHost.origin,
    publish: async (tag, assets, told) => shelf.publish(tag, assets, told),
    publishStable: async (tag, build, told) =>
      shelf.publish(tag, { 'nightly-tag.txt': { content: `${build}\n` } }, told),
    withdraw: (tag) => {
      shelf.withdraw(tag);
    },
    tokenLeaks: () =>
      log.requests.filter((request) => request.host !== 'api' && carriesToken(request, tokens)),
    revokeSignedUrls: () => {
      storage.revoke();
    },
  };
}

/** @throws Refusal 404 */
function signedPath(request: HostRequest, shelf: Shelf, storage: Storage): string {
  const before = `${REPOSITORY}/releases/download`.split('/');
  const isDownload = before.every((segment, index) => request.segments[index] === segment);
  const [tag = '', name = ''] = request.segments.slice(before.length);
  const release = isDownload ? shelf.published().find((known) => known.tag === tag) : undefined;
  const asset = release?.assets.get(name);
  if (release === undefined || asset === undefined) throw notFound();
  return storage.sign(release, asset);
}

function limitExceeded(headers: Readonly<Record<string, string>>): Answer {
  return githubError(
    403,
    'API rate limit exceeded for 127.0.0.1. (But here’s the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)',
    headers,
  );
}

function tokenOf(request: HostRequest): string | undefined {
  return /^(?:Bearer|token) (\S+)$/u.exec(request.headers.authorization ?? '')?.[1];
}

function carriesToken(request: RecordedRequest, tokens: readonly string[]): boolean {
  if (request.headers.authorization !== undefined) return true;
  const text = JSON.stringify([request.path, request.headers]);
  return tokens.some((token) => text.includes(token));
}
