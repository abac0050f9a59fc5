import { LlameroError } from '../errors.ts';
import type { Http } from '../http/types.ts';
import { oneLine } from '../plain-text.ts';
import { accountAnswer, isHubPath, isRepoId, modelAnswer, treeAnswer } from './answer.ts';
import { type HubAccess, apiCall, understood } from './ask.ts';
import { parseEndpoint } from './endpoint.ts';
import { readCard, readListing } from './listing.ts';
import type { Offline } from './offline.ts';
import { resolveFile } from './resolve.ts';
import { searchModels } from './search.ts';
import type { HubToken } from './token.ts';
import type { Hub, HubAccount, HubFile, HubModel, HubRequestOptions } from './types.ts';

export type * from './types.ts';

/** What a hub is made with. */
export interface HubOptions {
  readonly http: Http;
  /** `HF_ENDPOINT`; https://huggingface.co unless told. */
  readonly endpoint?: string | undefined;
  readonly token?: HubToken | undefined;
  /** Refuses every question without a request. */
  readonly offline?: Offline | undefined;
}

/**
 * Makes the client of a Hugging Face Hub.
 *
 * @throws LlameroError CONFIG_INVALID when the endpoint is no address
 */
export function createHub(options: HubOptions): Hub {
  const { http, offline, token } = options;
  const endpoint = parseEndpoint(options.endpoint);
  const access: HubAccess = { http, endpoint, token, offline };
  return {
    endpoint: endpoint.href,
    page: (repo) => endpoint.page(repo),
    model: async (repo, { revision = 'main', signal } = {}) => {
      requireNames(repo, revision);
      return readModel(access, repo, revision, signal);
    },
    files: async (repo, commit, { signal } = {}) => {
      requireNames(repo, commit);
      return readFiles(access, repo, commit, signal);
    },
    listing: async (repo, { revision = 'main', signal } = {}) => {
      requireNames(repo, revision);
      return readListing(access, { repo, revision, signal }, async ({ commit, id }) =>
        readFiles(access, id, commit, signal),
      );
    },
    card: async (repo, commit, { signal } = {}) => {
      requireNames(repo, commit);
      return readCard(access, { repo, revision: commit, signal });
    },
    search: async (query, search) => searchModels(access, query, search),
    account: async ({ signal } = {}) =>
      token === undefined ? undefined : readAccount(access, signal),
    resolve: async (repo, revision, path, { signal } = {}) => {
      requireNames(repo, revision);
      if (!isHubPath(path)) throw unusable('path of a file', path);
      return resolveFile(access, { repo, revision, path, signal });
    },
  };
}

type Signal = HubRequestOptions['signal'];

async function readModel(
  access: HubAccess,
  repo: string,
  revision: string,
  signal: Signal,
): Promise<HubModel> {
  const { modelInfo } = await import('@huggingface/hub');
  const { fetch } = apiCall(access, { repo, revision, signal }, { expected: 'object' });
  return understood(access, async () =>
    modelAnswer.parse(
      await modelInfo({
        name: repo,
        revision,
        // The library's type names the fields it knows; at run time it passes all on.
        additionalFields: ['sha', 'createdAt', 'cardData', 'tags', 'gguf'] as never[],
        hubUrl: access.endpoint.href,
        fetch,
      }),
    ),
  );
}

async function readAccount(access: HubAccess, signal: Signal): Promise<HubAccount> {
  const { fetch } = apiCall(access, { signal }, { expected: 'object' });
  return understood(access, async () => {
    const answer = await fetch(`${access.endpoint.href}/api/whoami-v2`);
    return accountAnswer.parse(await answer.json());
  });
}

async function readFiles(
  access: HubAccess,
  repo: string,
  commit: string,
  signal: Signal,
): Promise<HubFile[]> {
  const { listFiles } = await import('@huggingface/hub');
  const call = apiCall(
    access,
    { repo, revision: commit, signal },
    { expected: 'array', followPages: true },
  );
  const files = new Map<string, HubFile>();
  await understood(access, async () => {
    const entries = listFiles({
      repo: { type: 'model', name: repo },
      // The library puts the revision into the URL as it is.
      revision: encodeURIComponent(commit),
      recursive: true,
      hubUrl: access.endpoint.href,
      fetch: call.fetch,
    });
    for await (const entry of entries) {
      const file = treeAnswer.parse(entry);
      if (file !== undefined) files.set(file.path, file);
    }
  });
  return [...files.values()];
}

/** Refuses names that would make another URL than the one that is meant. */
function requireNames(repo: string, revision: string): void {
  if (!isRepoId(repo)) throw unusable('name of a repository', repo);
  // A revision obeys the same rules as a path: a branch may have slashes.
  if (!isHubPath(revision)) {
    throw unusable('revision', revision, 'A revision is a branch, a tag or a commit');
  }
}

function unusable(
  what: string,
  text: string,
  hint = 'A model is named user/repo, or user/repo:QUANT',
): LlameroError {
  return new LlameroError('REFERENCE_INVALID', `«${oneLine(text).slice(0, 200)}» is no ${what}`, {
    hint,
  });
}
