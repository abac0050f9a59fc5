import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { readTextIfExists, writeFileAtomic } from '../files.ts';

/** What was learnt from a hub, kept on disk by name. It may be lost or damaged at any time. */
export interface DocumentCache {
  /** The document of a name; undefined for none, and for one that is damaged. */
  read(name: string): Promise<unknown>;
  /** Keeps a document, if there is room for it; a disk that refuses it is told and no failure. */
  write(name: string, document: unknown): Promise<void>;
}

/** How documents are kept. */
export interface DocumentCacheOptions {
  readonly folder: string;
  /** Documents at most; the oldest go first. */
  readonly limit: number;
  /** Told what could not be kept. */
  readonly onProblem?: ((problem: LlameroError) => void) | undefined;
}

/** The largest document that is kept, in characters. */
const LARGEST = 2 * 1024 * 1024;
const SUFFIX = '.json';

/**
 * Opens a cache. Its files are for the user alone: they tell what private repositories hold.
 *
 * @param options names have to be safe as names of files, in any case of letters
 */
export function createDocumentCache({
  folder,
  limit,
  onProblem,
}: DocumentCacheOptions): DocumentCache {
  const fileOf = (name: string): string => path.join(folder, `${name.toLowerCase()}${SUFFIX}`);
  return {
    read: async (name) => {
      try {
        const text = await readTextIfExists(fileOf(name));
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      } catch (error) {
        // What cannot be read is asked for again, and then written anew.
        if (error instanceof SyntaxError || systemErrorCode(error) !== undefined) return undefined;
        throw error;
      }
    },
    write: async (name, document) => {
      const text = JSON.stringify(document);
      if (text.length > LARGEST) return;
      try {
        await writeFileAtomic(fileOf(name), `${text}\n`, 0o600);
        await prune(folder, limit);
      } catch (error) {
        if (!(error instanceof LlameroError) && systemErrorCode(error) === undefined) throw error;
        onProblem?.(
          error instanceof LlameroError
            ? error
            : new LlameroError('DISK_NOT_WRITABLE', `${folder} may not be written`, {
                cause: error,
              }),
        );
      }
    },
  };
}

async function prune(folder: string, limit: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  if (names.length <= limit) return;
  const dated = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      return { file, written: await writtenAt(file) };
    }),
  );
  dated.sort((one, other) => one.written - other.written);
  // Some more than must go, so that not every write looks at all of them.
  const surplus = dated.slice(0, names.length - Math.floor(limit * 0.9));
  for (const { file } of surplus) await rm(file, { force: true });
}

/** Milliseconds since 1970; 0 for a file that another process has removed. */
async function writtenAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
