import path from 'node:path';

import { z } from 'zod';

import { readTextIfExists, writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { METADATA_FILE } from './layout.ts';

const FileRecord = z.object({
  /** Path in the repository. */
  name: z.string(),
  /** Path relative to the repository's folder in the store, with `/`. */
  file: z.string(),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  sha256: z.string().optional(),
});

const QuantRecord = z.object({
  /** The commit the files came from. */
  revision: z.string(),
  /** Where they came from: the hub's address. */
  source: z.string(),
  files: z.array(FileRecord),
  /** Missing while the pull has not finished. ISO 8601. */
  pulledAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
});

const Metadata = z.object({
  version: z.literal(1),
  repo: z.string(),
  quants: z.record(z.string(), QuantRecord),
  projectors: z.record(z.string(), QuantRecord),
});

export type FileRecord = z.infer<typeof FileRecord>;
export type QuantRecord = z.infer<typeof QuantRecord>;
export type Metadata = z.infer<typeof Metadata>;

/**
 * What is known about a repository's files beyond the files themselves. A missing or damaged
 * record is an empty one: everything that matters can be rebuilt from the files.
 */
export async function readMetadata(folder: string, repo: string): Promise<Metadata> {
  const text = await readTextIfExists(path.join(folder, METADATA_FILE));
  const empty: Metadata = { version: 1, repo, quants: {}, projectors: {} };
  if (text === undefined) return empty;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return empty;
  }
  const parsed = Metadata.safeParse(value);
  return parsed.success ? { ...parsed.data, repo } : empty;
}

/** Changes a repository's metadata under a lock, so that two processes do not undo each other. */
export async function updateMetadata(
  folder: string,
  repo: string,
  change: (metadata: Metadata) => void,
  signal?: AbortSignal,
): Promise<void> {
  const file = path.join(folder, METADATA_FILE);
  await withLock(
    `${file}.lock`,
    { purpose: `writing ${METADATA_FILE} of ${repo}`, waitSeconds: 30, signal },
    async () => {
      const metadata = await readMetadata(folder, repo);
      change(metadata);
      await writeFileAtomic(file, `${JSON.stringify(metadata, undefined, 2)}\n`);
    },
  );
}
