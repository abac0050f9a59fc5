import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { describePartial } from '../download/journal.ts';
import { systemErrorCode } from '../errors.ts';
import { isProjectorName, PARTIAL_SUFFIX } from './layout.ts';
import { type FileRecord, type Metadata, readMetadata } from './metadata.ts';
import type { StoredFile, StoredModel } from './model.ts';

/** A file as it was found in a repository's folder. */
interface Found {
  /** Absolute, of an unfinished file the one it will be: without `.partial`. */
  readonly path: string;
  /** Path below the repository's folder, with `/`, without `.partial`. */
  readonly file: string;
  /** Bytes that are on disk. */
  readonly size: number;
  readonly partial: boolean;
  /** Of an unfinished file: the size it will have, where its journal tells. */
  readonly expected?: number;
  readonly modifiedAt: Date;
}

const SHARD = /-(\d{5})-of-(\d{5})\.gguf$/u;

/** What a repository's folder holds. */
export interface RepoContents {
  readonly models: readonly StoredModel[];
  /** Bytes on disk of all of it, projectors included. */
  readonly size: number;
}

/** Reads one repository's folder: what is there, told apart by what the metadata knows, if anything. */
export async function scanRepo(folder: string, repo: string): Promise<RepoContents> {
  const found = await findFiles(folder);
  if (found.length === 0) return { models: [], size: 0 };
  const metadata = await readMetadata(folder, repo);
  const projector = found.find(({ file, partial }) => !partial && isProjectorName(file));
  const groups = Map.groupBy(
    found.filter(({ file }) => !isProjectorName(file)),
    quantOf,
  );
  const models: StoredModel[] = [];
  for (const [quant, files] of groups) {
    const model = describe({ repo, quant, files, metadata });
    models.push(projector === undefined ? model : { ...model, projector: projector.path });
  }
  for (const [quant, record] of Object.entries(metadata.quants)) {
    if (record.pulledAt === undefined && !groups.has(quant))
      models.push(begun(folder, repo, quant));
  }
  return {
    models: models.sort((one, other) => one.ref.localeCompare(other.ref, 'en')),
    size: found.reduce((sum, { size }) => sum + size, 0),
  };
}

/** A pull that was interrupted before the first byte of the model itself: its projector came first. */
function begun(folder: string, repo: string, quant: string): StoredModel {
  return {
    ref: `${repo}:${quant}`,
    repo,
    quant,
    path: path.join(folder, `${quant}.gguf`),
    files: [],
    size: 0,
    state: 'partial',
    percent: 0,
    modifiedAt: new Date(),
  };
}

/** `Q4_K_M.gguf` and everything in `Q4_K_M/` belong to Q4_K_M. */
function quantOf({ file }: Found): string {
  return file.includes('/') ? (file.split('/')[0] ?? file) : file.replace(/\.gguf$/iu, '');
}

async function findFiles(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await listFolder(folder)) {
    if (entry.isDirectory()) {
      for (const inner of await listFolder(path.join(folder, entry.name))) {
        if (!inner.isDirectory()) await add(found, folder, `${entry.name}/${inner.name}`);
      }
    } else {
      await add(found, folder, entry.name);
    }
  }
  return found;
}

async function add(found: Found[], folder: string, name: string): Promise<void> {
  const partial = name.endsWith(PARTIAL_SUFFIX);
  const file = partial ? name.slice(0, -PARTIAL_SUFFIX.length) : name;
  if (!file.toLowerCase().endsWith('.gguf')) return;
  let figures;
  try {
    figures = await stat(path.join(folder, ...name.split('/')));
  } catch (error) {
    // A link that points nowhere, or a file that was removed since the folder was read.
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (!figures.isFile()) return;
  const target = path.join(folder, ...file.split('/'));
  const journal = partial ? await describePartial(target) : undefined;
  found.push({
    path: target,
    file,
    // An unfinished file has holes: its length says nothing about what is there.
    size: journal?.received ?? figures.size,
    partial,
    ...(journal === undefined ? {} : { expected: journal.size }),
    modifiedAt: figures.mtime,
  });
}

/** The entries of a folder; none when there is no such folder. */
export async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

interface QuantFiles {
  readonly repo: string;
  readonly quant: string;
  readonly files: readonly Found[];
  readonly metadata: Metadata;
}

function describe({ repo, quant, files, metadata }: QuantFiles): StoredModel {
  const record = metadata.quants[quant];
  const recorded = new Map(record?.files.map((each) => [each.file, each]));
  const onDisk = files.toSorted((one, other) => one.file.localeCompare(other.file, 'en'));
  const [first] = onDisk;
  if (first === undefined) throw new Error(`no files of ${repo}:${quant}`);
  const size = onDisk.reduce((sum, each) => sum + each.size, 0);
  const expected = expectedSize(onDisk, record?.files);
  const complete = isComplete(onDisk, record?.files);
  return {
    ref: `${repo}:${quant}`,
    repo,
    quant,
    path: (onDisk.find(({ file }) => file === record?.files[0]?.file) ?? first).path,
    files: onDisk.map((each) => toStoredFile(each, recorded.get(each.file))),
    size,
    state: complete ? 'complete' : 'partial',
    ...(complete || expected === undefined
      ? {}
      : { percent: Math.min(99, Math.floor((100 * size) / Math.max(1, expected))) }),
    modifiedAt: new Date(Math.max(...onDisk.map((each) => each.modifiedAt.getTime()))),
    ...(record?.lastUsedAt === undefined ? {} : { lastUsedAt: new Date(record.lastUsedAt) }),
  };
}

function toStoredFile(found: Found, record: FileRecord | undefined): StoredFile {
  return {
    path: found.partial ? found.path + PARTIAL_SUFFIX : found.path,
    name: record?.name ?? found.file,
    size: found.size,
    ...(record?.sha256 === undefined || found.partial ? {} : { sha256: record.sha256 }),
  };
}

/** Complete: nothing unfinished, every recorded file there in its size, or else every shard there. */
function isComplete(found: readonly Found[], recorded: readonly FileRecord[] | undefined): boolean {
  if (found.some(({ partial }) => partial)) return false;
  if (recorded !== undefined) {
    return recorded.every(({ file, size }) =>
      found.some((each) => each.file === file && each.size === size),
    );
  }
  return found.length >= shardCount(found);
}

function shardCount(found: readonly Found[]): number {
  return Number(SHARD.exec(found[0]?.file ?? '')?.[2] ?? 1);
}

/** The size that a quant will have: by its metadata, else by its journals and number of shards. */
function expectedSize(
  found: readonly Found[],
  recorded: readonly FileRecord[] | undefined,
): number | undefined {
  if (recorded !== undefined) return recorded.reduce((sum, { size }) => sum + size, 0);
  let known = 0;
  for (const { expected, partial, size } of found) {
    if (partial && expected === undefined) return undefined;
    known += expected ?? size;
  }
  // Shards of one model are of about one size, all but the last.
  return (known / found.length) * Math.max(found.length, shardCount(found));
}
