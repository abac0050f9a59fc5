import { randomUUID } from 'node:crypto';

import { Access } from './access.ts';
import type { TokenOptions } from './access.ts';
import { textAnswer } from './answer.ts';
import { Cdn } from './cdn.ts';
import type { CdnOptions } from './cdn.ts';
import { Faults } from './faults.ts';
import { Host } from './host.ts';
import { RequestLog } from './log.ts';
import type { HubHostName, RecordedRequest } from './log.ts';
import { RateLimiter } from './quota.ts';
import type { Quota } from './quota.ts';
import { Repo } from './repo.ts';
import type { RepoHandle, RepoOptions } from './repo.ts';
import { hubRoute, tooManyRequests } from './routes.ts';
import { serveHosts } from './served-hosts.ts';
import type { ServedHosts } from './served-hosts.ts';
import type { FileSource } from './stored-file.ts';

export { testToken } from './access.ts';
export type { Fault } from './faults.ts';
export type { RecordedRequest } from './log.ts';
export type { RepoHandle, RepoOptions } from './repo.ts';
export type { FileSource } from './stored-file.ts';

/** How a hub behaves where it may differ. */
export interface HubOptions extends CdnOptions {
  /** Entries on a page of `/tree`; 1000 unless told, as on the Hub. */
  readonly treePageSize?: number;
  /** Requests in five minutes, by class, after which 429 is answered; those of a PRO account. */
  readonly quota?: Quota;
  /** Origin in `Link` headers; a mirror leaves `https://huggingface.co` in them. */
  readonly linkOrigin?: string;
  /** Tokens that are known from the start. */
  readonly tokens?: Readonly<Record<string, TokenOptions>>;
}

/** A Hugging Face Hub on this machine. */
export interface TestHub extends ServedHosts<HubHostName> {
  /** `http://127.0.0.1:port`, as HF_ENDPOINT takes it. */
  readonly endpoint: string;
  /** Origin of the second host, that large files come from. */
  readonly cdn: string;
  /** Adds a repository, `user/name`; one of the same id is replaced. Resolves when it is hashed. */
  addRepo(
    id: string,
    files: Readonly<Record<string, FileSource>>,
    options?: RepoOptions,
  ): Promise<RepoHandle>;
  /** Makes a token valid. Those in a repository's `tokensWithAccess` are valid already. */
  addToken(token: string, options?: TokenOptions): void;
  /** Requests that carried a token to the CDN, in whatever form. Always to be empty. */
  tokenLeaks(): readonly RecordedRequest[];
  /** Makes every signed URL given out so far invalid, as if its time were over. */
  revokeSignedUrls(): void;
}

/** Starts a hub on two free ports of 127.0.0.1. Close it, or hold it by `await using`. */
export async function startHub(options: HubOptions = {}): Promise<TestHub> {
  const repos = new Map<string, Repo>();
  const access = new Access();
  for (const [token, told] of Object.entries(options.tokens ?? {})) access.add(token, told);
  const cdn = new Cdn(options);
  const log = new RequestLog();
  const faults = new Faults();
  const limiter = new RateLimiter(options.quota);

  const cdnHost = new Host({
    name: 'cdn',
    log,
    faults,
    subject: (request) => cdn.subject(request),
    answer: (request, struck) => cdn.answer(request, struck),
    admit: () => ({ headers: {} }),
    rateLimited: (_request, seconds) =>
      textAnswer(429, 'Too Many Requests', { ratelimit: `"cdn";r=0;t=${seconds}` }),
  });
  const hubHost = new Host({
    name: 'hub',
    log,
    faults,
    subject: (request) => `/${request.segments.join('/')}`,
    admit(request) {
      const { exceeded, headers } = limiter.take(request.segments);
      return {
        headers: { 'x-request-id': `Root=1-${randomUUID()}`, ...headers },
        refusal: exceeded ? tooManyRequests(headers) : undefined,
      };
    },
    answer: async (request, struck) =>
      hubRoute(request, struck, {
        repos,
        access,
        cdn,
        cdnOrigin: cdnHost.origin,
        linkOrigin: options.linkOrigin ?? hubHost.origin,
        treePageSize: options.treePageSize ?? 1000,
      }),
    rateLimited: (request, seconds) => tooManyRequests(limiter.refused(request.segments, seconds)),
  });
  const served = await serveHosts({ hub: hubHost, cdn: cdnHost }, log, faults);
  return {
    ...served,
    endpoint: hubHost.origin,
    cdn: cdnHost.origin,
    async addRepo(id, files, repoOptions) {
      const repo = await Repo.create(id, files, repoOptions);
      repos.set(id.toLowerCase(), repo);
      for (const token of repoOptions?.tokensWithAccess ?? []) access.add(token);
      return repo;
    },
    addToken(token, told) {
      access.add(token, told);
    },
    tokenLeaks: () => log.requests.filter((request) => carriesToken(request, access)),
    revokeSignedUrls() {
      cdn.revoke();
    },
  };
}

function carriesToken(request: RecordedRequest, access: Access): boolean {
  if (request.host !== 'cdn') return false;
  if (request.headers.authorization !== undefined) return true;
  const text = JSON.stringify([request.path, request.headers]);
  return [...access.tokens.keys()].some((token) => text.includes(token));
}
