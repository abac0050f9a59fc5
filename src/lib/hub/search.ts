import { searchAnswer } from './answer.ts';
import { type HubAccess, apiCall, understood } from './ask.ts';
import type { HubSearchHit, HubSearchOptions, HubSearchResult, HubSearchSort } from './types.ts';

/** https://huggingface.co/docs/hub/api, the values of `sort`. */
const SORTS = {
  downloads: 'downloads',
  likes: 'likes',
  trending: 'trendingScore',
  updated: 'lastModified',
  created: 'createdAt',
} as const satisfies Record<HubSearchSort, string>;

/** The last page there is: each is read from the list's beginning, so that a later one costs more. */
export const LAST_PAGE = 100;

/** The most of the hub's rows in one request: each may carry a long chat template. */
const ROWS_LIMIT = 100;
/** How many requests are made beyond what the wanted hits fill, before what was found has to do. */
const SPARE_REQUESTS = 4;

/** What the library's own list of fields lacks, but the hub knows. */
const FIELDS = ['tags', 'gguf', 'siblings', 'createdAt'];

const BILLION = 1_000_000_000;

interface Rows {
  readonly hits: readonly HubSearchHit[];
  readonly cursor: string | undefined;
}

/** One request for rows of the hub's list. */
interface RowsRequest {
  readonly words: string;
  /** Whether only those with the hub's `gguf` tag are listed. */
  readonly tagged: boolean;
  readonly size: number;
  /** Where the request before stopped. */
  readonly cursor?: string | undefined;
}

/**
 * Repositories with GGUF models. The hub's `gguf` tag also stands on repositories that hold only a
 * projector or an adapter, and is missing on some that hold models: the hits are judged by their
 * files, and a search that brings too little, or just what is wanted and might so hide a page, is
 * made again without the tag.
 *
 * The hub's list has no page numbers and cannot be narrowed by all that a hit has to be: a page is
 * what is left of the list from its beginning, of which a request brings up to 100 rows.
 */
export async function searchModels(
  access: HubAccess,
  query: string,
  options: HubSearchOptions,
): Promise<HubSearchResult> {
  const { limit, page = 1 } = options;
  const wanted = page * limit;
  const words = query.trim();
  const size = rowsFor(wanted, options);
  const collected = new Collected(options);
  let requests = SPARE_REQUESTS + Math.ceil(wanted / size);
  let cursor: string | undefined;
  do {
    const rows = await readRows(access, { words, tagged: true, size, cursor }, options);
    collected.add(rows.hits);
    cursor = rows.cursor;
    requests -= 1;
  } while (cursor !== undefined && collected.count < wanted && requests > 0);
  const isCut = cursor !== undefined;
  if (!isCut && collected.count <= wanted && words !== '') {
    const untagged = { words: `${words} gguf`, tagged: false, size };
    const rows = await readRows(access, untagged, options);
    collected.add(rows.hits);
    cursor = rows.cursor;
  }
  const isFull = collected.count >= wanted;
  const mayHaveMore = collected.count > wanted || cursor !== undefined;
  const hasNext = isFull && mayHaveMore && page < LAST_PAGE;
  const models = collected.page(page, limit);
  return {
    models,
    ...(hasNext ? { next: page + 1 } : {}),
    behind: models.length === 0 && collected.count > 0,
    cut: isFull ? mayHaveMore && !hasNext : isCut,
  };
}

/** Some rows turn out to hold no model; where most may be turned down, all that a request gives. */
function rowsFor(wanted: number, { accept, capabilities = [] }: HubSearchOptions): number {
  const isPicky = accept !== undefined || capabilities.length > 0;
  return isPicky ? ROWS_LIMIT : Math.min(ROWS_LIMIT, Math.ceil(wanted * 1.25) + 5);
}

/** The hits so far, each once, in the order of the hub. */
class Collected {
  readonly #options: HubSearchOptions;
  readonly #hits = new Map<string, HubSearchHit>();

  constructor(options: HubSearchOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#hits.size;
  }

  add(hits: readonly HubSearchHit[]): void {
    for (const hit of hits) {
      if (hit.ggufFiles.length > 0 && isWanted(hit, this.#options)) this.#hits.set(hit.id, hit);
    }
  }

  page(number: number, size: number): HubSearchHit[] {
    return [...this.#hits.values()].slice((number - 1) * size, number * size);
  }
}

function isWanted(hit: HubSearchHit, options: HubSearchOptions): boolean {
  const { accept, capabilities = [], maxParameters, minParameters } = options;
  // A model whose size nobody knows is within no bounds.
  const { parameters = Number.NaN } = hit;
  return (
    (minParameters === undefined || parameters >= minParameters) &&
    (maxParameters === undefined || parameters <= maxParameters) &&
    capabilities.every((capability) => hit.capabilities.includes(capability)) &&
    (accept === undefined || accept(hit))
  );
}

async function readRows(
  access: HubAccess,
  request: RowsRequest,
  options: HubSearchOptions,
): Promise<Rows> {
  const { author, signal, sort = 'downloads' } = options;
  const { cursor, size, tagged, words } = request;
  const { listModels } = await import('@huggingface/hub');
  const call = apiCall(
    access,
    { signal },
    {
      expected: 'sparse array',
      adjust: ({ searchParams }) => {
        for (const [name, value] of narrowing(options)) searchParams.append(name, value);
        if (cursor !== undefined) searchParams.set('cursor', cursor);
      },
    },
  );
  const hits: HubSearchHit[] = [];
  const entries = listModels({
    search: {
      ...(words === '' ? {} : { query: words }),
      ...(author === undefined ? {} : { owner: author }),
      ...(tagged ? { tags: ['gguf'] } : {}),
    },
    sort: SORTS[sort],
    limit: size,
    // The library's type names the fields it knows; at run time it passes all on.
    additionalFields: FIELDS as never[],
    hubUrl: access.endpoint.href,
    fetch: call.fetch,
  });
  await understood(access, async () => {
    for await (const entry of entries) {
      const parsed = searchAnswer.safeParse(entry);
      if (parsed.success) hits.push(parsed.data);
    }
  });
  return { hits, cursor: call.next?.searchParams.get('cursor') ?? undefined };
}

/** What the hub itself narrows its list by, beyond what the library knows to ask. */
function narrowing(options: HubSearchOptions): [string, string][] {
  const { gated, license, maxParameters, minParameters, tags = [] } = options;
  const filters = license === undefined ? tags : [...tags, `license:${license}`];
  // In whole billions, as the hub's own page asks: https://huggingface.co/models?num_parameters=min:0,max:6B
  const bounds = [
    ...(minParameters === undefined
      ? []
      : [`min:${billions(Math.floor(minParameters / BILLION))}`]),
    ...(maxParameters === undefined ? [] : [`max:${billions(Math.ceil(maxParameters / BILLION))}`]),
  ];
  return [
    ...filters.map((tag): [string, string] => ['filter', tag]),
    ...(gated === undefined ? [] : [['gated', String(gated)] as [string, string]]),
    ...(bounds.length === 0 ? [] : [['num_parameters', bounds.join(',')] as [string, string]]),
  ];
}

function billions(count: number): string {
  return count === 0 ? '0' : `${count}B`;
}
