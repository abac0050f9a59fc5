import type { Access } from './access.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { modelRoute, searchModels, whoAmI } from './api.ts';
import type { ApiContext } from './api.ts';
import type { Cdn } from './cdn.ts';
import type { Fault } from './faults.ts';
import { noSuchPage, repoNotFound, revisionNotFound } from './refusals.ts';
import type { Door } from './refusals.ts';
import type { Commit, Repo } from './repo.ts';
import type { HostRequest } from './request.ts';
import { cachedFile, rawFile, resolveFile } from './resolve.ts';

/** What the Hub's own host serves from. */
export interface HubState {
  readonly repos: ReadonlyMap<string, Repo>;
  readonly access: Access;
  readonly cdn: Cdn;
  readonly cdnOrigin: string;
  readonly linkOrigin: string;
  readonly treePageSize: number;
}

/** The answer of the Hub's own host. @throws Refusal */
export async function hubRoute(
  request: HostRequest,
  faults: readonly Fault[],
  state: HubState,
): Promise<Answer> {
  const { segments, method } = request;
  const asksByPost = method === 'POST' && segments.includes('paths-info');
  if (method !== 'GET' && method !== 'HEAD' && !asksByPost) throw noSuchPage();
  if (segments[0] !== 'api') return fileRoute(request, faults, state);
  const token = state.access.caller(request.headers, 'api');
  const context: ApiContext = {
    repos: () => [...state.repos.values()].filter((repo) => repo.options.renamedTo === undefined),
    access: state.access,
    token,
    linkOrigin: state.linkOrigin,
    treePageSize: state.treePageSize,
    commitOf: (repo, revision) => commitOf(repo, revision, 'api'),
  };
  if (segments[1] === 'whoami-v2') return whoAmI(context);
  if (segments[1] === 'resolve-cache') return cacheRoute(request, faults, state);
  if (segments[1] !== 'models') throw noSuchPage();
  if (segments.length === 2) return searchModels(request, context);

  // A repository of the first days has no user in its id: then an action, or nothing, comes second.
  const long = segments.slice(2, 4).join('/').toLowerCase();
  const short = !state.repos.has(long) && (segments.length === 3 || ACTIONS.has(segments[3] ?? ''));
  const idLength = short ? 1 : 2;
  const id = segments.slice(2, 2 + idLength).join('/');
  const found = findRepo(id, token, 'api', state);
  if (found.moved !== undefined) return moved(request, 2, idLength, found.moved);
  return modelRoute(found.repo, segments.slice(2 + idLength), request, context);
}

const ACTIONS = new Set(['revision', 'tree', 'refs', 'paths-info']);

function fileRoute(request: HostRequest, faults: readonly Fault[], state: HubState): Answer {
  const { segments } = request;
  const at = segments.findIndex((segment) => segment === 'resolve' || segment === 'raw');
  const [revision, ...path] = segments.slice(at + 1);
  if (at < 1 || at > 2 || revision === undefined || path.length === 0) throw noSuchPage();
  const token = state.access.caller(request.headers, 'resolve');
  const found = findRepo(segments.slice(0, at).join('/'), token, 'resolve', state);
  if (found.moved !== undefined) return moved(request, 0, at, found.moved);
  const { repo } = found;
  state.access.requireFiles(repo, token, 'resolve');
  const commit = commitOf(repo, revision, 'resolve');
  const wanted = { repo, commit, path: path.join('/') };
  if (segments[at] === 'raw') return rawFile(wanted, request, faults);
  return resolveFile(wanted, request, state.cdn, state.cdnOrigin);
}

function cacheRoute(request: HostRequest, faults: readonly Fault[], state: HubState): Answer {
  const [user = '', name = '', revision = '', ...path] = request.segments.slice(3);
  const token = state.access.caller(request.headers, 'resolve');
  const { repo } = findRepo(`${user}/${name}`, token, 'resolve', state);
  if (repo === undefined) throw noSuchPage();
  state.access.requireFiles(repo, token, 'resolve');
  const commit = commitOf(repo, revision, 'resolve');
  return cachedFile({ repo, commit, path: path.join('/') }, request, faults);
}

type Found =
  | { readonly repo: Repo; readonly moved?: undefined }
  | { readonly repo?: undefined; readonly moved: string };

/** The repository of this id, or where it is: renamed, or written in another case. */
function findRepo(id: string, token: string | undefined, door: Door, state: HubState): Found {
  const repo = state.repos.get(id.toLowerCase());
  if (repo === undefined) throw repoNotFound(door, token !== undefined);
  state.access.requireSight(repo, token, door);
  const canonical = repo.options.renamedTo ?? repo.id;
  return canonical === id ? { repo } : { moved: canonical };
}

function commitOf(repo: Repo, revision: string, door: Door): Commit {
  const commit = repo.revision(revision);
  if (commit === undefined) throw revisionNotFound(door, revision);
  return commit;
}

/** A relative 307 to the same path with the id replaced, the query kept. */
function moved(request: HostRequest, at: number, idLength: number, id: string): Answer {
  const parts = request.rawPath.split('/').slice(1);
  parts.splice(at, idLength, id);
  const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`;
  const location = `/${parts.join('/')}${query}`;
  return textAnswer(307, `Temporary Redirect. Redirecting to ${location}`, { location });
}

/** The answer once a caller has made too many requests. */
export function tooManyRequests(headers: Readonly<Record<string, string>>): Answer {
  return jsonAnswer(
    { error: 'We had to rate limit you. Please wait, or pass a token to get a higher limit.' },
    { 'x-error-message': 'We had to rate limit you.', ...headers },
    429,
  );
}
