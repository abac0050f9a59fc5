import { z } from 'zod';

import { digestFile } from '../download/verify.ts';
import { type FileStamp, sameStamp, stampOf } from '../file-stamp.ts';
import { onDisk, readTextIfExists, writeFileAtomic } from '../files.ts';
import { isSha256 } from './wanted.ts';

/** A file that was read whole: what it is, and how to tell that it still is. */
export interface HashedFile {
  readonly sha256: string;
  readonly stamp: FileStamp;
}

/** How a file is hashed. */
export interface HashOptions {
  readonly signal: AbortSignal;
  /** Called while a file is read that is not remembered. Both counts are bytes. */
  readonly onHash?: ((checked: number, size: number) => void) | undefined;
}

/** The digests of files that were read before, so that a file of 40 GB is read once. */
export interface HashMemory {
  /**
   * What a file is now: remembered while nothing about the file has changed, else read whole.
   * Undefined when it is no regular file, or was written to while it was read.
   *
   * @throws what the file system says of the file; LlameroError DISK_FULL, DISK_NOT_WRITABLE for the
   *   memory itself; or what the signal was aborted with
   */
  digest(file: string, options: HashOptions): Promise<HashedFile | undefined>;
  /** Notes what a file is that was verified elsewhere, by the download of it for instance. */
  remember(file: string, sha256: string): Promise<void>;
}

/** How digests are remembered. */
export interface HashMemoryOptions {
  /** The file that holds them: `run/hashes.json`. It may be lost or damaged at any time. */
  readonly file: string;
  /** Files that are remembered at most; the ones noted first are forgotten first. */
  readonly limit?: number;
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number;
}

const LIMIT = 10_000;
/**
 * A file that was written to so short a time ago is not remembered: its next change might fall
 * into the same tick of the file system's clock (two seconds on FAT) and leave no trace.
 */
const SETTLED_MS = 2_000;

const Memory = z.object({
  version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size: z.number(),
      mtimeMs: z.number(),
      inode: z.string(),
      device: z.string(),
      sha256: z.string().refine(isSha256),
    }),
  ),
});

type Entries = Map<string, FileStamp & { readonly sha256: string }>;

/** Opens the memory; its file is read when it is first needed. */
export function createHashMemory({
  file: memoryFile,
  limit = LIMIT,
  now = Date.now,
}: HashMemoryOptions): HashMemory {
  let loaded: Promise<Entries> | undefined;
  let saved: Promise<void> = Promise.resolve();

  async function note(file: string, { sha256, stamp }: HashedFile): Promise<void> {
    const save = async (): Promise<void> => {
      // Read again, so that what other processes noted meanwhile stays. Should two write at the
      // same instant, one note is lost, and one file is read once more: not worth a lock.
      const entries = await load(memoryFile);
      entries.delete(file);
      entries.set(file, { ...stamp, sha256 });
      const files = Object.fromEntries([...entries].slice(-limit));
      await writeFileAtomic(memoryFile, `${JSON.stringify({ version: 1, files })}\n`, 0o600);
      loaded = Promise.resolve(entries);
    };
    const mine = saved.then(save);
    // The next one takes its turn whatever becomes of this one, whose failure goes to its caller.
    saved = mine.catch(() => undefined);
    await mine;
  }

  return {
    async digest(file, { signal, onHash }) {
      const before = await stampOf(file);
      if (before === undefined) return undefined;
      const known = (await (loaded ??= load(memoryFile))).get(file);
      if (known !== undefined && sameStamp(known, before)) {
        return { sha256: known.sha256, stamp: before };
      }
      const onProgress = (checked: number): void => onHash?.(checked, before.size);
      const { sha256 } = await digestFile(file, onProgress, signal);
      const after = await stampOf(file);
      if (after === undefined || !sameStamp(before, after)) return undefined;
      const hashed = { sha256, stamp: after };
      if (now() - after.mtimeMs >= SETTLED_MS) await note(file, hashed);
      return hashed;
    },
    async remember(file, sha256) {
      const stamp = await stampOf(file);
      if (stamp !== undefined) await note(file, { sha256, stamp });
    },
  };
}

async function load(memoryFile: string): Promise<Entries> {
  const text = await onDisk(memoryFile, () => readTextIfExists(memoryFile));
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(Memory.parse(JSON.parse(text)).files));
  } catch {
    // A damaged memory is an empty one: the files are read again.
    return new Map();
  }
}
