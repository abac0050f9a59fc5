import path from 'node:path';

import { compareNames } from '../name-order.ts';
import { isProjectorName, PARTIAL_SUFFIX } from './layout.ts';
import type { FileRecord, Metadata } from './metadata.ts';
import type { MutableModel, StoredFile, StoredModel } from './model.ts';
import { useOf } from './notes.ts';

/** A file as it was found in a repository's folder. */
export interface Found {
  /** Absolute, of an unfinished file the one it will be: without `.partial`. */
  readonly path: string;
  /** Path below the repository's folder, with `/`, without `.partial`. */
  readonly file: string;
  /** Bytes that are on disk. */
  readonly size: number;
  readonly partial: boolean;
  /** Of an unfinished file: the size it will have, where its journal tells. */
  readonly expected?: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** What a repository's folder holds. */
export interface RepoContents {
  readonly models: readonly StoredModel[];
  /** Bytes on disk of all of it, projectors included. */
  readonly size: number;
}

/** What is known of a repository's folder. */
export interface RepoFiles {
  readonly folder: string;
  /** `user/repo`. */
  readonly repo: string;
  readonly found: readonly Found[];
  readonly metadata: Metadata;
}

const SHARD = /-(\d{5})-of-(\d{5})\.gguf$/u;

/** The models that files are, by name: told apart by what the metadata knows, if anything. */
export function modelsOf({ folder, found, metadata, repo }: RepoFiles): StoredModel[] {
  if (found.length === 0) return [];
  const projector = found.find(({ file, partial }) => !partial && isProjectorName(file));
  const groups = new Map<string, Found[]>();
  for (const each of found) {
    if (isProjectorName(each.file)) continue;
    const quant = quantOf(each);
    const group = groups.get(quant);
    if (group === undefined) groups.set(quant, [each]);
    else group.push(each);
  }
  const models: StoredModel[] = [];
  for (const [quant, files] of groups) {
    models.push(describe({ repo, quant, files, metadata, projector: projector?.path }));
  }
  for (const [quant, { files, pulledAt }] of Object.entries(metadata.quants)) {
    if (pulledAt === undefined && !groups.has(quant)) {
      models.push({ ...begun(folder, repo, quant), expectedSize: recordedSize(files) });
    }
  }
  return models.sort((one, other) => compareNames(one.ref, other.ref));
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
  const end = file.indexOf('/');
  return end === -1 ? file.slice(0, -'.gguf'.length) : file.slice(0, end);
}

interface QuantFiles {
  readonly repo: string;
  readonly quant: string;
  readonly files: Found[];
  readonly metadata: Metadata;
  readonly projector: string | undefined;
}

function describe({ files, metadata, projector, quant, repo }: QuantFiles): StoredModel {
  const record = metadata.quants[quant];
  const onDisk = files.sort((one, other) => compareNames(one.file, other.file));
  const [first] = onDisk;
  if (first === undefined) throw new Error(`no files of ${repo}:${quant}`);
  let size = 0;
  let modifiedAt = 0;
  for (const each of onDisk) {
    size += each.size;
    modifiedAt = Math.max(modifiedAt, each.modifiedAt);
  }
  const main = record?.files[0]?.file;
  const model: MutableModel = {
    ref: `${repo}:${quant}`,
    repo,
    quant,
    path: (onDisk.find(({ file }) => file === main) ?? first).path,
    files: onDisk.map((each) => toStoredFile(each, record?.files)),
    size,
    state: isComplete(onDisk, record?.files) ? 'complete' : 'partial',
    modifiedAt: new Date(modifiedAt),
  };
  if (model.state === 'partial') {
    const expected = expectedSize(onDisk, record?.files);
    if (expected !== undefined) {
      model.expectedSize = expected;
      model.percent = Math.min(99, Math.floor((100 * size) / Math.max(1, expected)));
    }
  }
  const pulledAt = record?.pulledAt === undefined ? Number.NaN : Date.parse(record.pulledAt);
  if (!Number.isNaN(pulledAt)) model.pulledAt = new Date(pulledAt);
  const use = useOf(metadata, quant);
  if (use !== undefined) Object.assign(model, use);
  if (projector !== undefined) model.projector = projector;
  return model;
}

function toStoredFile(found: Found, recorded: readonly FileRecord[] | undefined): StoredFile {
  const record = recordOf(found, recorded);
  const { size } = found;
  const name = record?.name ?? found.file;
  if (found.partial) return { path: found.path + PARTIAL_SUFFIX, name, size };
  if (record?.sha256 === undefined) return { path: found.path, name, size };
  return { path: found.path, name, size, sha256: record.sha256 };
}

function recordOf(
  { file }: Found,
  recorded: readonly FileRecord[] | undefined,
): FileRecord | undefined {
  return recorded?.find((each) => each.file === file);
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
  if (recorded !== undefined) return recordedSize(recorded);
  let known = 0;
  for (const { expected, partial, size } of found) {
    if (partial && expected === undefined) return undefined;
    known += expected ?? size;
  }
  // Shards of one model are of about one size, all but the last.
  return Math.round((known / found.length) * Math.max(found.length, shardCount(found)));
}

function recordedSize(files: readonly FileRecord[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
