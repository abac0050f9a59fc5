import { redirectTarget } from '../http/redirect.ts';
import { type HubAccess, type Matter, answerError, askHub, refused } from './ask.ts';
import type { HubLocation } from './types.ts';

const REDIRECT_LIMIT = 5;

/**
 * Asks where a file's bytes are, without fetching them: redirects on the hub are followed, the one
 * that leaves it for the storage host is the answer. Size and hash stand on the hub's own answer
 * (`X-Linked-Size`, `X-Linked-ETag`), not on the storage host's.
 */
export async function resolveFile(
  access: HubAccess,
  matter: Matter & { readonly repo: string; readonly revision: string; readonly path: string },
): Promise<HubLocation> {
  const { endpoint, token } = access;
  const { path, repo, revision } = matter;
  const steps = ['resolve', revision, ...path.split('/')].map((step) => encodeURIComponent(step));
  let url = new URL(`${endpoint.page(repo)}/${steps.join('/')}`);
  let facts: Facts = {};
  for (let hops = 0; hops <= REDIRECT_LIMIT; hops += 1) {
    const response = await askHub(access, matter, url, {
      method: 'HEAD',
      redirect: 'manual',
      // A compressed answer would have another length than the file.
      headers: { 'accept-encoding': 'identity' },
    });
    facts = { ...readFacts(response.headers), ...facts };
    const to = redirectTarget(url, response);
    if (to === undefined) {
      if (!response.ok) throw await refused(access, matter, response);
      const headers: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token.token}` };
      return { url: url.href, headers, ...readPlainFacts(response.headers), ...facts };
    }
    const own = endpoint.own(to);
    if (own === undefined) return { url: to.href, headers: {}, ...facts };
    if (own.href === url.href) {
      throw answerError(endpoint, `it only sends on to ${to.host}`);
    }
    url = own;
  }
  throw answerError(endpoint, 'it redirects in a circle');
}

type Facts = Pick<HubLocation, 'size' | 'sha256' | 'etag'>;

/** What the hub says of a file that is kept in large file storage. */
function readFacts(headers: Headers): Facts {
  const size = readSize(headers.get('x-linked-size'));
  const etag = readEtag(headers.get('x-linked-etag'));
  return {
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    ...(etag !== undefined && /^[0-9a-f]{64}$/u.test(etag) ? { sha256: etag } : {}),
  };
}

/** What an answer that is the file itself says of it. */
function readPlainFacts(headers: Headers): Facts {
  const size = readSize(headers.get('content-length'));
  const etag = readEtag(headers.get('etag'));
  return { ...(size === undefined ? {} : { size }), ...(etag === undefined ? {} : { etag }) };
}

function readSize(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}

function readEtag(header: string | null): string | undefined {
  return /^(?:W\/)?"([\u0021\u0023-\u007E]{1,200})"$/u.exec(header ?? '')?.[1];
}
