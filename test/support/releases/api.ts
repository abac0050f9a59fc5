import { createHash } from 'node:crypto';

import { Refusal, jsonAnswer } from '../hub/answer.ts';
import type { Answer } from '../hub/answer.ts';
import type { HostRequest } from '../hub/request.ts';
import type { Shelf, StoredAsset, StoredRelease } from './release.ts';

/** The repository that is served, in the spelling of its URLs. */
export const REPOSITORY = 'ggml-org/llama.cpp';
/** Where its API begins. */
export const API_ROOT = `/repos/${REPOSITORY}`;

const DEFAULT_PAGE_SIZE = 30;
const LARGEST_PAGE_SIZE = 100;

/** What the API is told from, and the origins that stand in its answers. */
export interface ApiState {
  readonly shelf: Shelf;
  readonly apiOrigin: string;
  readonly webOrigin: string;
}

/**
 * The answer of GitHub's API to a question about releases.
 * https://docs.github.com/en/rest/releases/releases
 *
 * @throws Refusal 404
 */
export function apiRoute(request: HostRequest, state: ApiState): Answer {
  const path = `/${request.segments.join('/')}`;
  if (request.method !== 'GET' || !path.startsWith(`${API_ROOT}/releases`)) throw notFound();
  const [kind, tag] = path.slice(`${API_ROOT}/releases`.length).split('/').slice(1);
  const { shelf } = state;
  switch (kind) {
    case undefined:
      return listPage(request, state);
    case 'latest': {
      const release = shelf.published().find(({ prerelease }) => !prerelease);
      if (release === undefined || tag !== undefined) throw notFound();
      return tagged(request, describe(release, state));
    }
    case 'tags': {
      const release = shelf.published().find((known) => known.tag === tag);
      if (release === undefined) throw notFound();
      return tagged(request, describe(release, state));
    }
    default:
      throw notFound();
  }
}

export function notFound(): Refusal {
  return new Refusal(githubError(404, 'Not Found'));
}

/** An error as GitHub words it. */
export function githubError(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const documentation = 'https://docs.github.com/rest/releases/releases';
  return jsonAnswer(
    { message, documentation_url: documentation, status: String(status) },
    headers,
    status,
  );
}

function listPage(request: HostRequest, state: ApiState): Answer {
  const { query } = request;
  const size = whole(query.get('per_page'), DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE);
  const number = whole(query.get('page'), 1, Number.MAX_SAFE_INTEGER);
  const releases = state.shelf.published();
  const last = Math.max(1, Math.ceil(releases.length / size));
  const link = (page: number, relation: string): string => {
    const target = new URL(request.rawPath, state.apiOrigin);
    target.search = new URLSearchParams({
      per_page: String(size),
      page: String(page),
    }).toString();
    return `<${target.href}>; rel="${relation}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
    ...(number > 1 ? [link(1, 'first')] : []),
  ];
  const shown = releases.slice((number - 1) * size, number * size);
  return tagged(
    request,
    shown.map((release) => describe(release, state)),
    links.length === 0 ? {} : { link: links.join(', ') },
  );
}

/** Out of range counts as the nearest that is in it, nonsense as not given. */
function whole(text: string | null, standard: number, limit: number): number {
  if (text === null || !/^\d{1,15}$/u.test(text)) return standard;
  return Math.min(limit, Math.max(1, Number(text)));
}

/** Answers with an entity tag, or with 304 when the caller has it already. */
function tagged(
  request: HostRequest,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const etag = `W/"${digest}"`;
  const common = { etag, 'cache-control': 'public, max-age=60, s-maxage=60', ...headers };
  if (request.headers['if-none-match'] === etag) {
    return { status: 304, headers: common, body: Buffer.alloc(0) };
  }
  return jsonAnswer(body, common);
}

function describe(release: StoredRelease, state: ApiState): Record<string, unknown> {
  const { draft, id, prerelease, publishedAt, tag } = release;
  const url = `${state.apiOrigin}${API_ROOT}/releases/${id}`;
  return {
    url,
    assets_url: `${url}/assets`,
    html_url: `${state.webOrigin}/${REPOSITORY}/releases/tag/${tag}`,
    id,
    author: { login: 'github-actions[bot]', id: 41898282, type: 'Bot' },
    tag_name: tag,
    target_commitish: 'master',
    name: tag,
    draft,
    immutable: false,
    prerelease,
    created_at: isoSeconds(publishedAt),
    published_at: isoSeconds(publishedAt),
    assets: [...release.assets.values()].map((asset) => describeAsset(release, asset, state)),
    body: `<details>\n\nBuild ${tag}\n\n</details>`,
  };
}

function describeAsset(
  release: StoredRelease,
  asset: StoredAsset,
  state: ApiState,
): Record<string, unknown> {
  const when = isoSeconds(release.publishedAt);
  return {
    url: `${state.apiOrigin}${API_ROOT}/releases/assets/${asset.id}`,
    id: asset.id,
    name: asset.name,
    label: '',
    uploader: { login: 'github-actions[bot]', id: 41898282, type: 'Bot' },
    content_type: contentType(asset.name),
    state: asset.state,
    size: asset.size,
    digest: asset.digest,
    download_count: 0,
    created_at: when,
    updated_at: when,
    browser_download_url: `${state.webOrigin}/${REPOSITORY}/releases/download/${release.tag}/${encodeURIComponent(asset.name)}`,
  };
}

function contentType(name: string): string {
  if (name.endsWith('.zip')) return 'application/zip';
  return name.endsWith('.gz') ? 'application/gzip' : 'text/plain';
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/u, 'Z');
}
