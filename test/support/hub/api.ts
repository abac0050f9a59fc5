import { createHash } from 'node:crypto';

import type { Access } from './access.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { modelJson, searchRow } from './model-info.ts';
import { page } from './paging.ts';
import { badRequest, entryNotFound, noSuchPage, unknownToStrangers } from './refusals.ts';
import type { Commit, Repo } from './repo.ts';
import type { HostRequest } from './request.ts';
import { findRepos } from './search.ts';
import { entryAt, listFolder } from './tree.ts';
import type { TreeEntry } from './tree.ts';

/** What the routes of the API share. */
export interface ApiContext {
  readonly repos: () => readonly Repo[];
  readonly access: Access;
  readonly token: string | undefined;
  /** Origin of the absolute URLs in `Link` headers. */
  readonly linkOrigin: string;
  readonly treePageSize: number;
  /** The commit that a revision names. @throws Refusal 404 */
  readonly commitOf: (repo: Repo, revision: string) => Commit;
}

/** Rows of a search without and with a limit: https://huggingface.co/docs/hub/api */
const SEARCH_PAGE = 1000;
/** Entries of a page when each is told with its last commit. */
const EXPANDED_TREE_PAGE = 50;

/** `GET /api/models`: search. */
export function searchModels(request: HostRequest, context: ApiContext): Answer {
  const { query } = request;
  const visible = context.repos().filter((repo) => context.access.sees(repo, context.token));
  const asked = Number(query.get('limit') ?? SEARCH_PAGE);
  const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, SEARCH_PAGE) : SEARCH_PAGE;
  const found = page(findRepos(visible, query), size, request, context.linkOrigin);
  return jsonAnswer(
    found.items.map((repo) => searchRow(repo, query)),
    found.headers,
  );
}

/** `/api/models/{id}` and what stands below it; `rest` is the part behind the id. */
export async function modelRoute(
  repo: Repo,
  rest: readonly string[],
  request: HostRequest,
  context: ApiContext,
): Promise<Answer> {
  const [action, revision = 'main', ...path] = rest;
  switch (action) {
    case undefined:
      return jsonAnswer(modelJson(repo, repo.head, request.query));
    case 'revision': {
      const commit = context.commitOf(repo, revision);
      return jsonAnswer(modelJson(repo, commit, request.query));
    }
    case 'tree':
      return tree(context.commitOf(repo, revision), revision, path.join('/'), request, context);
    case 'refs':
      return jsonAnswer(refs(repo, request.query.get('include_prs') === '1'));
    case 'paths-info':
      return pathsInfo(context.commitOf(repo, revision), request);
    default:
      throw noSuchPage();
  }
}

/** `GET /api/whoami-v2`. @throws Refusal 401 without a token */
export function whoAmI(context: ApiContext): Answer {
  if (context.token === undefined) throw unknownToStrangers('api');
  const { name = 'tester', role = 'read' } = context.access.tokens.get(context.token) ?? {};
  return jsonAnswer({
    type: 'user',
    id: createHash('sha1').update(name).digest('hex').slice(0, 24),
    name,
    fullname: name,
    email: `${name}@example.org`,
    emailVerified: true,
    canPay: false,
    isPro: false,
    periodEnd: null,
    avatarUrl: `/avatars/${name}.svg`,
    orgs: [],
    auth: {
      type: 'access_token',
      accessToken: { displayName: 'test', role, createdAt: '2026-01-01T00:00:00.000Z' },
    },
  });
}

function tree(
  commit: Commit,
  revision: string,
  path: string,
  request: HostRequest,
  context: ApiContext,
): Answer {
  const isTrue = (name: string): boolean => ['true', '1'].includes(request.query.get(name) ?? '');
  const entries = listFolder(commit.files, path, isTrue('recursive'));
  if (entries === undefined) {
    throw entryNotFound('api', `${path} does not exist on "${revision}"`, commit.sha);
  }
  const expand = isTrue('expand');
  const size = expand ? Math.min(EXPANDED_TREE_PAGE, context.treePageSize) : context.treePageSize;
  const part = page(entries, size, request, context.linkOrigin);
  return jsonAnswer(
    part.items.map((entry) => (expand ? expanded(entry, commit) : entry)),
    part.headers,
  );
}

function expanded(entry: TreeEntry, commit: Commit): unknown {
  const { sha: id, title, date } = commit;
  return {
    ...entry,
    lastCommit: { id, title, date },
    ...(entry.type === 'file'
      ? { securityFileStatus: { status: 'safe', avScan: { status: 'safe' } } }
      : {}),
  };
}

function refs(repo: Repo, withPullRequests: boolean): unknown {
  const pullRequests = [...repo.branches]
    .filter(([name]) => name.startsWith('refs/pr/'))
    .map(([ref, targetCommit]) => ({ name: ref.slice('refs/'.length), ref, targetCommit }));
  return {
    tags: namedRefs(repo.gitTags, 'tags'),
    branches: namedRefs(repo.branches, 'heads'),
    converts: [],
    ...(withPullRequests ? { pullRequests } : {}),
  };
}

function namedRefs(known: ReadonlyMap<string, string>, folder: 'heads' | 'tags'): unknown[] {
  return [...known]
    .filter(([name]) => !name.startsWith('refs/'))
    .map(([name, targetCommit]) => ({ name, ref: `refs/${folder}/${name}`, targetCommit }));
}

async function pathsInfo(commit: Commit, request: HostRequest): Promise<Answer> {
  if (request.method !== 'POST') throw noSuchPage();
  const { paths, expand } = readPathsQuestion(
    await request.body(),
    request.headers['content-type'] ?? '',
  );
  const entries = paths
    .map((path) => entryAt(commit.files, path))
    .filter((entry) => entry !== undefined);
  return jsonAnswer(entries.map((entry) => (expand ? expanded(entry, commit) : entry)));
}

/** JavaScript clients ask in JSON, Python ones in a form. */
function readPathsQuestion(
  body: string,
  contentType: string,
): { readonly paths: readonly string[]; readonly expand: boolean } {
  if (!contentType.startsWith('application/json')) {
    const form = new URLSearchParams(body);
    return { paths: form.getAll('paths'), expand: /^true$/iu.test(form.get('expand') ?? '') };
  }
  try {
    const asked = JSON.parse(body) as { paths?: unknown; expand?: unknown };
    return { paths: [asked.paths ?? []].flat().map(String), expand: asked.expand === true };
  } catch {
    throw badRequest('Invalid JSON');
  }
}
