import path from 'node:path';

import { LAST_TIME_MS, look } from './folder.ts';
import { isProjectorName, METADATA_FILE } from './layout.ts';
import type { MutableModel, StoredFile, StoredModel } from './model.ts';
import type { Found, RepoContents } from './repo-models.ts';

/**
 * What a repository holds, in the fewest words: a thousand of these are read before `list` shows
 * anything. Nothing in it is unfinished. Times are milliseconds since 1970; those of changes are set by
 * the system alone, whatever is done to a folder or a file.
 */
export interface PackedRepo {
  readonly at: Stamp;
  /** Of its record, if it has one. */
  readonly record?: Stamp;
  /** The folders of shards. */
  readonly folders?: readonly (readonly [name: string, stamp: Stamp])[];
  readonly models: readonly PackedModel[];
  /** Files of no model: projectors. */
  readonly others?: readonly PackedFile[];
}

/**
 * When a folder or a file changed last, and which one it was: two that a link or a mount leads to in
 * turn may have changed at the same time.
 */
export type Stamp = readonly [changedAt: number, inode: number];

/** When the folders of a repository, and its record, changed last. */
export type RepoTimes = Pick<PackedRepo, 'at' | 'folders' | 'record'>;

/**
 * A file on disk: its path below the folder with `/`; how large it was in bytes, and when it was
 * written last; the path in the repository and the digest, where the record tells them.
 */
type PackedFile = readonly [
  file: string,
  size: number,
  mtimeMs: number,
  name?: string,
  sha256?: string,
];

/** A model: its quant, its files, which of these llama-server is given, and what is known of its use. */
type PackedModel = readonly [
  quant: string,
  files: readonly PackedFile[],
  main: number,
  pulledAt?: number | null,
  use?: PackedUse,
];

interface PackedUse {
  readonly lastUsedAt?: number;
  readonly timesUsed?: number;
  readonly tags?: readonly string[];
}

/** Packs what was found; undefined where something is unfinished. */
export function pack(
  times: RepoTimes,
  found: readonly Found[],
  models: readonly StoredModel[],
): PackedRepo | undefined {
  if (models.some(({ state }) => state !== 'complete')) return undefined;
  if (found.some(({ partial }) => partial)) return undefined;
  const rest = new Map(found.map((each) => [each.path, each]));
  const packed = models.map((model) => {
    const files = model.files.flatMap((file) => {
      const each = rest.get(file.path);
      rest.delete(file.path);
      return each === undefined ? [] : [packFile(each, file)];
    });
    return packModel(model, files);
  });
  const others = [...rest.values()].map((each) => packFile(each, undefined));
  return { ...times, models: packed, ...(others.length === 0 ? {} : { others }) };
}

function packFile({ file, modifiedAt, size }: Found, known: StoredFile | undefined): PackedFile {
  const { name = file, sha256 } = known ?? {};
  if (sha256 !== undefined) return [file, size, modifiedAt, name, sha256];
  return name === file ? [file, size, modifiedAt] : [file, size, modifiedAt, name];
}

function packModel(model: StoredModel, files: readonly PackedFile[]): PackedModel {
  const { lastUsedAt, pulledAt, quant, tags, timesUsed } = model;
  const main = model.files.findIndex(({ path: place }) => place === model.path);
  const use = {
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: lastUsedAt.getTime() }),
    ...(timesUsed === undefined ? {} : { timesUsed }),
    ...(tags === undefined ? {} : { tags }),
  };
  if (Object.keys(use).length > 0) return [quant, files, main, pulledAt?.getTime() ?? null, use];
  return pulledAt === undefined ? [quant, files, main] : [quant, files, main, pulledAt.getTime()];
}

/**
 * What is packed, with the folder and each file looked at; undefined where one is not what it was, or
 * the value is no packed repository. Checked by hand and on the way: a library for schemas takes longer
 * to load than a thousand of these to read. Little is made that is thrown away: that is half the work.
 */
export function unpack(
  value: unknown,
  folder: string,
  { device, repo }: { readonly device: number; readonly repo: string },
): RepoContents | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, folders, models, others, record } = value as Record<keyof PackedRepo, unknown>;
  if (!Array.isArray(models) || !isUnchanged(folder, at, device)) return undefined;
  if (record !== undefined && !isUnchanged(below(folder, METADATA_FILE), record, device)) {
    return undefined;
  }
  if (folders !== undefined && !areUnchanged(folder, folders, device)) return undefined;
  const unpacked = models.map((packed: unknown) => unpackModel(packed, folder, repo));
  let size = 0;
  for (const model of unpacked) {
    if (model === undefined) return undefined;
    size += model.size;
  }
  // None of them is undefined.
  const all = unpacked as MutableModel[];
  if (others === undefined) return { models: all, size };
  const projectors = unpackFiles(others, folder);
  if (projectors === undefined) return undefined;
  return { models: withProjector(all, projectors, folder), size: size + sizeOf(projectors) };
}

/** Whether a folder or a file on a disk is the one that it was, and has not changed since. */
function isUnchanged(place: string, stamp: unknown, device: number): boolean {
  const figures = look(place);
  if (figures === undefined || figures.dev !== device) return false;
  return isStamp(stamp, [figures.ctimeMs, figures.ino]);
}

/** Whether a value is this stamp. */
export function isStamp(value: unknown, [changedAt, inode]: Stamp): boolean {
  return Array.isArray(value) && value[0] === changedAt && value[1] === inode;
}

function areUnchanged(folder: string, folders: unknown, device: number): boolean {
  if (!Array.isArray(folders)) return false;
  return folders.every((each: unknown) => {
    const [name, stamp] = Array.isArray(each) ? (each as unknown[]) : [];
    return typeof name === 'string' && isUnchanged(below(folder, name), stamp, device);
  });
}

const SEPARATOR = path.sep;

/** @param name with `/` */
function below(folder: string, name: string): string {
  return folder + SEPARATOR + (SEPARATOR === '/' ? name : name.replace('/', SEPARATOR));
}

/** The files, if all of them are what they were. */
function unpackFiles(value: unknown, folder: string): StoredFile[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const files = value.map((packed: unknown) => unpackFile(packed, folder));
  return files.includes(undefined) ? undefined : (files as StoredFile[]);
}

// Anybody may have written the file: no name leads out of the folder.
const NAME = /^(?!\.\.?\/)[^/\0]+(?:\/[^/\0]+)?\.gguf$/iu;

function unpackFile(value: unknown, folder: string): StoredFile | undefined {
  if (!Array.isArray(value)) return undefined;
  const file: unknown = value[0];
  const size: unknown = value[1];
  const name: unknown = value[3] ?? file;
  const sha256: unknown = value[4];
  if (typeof file !== 'string' || typeof name !== 'string' || !NAME.test(file)) return undefined;
  const place = below(folder, file);
  const figures = look(place);
  if (figures === undefined || figures.size !== size || figures.mtimeMs !== value[2]) {
    return undefined;
  }
  return typeof sha256 === 'string'
    ? { path: place, name, size, sha256 }
    : { path: place, name, size };
}

function sizeOf(files: readonly StoredFile[]): number {
  let size = 0;
  for (const file of files) size += file.size;
  return size;
}

function unpackModel(value: unknown, folder: string, repo: string): MutableModel | undefined {
  if (!Array.isArray(value)) return undefined;
  const quant: unknown = value[0];
  const main: unknown = value[2];
  const files = unpackFiles(value[1], folder);
  const first = typeof main === 'number' ? files?.[main] : undefined;
  if (typeof quant !== 'string' || files === undefined || first === undefined) return undefined;
  let modifiedAt = 0;
  for (const packed of value[1] as readonly PackedFile[]) {
    if (packed[2] > modifiedAt) modifiedAt = packed[2];
  }
  const model: MutableModel = {
    ref: `${repo}:${quant}`,
    repo,
    quant,
    path: first.path,
    files,
    size: sizeOf(files),
    state: 'complete',
    modifiedAt: new Date(modifiedAt),
  };
  const pulledAt: unknown = value[3];
  if (isTime(pulledAt)) model.pulledAt = new Date(pulledAt);
  if (value.length > 4) unpackUse(value[4], model);
  return model;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_TIME_MS;
}

function unpackUse(value: unknown, model: MutableModel): void {
  if (typeof value !== 'object' || value === null) return;
  const { lastUsedAt, tags, timesUsed } = value as Record<keyof PackedUse, unknown>;
  if (isTime(lastUsedAt)) model.lastUsedAt = new Date(lastUsedAt);
  if (typeof timesUsed === 'number') model.timesUsed = timesUsed;
  if (Array.isArray(tags)) model.tags = tags.filter((tag) => typeof tag === 'string');
}

function withProjector(
  models: MutableModel[],
  others: readonly StoredFile[],
  folder: string,
): readonly StoredModel[] {
  const start = folder.length + SEPARATOR.length;
  const projector = others.find(({ path: place }) => isProjectorName(place.slice(start)));
  if (projector !== undefined) for (const model of models) model.projector = projector.path;
  return models;
}
