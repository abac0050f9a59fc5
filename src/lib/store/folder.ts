import { type Dirent, type Stats, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { METADATA_FILE, PARTIAL_SUFFIX } from './layout.ts';
import { type Metadata, noMetadata, parseMetadata } from './metadata.ts';

/** What a repository's folder says of itself; how large its files are, the files say. */
export interface FolderReading {
  /** Names that a model's file may have, finished or not; with a `/` those in folders of shards. */
  readonly names: readonly string[];
  /** The folders of shards. */
  readonly folders: readonly string[];
  readonly metadata: Metadata;
}

/** Reads the folder of a repository, which need not exist. */
export function readRepoFolder(folder: string, repo: string): FolderReading {
  const names: string[] = [];
  const folders: string[] = [];
  for (const entry of readFolder(folder)) {
    if (!entry.isDirectory()) {
      if (isModelFile(entry.name)) names.push(entry.name);
      continue;
    }
    folders.push(entry.name);
    for (const inner of readFolder(path.join(folder, entry.name))) {
      if (isModelFile(inner.name)) names.push(`${entry.name}/${inner.name}`);
    }
  }
  // Of files alone a record tells something.
  if (names.length === 0) return { names, folders, metadata: noMetadata(repo) };
  const metadata = parseMetadata(readText(path.join(folder, METADATA_FILE)), repo);
  return { names, folders, metadata };
}

/** Whether a name is one of a model's file, finished or not. */
function isModelFile(name: string): boolean {
  return withoutPartial(name).toLowerCase().endsWith('.gguf');
}

/** The name that an unfinished file will have; of a finished one its own. */
export function withoutPartial(name: string): string {
  return name.endsWith(PARTIAL_SUFFIX) ? name.slice(0, -PARTIAL_SUFFIX.length) : name;
}

/** The entries of a folder; none when there is no such folder. */
export function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** The last time that a `Date` can tell, in milliseconds since 1970; a file may be of a later one. */
export const LAST_TIME_MS = 8.64e15;

const NOWHERE: ReadonlySet<string | undefined> = new Set([
  'ELOOP',
  'ENAMETOOLONG',
  'ERR_INVALID_ARG_VALUE',
]);
const NONE_IS_FINE = { throwIfNoEntry: false } as const;

/**
 * What a path leads to; nothing of a link that leads nowhere, of what was removed since its folder was
 * read, or of a name that no file can have.
 */
export function look(target: string): Stats | undefined {
  try {
    return statSync(target, NONE_IS_FINE);
  } catch (error) {
    if (NOWHERE.has(systemErrorCode(error))) return undefined;
    throw error;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
