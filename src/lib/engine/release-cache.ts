import { z } from 'zod';

import { isDiskFailure, readTextIfExists, sizeIfExists, writeFileAtomic } from '../files.ts';

/** An answer that was kept, with the tag by which the server knows it again. */
export interface KeptAnswer {
  readonly etag: string;
  readonly body: unknown;
}

/** Answers of earlier runs, by URL. The file may be lost or damaged at any time: then it is empty. */
export interface AnswerCache {
  get(url: string): Promise<KeptAnswer | undefined>;
  /** All that is kept, in the order in which it was. */
  all(): Promise<readonly (KeptAnswer & { readonly url: string })[]>;
  /** Keeps an answer. What the disk refuses is not kept, and nothing else is lost. */
  put(url: string, answer: KeptAnswer): Promise<void>;
}

/** How much is kept. */
export interface CacheLimits {
  readonly answers: number;
  /** Of the whole file. */
  readonly bytes: number;
}

const LIMITS: CacheLimits = { answers: 16, bytes: 2_000_000 };

const ETAG = /^(?:W\/)?"[\u0021\u0023-\u007E]{1,200}"$/u;

const CacheFile = z.object({
  version: z.literal(1),
  /** The one that was kept last comes last. */
  answers: z.array(z.object({ url: z.string(), etag: z.string().regex(ETAG), body: z.unknown() })),
});

type Entries = z.output<typeof CacheFile>['answers'];

/** Whether an entity tag is one, and can stand in a header. */
export function isEntityTag(text: string | null): text is string {
  return text !== null && ETAG.test(text);
}

/** Opens the cache in a file, which need not be there. */
export function createAnswerCache(file: string, limits: CacheLimits = LIMITS): AnswerCache {
  return {
    get: async (url) => (await load(file, limits)).find((entry) => entry.url === url),
    all: async () => load(file, limits),
    put: async (url, { body, etag }) => {
      // Read again, so that what other processes kept meanwhile stays. Should two write at the same
      // instant, one answer is asked for once more: not worth a lock.
      const others = (await load(file, limits)).filter((entry) => entry.url !== url);
      const text = fitting([...others, { url, etag, body }], limits);
      if (text === undefined) return;
      try {
        await writeFileAtomic(file, text, 0o600);
      } catch (error) {
        if (!isDiskFailure(error)) throw error;
      }
    },
  };
}

/** The newest entries that fit; undefined when not even the last does. */
function fitting(entries: Entries, limits: CacheLimits): string | undefined {
  for (let count = Math.min(entries.length, limits.answers); count > 0; count -= 1) {
    const text = `${JSON.stringify({ version: 1, answers: entries.slice(-count) })}\n`;
    if (Buffer.byteLength(text) <= limits.bytes) return text;
  }
  return undefined;
}

async function load(file: string, limits: CacheLimits): Promise<Entries> {
  try {
    // What is larger was not written here.
    if (((await sizeIfExists(file)) ?? 0) > limits.bytes) return [];
    const text = await readTextIfExists(file);
    return text === undefined ? [] : CacheFile.parse(JSON.parse(text)).answers;
  } catch {
    // A cache that is damaged or may not be read is an empty one: the server is asked again.
    return [];
  }
}
