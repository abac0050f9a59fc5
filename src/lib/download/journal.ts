import { rm } from 'node:fs/promises';

import { z } from 'zod';

import { readTextIfExists, sizeIfExists, writeFileAtomic } from '../files.ts';
import { areIntervals, clipIntervals, type Intervals, lengthOf } from './intervals.ts';
import type { FileIdentity } from './types.ts';

const offset = z.number().int().nonnegative();

const identity = {
  source: z.string(),
  size: offset,
  sha256: z.string().optional(),
  gitOid: z.string().optional(),
  /** The entity tag that the bytes so far came with. */
  etag: z.string().optional(),
};

const StoredJournal = z.discriminatedUnion('version', [
  // Written by llamero 0.1, which fetched in order: all that the file holds is right.
  z.object({ version: z.literal(1), ...identity }),
  z.object({
    version: z.literal(2),
    ...identity,
    /** What is on disk for certain. */
    intervals: z.array(z.tuple([offset, offset])),
  }),
]);

/** What is known of an unfinished file: which file it is, and what of it is on disk for certain. */
export interface Journal {
  readonly identity: FileIdentity;
  readonly etag: string | undefined;
  readonly intervals: Intervals;
}

/** The two names of an unfinished file. */
export interface PartialFile {
  readonly data: string;
  readonly journal: string;
}

/** The names of the unfinished form of a file. */
export function partialOf(target: string): PartialFile {
  return { data: `${target}.partial`, journal: `${target}.partial.json` };
}

/** How many bytes of exactly this file are believed to be on disk. */
export async function readPartial(
  target: string,
  identity: FileIdentity,
): Promise<{ readonly received: number }> {
  return { received: lengthOf((await readJournal(target, identity)).intervals) };
}

/**
 * How far an unfinished file is, as far as its journal tells, whichever file it is; undefined when
 * there is none, or none that is understood.
 */
export async function describePartial(
  target: string,
): Promise<{ readonly received: number; readonly size: number } | undefined> {
  const journal = await readStored(target);
  if (journal === undefined) return undefined;
  return { received: lengthOf(journal.intervals), size: journal.identity.size };
}

/**
 * What of a file is on disk already. The journal is believed only when it speaks of this very file
 * and agrees with itself, and only as far as the data goes; the same content counts as the same
 * file even when it moved to another commit.
 */
export async function readJournal(target: string, identity: FileIdentity): Promise<Journal> {
  const stored = await readStored(target);
  if (stored === undefined || !isSame(stored.identity, identity)) {
    return { identity, etag: undefined, intervals: [] };
  }
  return { ...stored, identity };
}

function isSame(known: FileIdentity, wanted: FileIdentity): boolean {
  if (known.size !== wanted.size) return false;
  return wanted.sha256 === undefined
    ? known.source === wanted.source && known.gitOid === wanted.gitOid
    : known.sha256 === wanted.sha256;
}

async function readStored(target: string): Promise<Journal | undefined> {
  const partial = partialOf(target);
  const text = await readTextIfExists(partial.journal);
  const length = await sizeIfExists(partial.data);
  if (text === undefined || length === undefined) return undefined;
  const journal = parseJournal(text);
  if (journal === undefined || length > journal.size) return undefined;
  const { etag, gitOid, sha256, size, source } = journal;
  const claimed: Intervals = journal.version === 1 ? [[0, size]] : journal.intervals;
  if (size > 0 && !areIntervals(claimed, size)) return undefined;
  return {
    identity: { source, size, sha256, gitOid },
    etag,
    intervals: clipIntervals(claimed, length),
  };
}

function parseJournal(text: string): z.infer<typeof StoredJournal> | undefined {
  try {
    return StoredJournal.parse(JSON.parse(text));
  } catch {
    // A damaged journal is no journal: the file is fetched from its beginning.
    return undefined;
  }
}

/**
 * Writes a journal so that a crash leaves the old one or the new one. What it claims must have been
 * synced before.
 *
 * @throws LlameroError DISK_FULL, DISK_NOT_WRITABLE
 */
export async function writeJournal(target: string, journal: Journal): Promise<void> {
  const { etag, identity, intervals } = journal;
  const { gitOid, sha256, size, source } = identity;
  const stored = { version: 2, source, size, sha256, gitOid, etag, intervals };
  await writeFileAtomic(partialOf(target).journal, `${JSON.stringify(stored)}\n`);
}

/** Removes the unfinished form of a file. */
export async function removePartial(target: string): Promise<void> {
  const partial = partialOf(target);
  // The data first: without it the journal claims nothing.
  await rm(partial.data, { force: true });
  await rm(partial.journal, { force: true });
}
