import { LlameroError } from '../errors.ts';

/** A model as a user names it. */
export interface Reference {
  /** `user/repo`, as typed. */
  readonly repo: string;
  /** A quant (`Q4_K_M`, any case) or a file of the repository (`sub/model-Q4_K_M.gguf`). */
  readonly tag?: string;
  /** A branch, tag or commit of the repository. */
  readonly revision?: string;
}

// What the Hub allows in a name: https://huggingface.co/docs/huggingface_hub, validate_repo_id.
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?$/u;
const HUB_HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];

/**
 * Reads every way of naming a model on the Hub that people type or paste: `user/repo`,
 * `user/repo:Q4_K_M`, `user/repo@Q4_K_M`, a file name as the tag, `hf.co/…`, `hf:…`, `hf://…`, and
 * page, tree, blob and resolve URLs.
 *
 * @param endpoint the hub in use, whose own URLs are understood besides the Hub's
 * @throws LlameroError REFERENCE_INVALID
 */
export function parseReference(text: string, endpoint = 'https://huggingface.co'): Reference {
  const trimmed = text.trim();
  const reference = readUrl(trimmed, endpoint) ?? readScheme(trimmed) ?? readPlain(trimmed);
  if (reference === undefined || !isSafe(reference)) {
    throw new LlameroError('REFERENCE_INVALID', `«${trimmed}» is no model reference`, {
      hint: 'Write it as user/repo or user/repo:QUANT, for example bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
    });
  }
  return reference;
}

/** A reference as it is typed back: `user/repo:TAG`. */
export function formatReference({ repo, tag }: Reference): string {
  return tag === undefined ? repo : `${repo}:${tag}`;
}

function readUrl(text: string, endpoint: string): Reference | undefined {
  const bare = /^(?:www\.)?(?:huggingface\.co|hf\.co)\//iu.test(text) ? `https://${text}` : text;
  if (!/^https?:\/\//iu.test(bare) || !URL.canParse(bare)) return undefined;
  // The tag of `hf.co/user/repo:Q4_K_M` is part of the path; a query and a fragment are the page's own.
  const url = new URL(bare);
  if (!HUB_HOSTS.includes(url.hostname.toLowerCase()) && url.host !== new URL(endpoint).host) {
    return undefined;
  }
  const [user, repo, ...rest] = decodePath(url.pathname);
  if (user === undefined || repo === undefined) return undefined;
  const [view, revision, ...file] = rest;
  if (view === undefined) return readPlain(`${user}/${repo}`);
  if (revision === undefined || !['blob', 'resolve', 'raw', 'tree'].includes(view)) {
    return undefined;
  }
  const isFile = file.at(-1)?.toLowerCase().endsWith('.gguf') === true;
  return {
    repo: `${user}/${repo}`,
    ...(isFile ? { tag: file.join('/') } : {}),
    ...(revision === 'main' ? {} : { revision }),
  };
}

function decodePath(pathname: string): string[] {
  try {
    return pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return [];
  }
}

/** `hf:user/repo:Q4_K_M`, `hf:user/repo/file.gguf#branch`, `hf://[models/]user/repo[@revision][/file]`. */
function readScheme(text: string): Reference | undefined {
  const match = /^hf:(\/\/)?(.*)$/iu.exec(text);
  if (match === null) return undefined;
  const [body = '', branch] = (match[2] ?? '').split('#', 2);
  // Datasets and spaces are no models.
  if (/^(?:datasets|spaces)\//u.test(body)) return undefined;
  const [user = '', repo = '', ...file] = body.replace(/^models\//u, '').split('/');
  const [name = '', atRevision] = match[1] === undefined ? [repo] : repo.split('@', 2);
  const revision = branch ?? atRevision;
  const plain = readPlain(`${user}/${name}`);
  if (plain === undefined) return undefined;
  return {
    ...plain,
    ...(file.length > 0 ? { tag: file.join('/') } : {}),
    ...(revision === undefined ? {} : { revision }),
  };
}

function readPlain(text: string): Reference | undefined {
  const match = /^([^/:@]+\/[^/:@]+)(?:[:@](.+))?$/u.exec(text);
  const repo = match?.[1];
  if (repo === undefined) return undefined;
  return { repo, ...(match?.[2] === undefined ? {} : { tag: match[2] }) };
}

function isSafe({ repo, tag, revision }: Reference): boolean {
  const parts = repo.split('/');
  if (parts.length !== 2) return false;
  if (!parts.every((part) => NAME.test(part) && !part.includes('..'))) return false;
  return isPlainText(tag) && isPlainText(revision);
}

function isPlainText(text: string | undefined): boolean {
  if (text === undefined) return true;
  return (
    text !== '' &&
    text.length <= 255 &&
    !/[\p{Cc}\\]/u.test(text) &&
    !/(^|\/)\.\.(\/|$)/u.test(text)
  );
}
