import { modelTags } from './model-info.ts';
import { badRequest } from './refusals.ts';
import type { Repo } from './repo.ts';

type SortKey = (repo: Repo) => number | string;

const SORT_KEYS: Readonly<Record<string, SortKey>> = {
  trendingScore: (repo) => repo.options.trendingScore ?? 0,
  downloads: (repo) => repo.options.downloads ?? 0,
  likes: (repo) => repo.options.likes ?? 0,
  likes30d: (repo) => repo.options.likes ?? 0,
  createdAt: (repo) => repo.options.createdAt ?? '',
  lastModified: (repo) => repo.head.date.toISOString(),
  num_parameters: (repo) => Number(repo.options.gguf?.['total'] ?? 0),
  mainSize: (repo) => Math.max(0, ...[...repo.files.values()].map((file) => file.size)),
  id: (repo) => repo.id,
};

/** The repositories that a search finds, in its order; largest first. */
export function findRepos(repos: readonly Repo[], query: URLSearchParams): Repo[] {
  const sortName = query.get('sort') ?? 'trendingScore';
  const key = Object.hasOwn(SORT_KEYS, sortName) ? SORT_KEYS[sortName] : undefined;
  if (key === undefined) {
    throw badRequest(`Invalid option: expected one of ${Object.keys(SORT_KEYS).join('|')} at sort`);
  }
  return repos
    .filter((repo) => fits(repo, query))
    .sort((a, b) => compare(key(b), key(a)) || compare(a.id, b.id));
}

function fits(repo: Repo, query: URLSearchParams): boolean {
  const words = (query.get('search') ?? '').toLowerCase().split(/\s+/u);
  const tags = modelTags(repo);
  const author = query.get('author');
  const pipeline = query.get('pipeline_tag');
  const gated = query.get('gated');
  const sizes = sizeBounds(query.get('num_parameters'));
  const apps = query.getAll('apps').flatMap((value) => value.split(','));
  return (
    words.every((word) => repo.id.toLowerCase().includes(word)) &&
    query
      .getAll('filter')
      .flatMap((value) => value.split(','))
      .every((tag) => tags.includes(tag)) &&
    (author === null || repo.id.toLowerCase().startsWith(`${author.toLowerCase()}/`)) &&
    (pipeline === null || repo.options.pipelineTag === pipeline) &&
    (gated === null || (gated === 'true') === ((repo.options.gated ?? false) !== false)) &&
    (sizes === undefined || isWithin(repo.options.gguf?.['total'], sizes)) &&
    // The local apps of GGUF are offered where the Hub could read a context length.
    (apps.length === 0 || repo.options.gguf?.['context_length'] !== undefined)
  );
}

/** `min:0,max:24B`, as the Hub's own page asks for a number of parameters. */
function sizeBounds(text: string | null): readonly [number, number] | undefined {
  if (text === null) return undefined;
  const bounds = { min: 0, max: Infinity };
  for (const part of text.split(',')) {
    const [, name, digits, unit = ''] = /^(min|max):(\d+(?:\.\d+)?)([KMBT]?)$/u.exec(part) ?? [];
    if (name === undefined) throw badRequest('Invalid num_parameters');
    bounds[name as 'min' | 'max'] = Number(digits) * (UNITS[unit] ?? 1);
  }
  return [bounds.min, bounds.max];
}

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

function isWithin(total: unknown, [least, most]: readonly [number, number]): boolean {
  return typeof total === 'number' && total >= least && total <= most;
}

function compare(a: number | string, b: number | string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
