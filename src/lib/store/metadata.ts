import path from 'node:path';

import { readTextIfExists, writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { METADATA_FILE } from './layout.ts';

/** A file as it was pulled. */
export interface FileRecord {
  /** Path in the repository. */
  name: string;
  /** Path relative to the repository's folder in the store, with `/`. */
  file: string;
  /** Bytes. */
  size: number;
  sha256?: string | undefined;
}

/** What was pulled for a quant or a projector. */
export interface QuantRecord {
  /** The commit the files came from. */
  revision: string;
  /** Where they came from: the hub's address. */
  source: string;
  files: FileRecord[];
  /** Missing while the pull has not finished. ISO 8601. */
  pulledAt?: string | undefined;
  /** Written by llamero 0.1, now in the note. */
  lastUsedAt?: string | undefined;
}

/** What was done with a quant. It outlives a pull, and models that nobody pulled have it too. */
export interface ModelNote {
  /** ISO 8601. */
  lastUsedAt?: string;
  timesUsed?: number;
  tags?: readonly string[];
}

/** The record of a repository. Keys that are not known here are kept as they are. */
export interface Metadata {
  version: 1;
  repo: string;
  quants: Record<string, QuantRecord>;
  projectors: Record<string, QuantRecord>;
  notes?: Record<string, ModelNote>;
}

/**
 * What is known about a repository's files beyond the files themselves. A missing or damaged
 * record is an empty one: everything that matters can be rebuilt from the files.
 */
export async function readMetadata(folder: string, repo: string): Promise<Metadata> {
  return parseMetadata(await readTextIfExists(path.join(folder, METADATA_FILE)), repo);
}

/** The record in the text of its file, see {@link readMetadata}. */
export function parseMetadata(text: string | undefined, repo: string): Metadata {
  if (text === undefined) return noMetadata(repo);
  try {
    return metadataFrom(JSON.parse(text), repo);
  } catch {
    return noMetadata(repo);
  }
}

/** A value as a record; an empty one when it is none. */
function metadataFrom(value: unknown, repo: string): Metadata {
  if (!isMetadata(value)) return noMetadata(repo);
  const { notes, projectors, quants, ...rest } = value;
  const metadata = { ...rest, repo, quants: named(quants), projectors: named(projectors) };
  return isRecordOf(notes, isModelNote) ? { ...metadata, notes } : metadata;
}

/** The record of a repository of which nothing is known. */
export function noMetadata(repo: string): Metadata {
  return { version: 1, repo, quants: named({}), projectors: named({}) };
}

/** Without what every object has: a quant may be called `constructor`. */
function named<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
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

// Checked by hand: `list` reads a thousand of these before it shows anything, and a library for
// schemas takes longer to load than that.
function isMetadata(value: unknown): value is Omit<Metadata, 'notes'> & { notes?: unknown } {
  return (
    isObject(value) &&
    value['version'] === 1 &&
    typeof value['repo'] === 'string' &&
    isRecordOf(value['quants'], isQuantRecord) &&
    isRecordOf(value['projectors'], isQuantRecord)
  );
}

function isQuantRecord(value: unknown): value is QuantRecord {
  return (
    isObject(value) &&
    typeof value['revision'] === 'string' &&
    typeof value['source'] === 'string' &&
    Array.isArray(value['files']) &&
    value['files'].every(isFileRecord) &&
    isText(value['pulledAt']) &&
    isText(value['lastUsedAt'])
  );
}

function isFileRecord(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['file'] === 'string' &&
    isCount(value['size']) &&
    isText(value['sha256'])
  );
}

function isModelNote(value: unknown): value is ModelNote {
  if (!isObject(value)) return false;
  const { tags, timesUsed } = value;
  return (
    isText(value['lastUsedAt']) &&
    (timesUsed === undefined || isCount(timesUsed)) &&
    (tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOf<T>(
  value: unknown,
  isEntry: (entry: unknown) => entry is T,
): value is Record<string, T> {
  return isObject(value) && Object.values(value).every(isEntry);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
