import { textAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Cdn } from './cdn.ts';
import type { Fault } from './faults.ts';
import { fileAnswer } from './file-answer.ts';
import { entryNotFound } from './refusals.ts';
import type { Commit, Repo } from './repo.ts';
import type { HostRequest } from './request.ts';
import { type StoredFile, lfsPointer } from './stored-file.ts';

/** A file of a repository at a commit. */
export interface Wanted {
  readonly repo: Repo;
  readonly commit: Commit;
  readonly path: string;
}

/**
 * `/{id}/resolve/{revision}/{path}`: a redirect with the facts about the file in its headers; to a
 * signed URL of the CDN when the file is in LFS, to a relative `/api/resolve-cache` otherwise.
 */
export function resolveFile(
  wanted: Wanted,
  request: HostRequest,
  cdn: Cdn,
  cdnOrigin: string,
): Answer {
  const { repo, commit, path } = wanted;
  const file = findFile(wanted);
  const headers = {
    'x-repo-commit': commit.sha,
    'x-linked-size': String(file.size),
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'access-control-expose-headers':
      'X-Repo-Commit,X-Error-Code,X-Error-Message,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag',
  };
  if (file.lfs !== undefined) {
    const location = `${cdnOrigin}${cdn.sign(repo, path, file)}`;
    // Ollama asks for a status that keeps its method.
    const status = (request.headers['user-agent'] ?? '').startsWith('ollama/') ? 307 : 302;
    return textAnswer(status, `Found. Redirecting to ${location}`, {
      ...headers,
      'x-linked-etag': `"${file.sha256}"`,
      vary: 'Origin, Accept',
      location,
    });
  }
  const etag = `"${file.gitOid}"`;
  const encodedPath = path.split('/').map(encodeURIComponent).join('/');
  const query = new URLSearchParams([
    [request.rawPath, ''],
    ['etag', etag],
  ]);
  const location = `/api/resolve-cache/models/${repo.id}/${commit.sha}/${encodedPath}?${query.toString()}`;
  return textAnswer(307, `Temporary Redirect. Redirecting to ${location}`, {
    ...headers,
    'x-linked-etag': etag,
    location,
  });
}

/** `/{id}/raw/{revision}/{path}`: what git keeps, so of a file in LFS the text that stands for it. */
export function rawFile(wanted: Wanted, request: HostRequest, faults: readonly Fault[]): Answer {
  const file = findFile(wanted);
  const headers = { 'x-repo-commit': wanted.commit.sha };
  if (file.lfs !== undefined) {
    return textAnswer(200, lfsPointer(file.sha256, file.size), headers);
  }
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return fileAnswer(request, file, `"${file.gitOid}"`, { ...headers, ...type }, faults);
}

/** `/api/resolve-cache/models/{id}/{commit}/{path}`: the small file itself. */
export function cachedFile(wanted: Wanted, request: HostRequest, faults: readonly Fault[]): Answer {
  const file = findFile(wanted);
  const headers = {
    'content-type': /\.json$/iu.test(wanted.path)
      ? 'application/json'
      : 'text/plain; charset=utf-8',
    'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(wanted.path.split('/').at(-1) ?? '')}`,
    'x-repo-commit': wanted.commit.sha,
    'cache-control': 'public, max-age=31536000',
  };
  return fileAnswer(request, file, `"${file.gitOid}"`, headers, faults);
}

function findFile({ commit, path }: Wanted): StoredFile {
  const file = commit.files.get(path);
  if (file === undefined) throw entryNotFound('resolve', 'Entry not found', commit.sha);
  return file;
}
