import { searchAnswer } from './answer.ts';
import { type HubAccess, apiCall, understood } from './ask.ts';
import type { HubSearchHit, HubSearchOptions, HubSearchSort } from './types.ts';

/** https://huggingface.co/docs/hub/api, the values of `sort`. */
const SORTS = {
  downloads: 'downloads',
  likes: 'likes',
  trending: 'trendingScore',
  updated: 'lastModified',
  created: 'createdAt',
} as const satisfies Record<HubSearchSort, string>;

/** How many pages are read to fill one answer, before what was found has to do. */
const PAGE_LIMIT = 5;
const PAGE_SIZE_LIMIT = 100;

/** What the library's own list of fields lacks, but the hub knows. */
const FIELDS = ['tags', 'gguf', 'siblings'];

interface Page {
  readonly hits: readonly HubSearchHit[];
  readonly cursor: string | undefined;
}

/**
 * Repositories with GGUF models. The hub's `gguf` tag also stands on repositories that hold only a
 * projector or an adapter, and is missing on some that hold models: the hits are judged by their
 * files, and a search that brings too little is made again without the tag.
 */
export async function searchModels(
  access: HubAccess,
  query: string,
  options: HubSearchOptions,
): Promise<{ models: HubSearchHit[]; next?: string }> {
  const found = new Map<string, HubSearchHit>();
  let { cursor } = options;
  for (let page = 0; page < PAGE_LIMIT && found.size < options.limit; page += 1) {
    const size = options.limit - found.size;
    const read = await readPage(access, { ...options, query, tagged: true, cursor, size });
    for (const hit of read.hits) found.set(hit.id, hit);
    cursor = read.cursor;
    if (cursor === undefined) break;
  }
  const words = query.trim();
  if (found.size < options.limit && words !== '' && options.cursor === undefined) {
    const size = options.limit;
    const search = { ...options, query: `${words} gguf`, tagged: false, cursor: undefined, size };
    for (const hit of (await readPage(access, search)).hits) {
      if (found.size < options.limit && !found.has(hit.id)) found.set(hit.id, hit);
    }
  }
  return { models: [...found.values()], ...(cursor === undefined ? {} : { next: cursor }) };
}

/**
 * One page of the hub's listing. It never holds more than was asked for, so that the cursor behind it
 * leaves nothing out.
 */
async function readPage(
  access: HubAccess,
  search: HubSearchOptions & {
    readonly query: string;
    readonly tagged: boolean;
    readonly size: number;
  },
): Promise<Page> {
  const { author, cursor, query, signal, size, sort = 'downloads', tagged } = search;
  const { listModels } = await import('@huggingface/hub');
  const call = apiCall(
    access,
    { signal },
    {
      expected: 'array',
      adjust: (url) => {
        if (cursor !== undefined) url.searchParams.set('cursor', cursor);
      },
    },
  );
  const limit = Math.min(size, PAGE_SIZE_LIMIT);
  const hits: HubSearchHit[] = [];
  const entries = listModels({
    search: {
      ...(query.trim() === '' ? {} : { query: query.trim() }),
      ...(author === undefined ? {} : { owner: author }),
      ...(tagged ? { tags: ['gguf'] } : {}),
    },
    sort: SORTS[sort],
    limit,
    // The library's type names the fields it knows; at run time it passes all on.
    additionalFields: FIELDS as never[],
    hubUrl: access.endpoint.href,
    fetch: call.fetch,
  });
  await understood(access, async () => {
    for await (const entry of entries) {
      const parsed = searchAnswer.safeParse(entry);
      if (parsed.success && parsed.data.ggufFiles.length > 0) hits.push(parsed.data);
    }
  });
  return { hits, cursor: call.next?.searchParams.get('cursor') ?? undefined };
}
