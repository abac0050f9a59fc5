import { rm } from 'node:fs/promises';

import { z } from 'zod';

import { readTextIfExists, sizeIfExists, writeFileAtomic } from '../files.ts';
import type { FileIdentity } from './types.ts';

const Journal = z.object({
  version: z.literal(1),
  source: z.string(),
  size: z.number().int().nonnegative(),
  sha256: z.string().optional(),
  gitOid: z.string().optional(),
  /** The entity tag that the bytes so far came with. */
  etag: z.string().optional(),
});

/** What is known about an unfinished file: which file it is, and under which tag it was served. */
export type Journal = z.infer<typeof Journal>;

/** The two names of an unfinished file. */
export interface PartialFile {
  readonly data: string;
  readonly journal: string;
}

/** The names of the unfinished form of a file. */
export function partialOf(target: string): PartialFile {
  return { data: `${target}.partial`, journal: `${target}.partial.json` };
}

/** The journal of a file that nothing is known about yet. */
export function newJournal(identity: FileIdentity): Journal {
  return {
    version: 1,
    source: identity.source,
    size: identity.size,
    ...(identity.sha256 === undefined ? {} : { sha256: identity.sha256 }),
    ...(identity.gitOid === undefined ? {} : { gitOid: identity.gitOid }),
  };
}

/**
 * How much of a file is on disk already. The journal is believed only when it speaks of this very
 * file and the data is no longer than the file; the same content counts as the same file even
 * when it moved to another commit.
 */
export async function readPartial(
  partial: PartialFile,
  identity: FileIdentity,
): Promise<{ readonly journal: Journal; readonly received: number }> {
  const fresh = { journal: newJournal(identity), received: 0 };
  const journal = await readJournal(partial.journal);
  const received = await sizeIfExists(partial.data);
  if (journal === undefined || received === undefined || received > identity.size) return fresh;
  if (journal.size !== identity.size) return fresh;
  const same =
    identity.sha256 === undefined
      ? journal.source === identity.source && journal.gitOid === identity.gitOid
      : journal.sha256 === identity.sha256;
  return same ? { journal: { ...journal, source: identity.source }, received } : fresh;
}

async function readJournal(file: string): Promise<Journal | undefined> {
  const text = await readTextIfExists(file);
  if (text === undefined) return undefined;
  try {
    return Journal.parse(JSON.parse(text));
  } catch {
    // A damaged journal is no journal: the file is fetched from its beginning.
    return undefined;
  }
}

/** Writes a journal so that a crash leaves the old one or the new one. */
export async function writeJournal(partial: PartialFile, journal: Journal): Promise<void> {
  await writeFileAtomic(partial.journal, `${JSON.stringify(journal)}\n`);
}

/** Removes the unfinished form of a file. */
export async function removePartial(partial: PartialFile): Promise<void> {
  await rm(partial.data, { force: true });
  await rm(partial.journal, { force: true });
}
