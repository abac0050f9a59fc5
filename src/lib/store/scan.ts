import { type Dirent, type Stats, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { systemErrorCode } from '../errors.ts';
import { compareNames } from '../name-order.ts';
import { isProjectorName, METADATA_FILE, PARTIAL_SUFFIX } from './layout.ts';
import { type FileRecord, type Metadata, parseMetadata } from './metadata.ts';
import type { StoredFile, StoredModel } from './model.ts';
import { useOf } from './notes.ts';

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

// The file system is asked in one go, without promises: of ten thousand folders that takes 0.4 s,
// and 0.9 s or more with promises, however many at once. So that Ctrl+C and a typed letter are
// heard all the same, a pause is made after so many milliseconds.
const LONGEST_STRETCH_MS = 15;

/** Reads the folders of all repositories, see {@link scanRepo}. */
export async function scanAll(models: string): Promise<RepoContents> {
  const found: StoredModel[] = [];
  let size = 0;
  let since = performance.now();
  for (const repo of listRepos(models)) {
    const contents = await scanRepo(path.join(models, ...repo.split('/')), repo);
    found.push(...contents.models);
    size += contents.size;
    if (performance.now() - since > LONGEST_STRETCH_MS) {
      await setImmediate();
      since = performance.now();
    }
  }
  return { models: found, size };
}

/** The names of all repositories that have a folder: `user/repo`, in their order. */
export function listRepos(models: string): string[] {
  const repos = readFolder(models).flatMap((user) =>
    readFolder(path.join(models, user.name)).map(({ name }) => `${user.name}/${name}`),
  );
  return repos.sort(compareNames);
}

/** Reads one repository's folder: what is there, told apart by what the metadata knows, if anything. */
export async function scanRepo(folder: string, repo: string): Promise<RepoContents> {
  const found = await findFiles(folder);
  if (found.length === 0) return { models: [], size: 0 };
  const metadata = parseMetadata(readText(path.join(folder, METADATA_FILE)), repo);
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
    models: models.sort((one, other) => compareNames(one.ref, other.ref)),
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
  const names = readFolder(folder).flatMap((entry) =>
    entry.isDirectory()
      ? readFolder(path.join(folder, entry.name))
          .filter((inner) => !inner.isDirectory())
          .map((inner) => `${entry.name}/${inner.name}`)
      : [entry.name],
  );
  const found: Found[] = [];
  for (const name of names) {
    const file = await findFile(folder, name);
    if (file !== undefined) found.push(file);
  }
  return found;
}

async function findFile(folder: string, name: string): Promise<Found | undefined> {
  const partial = name.endsWith(PARTIAL_SUFFIX);
  const file = partial ? name.slice(0, -PARTIAL_SUFFIX.length) : name;
  if (!file.toLowerCase().endsWith('.gguf')) return undefined;
  const figures = look(path.join(folder, ...name.split('/')));
  if (figures?.isFile() !== true) return undefined;
  const target = path.join(folder, ...file.split('/'));
  const journal = partial ? await describeUnfinished(target) : undefined;
  return {
    path: target,
    file,
    // An unfinished file has holes: its length says nothing about what is there.
    size: journal?.received ?? figures.size,
    partial,
    ...(journal === undefined ? {} : { expected: journal.size }),
    modifiedAt: figures.mtime,
  };
}

/** None of a link that leads nowhere, or of a file that was removed since the folder was read. */
function look(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ELOOP') return undefined;
    throw error;
  }
}

async function describeUnfinished(target: string) {
  // Hardly ever needed, and what reads it takes its time to load.
  const { describePartial } = await import('../download/journal.ts');
  return describePartial(target);
}

/** The entries of a folder; none when there is no such folder. */
export async function listFolder(folder: string): Promise<Dirent[]> {
  return readFolder(folder);
}

function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
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

interface QuantFiles {
  readonly repo: string;
  readonly quant: string;
  readonly files: readonly Found[];
  readonly metadata: Metadata;
}

function describe({ repo, quant, files, metadata }: QuantFiles): StoredModel {
  const record = metadata.quants[quant];
  const recorded = new Map(record?.files.map((each) => [each.file, each]));
  const onDisk = files.toSorted((one, other) => compareNames(one.file, other.file));
  const [first] = onDisk;
  if (first === undefined) throw new Error(`no files of ${repo}:${quant}`);
  const size = onDisk.reduce((sum, each) => sum + each.size, 0);
  const expected = expectedSize(onDisk, record?.files);
  const complete = isComplete(onDisk, record?.files);
  const pulledAt = record?.pulledAt === undefined ? undefined : new Date(record.pulledAt);
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
    ...(pulledAt === undefined || Number.isNaN(pulledAt.getTime()) ? {} : { pulledAt }),
    ...useOf(metadata, quant),
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
