import path from 'node:path';

import { look } from './folder.ts';
import { isProjectorName } from './layout.ts';
import type { MutableModel, StoredFile, StoredModel } from './model.ts';
import type { Found, RepoContents } from './repo-models.ts';

/**
 * What a repository holds, in the fewest words: a thousand of these are read before `list` shows
 * anything. Nothing in it is unfinished.
 */
export interface PackedRepo {
  readonly files: readonly PackedFile[];
  readonly models: readonly PackedModel[];
}

/**
 * A file on disk, projectors too: its path below the folder with `/`; how large it was and when it
 * had changed last, in bytes and milliseconds since 1970; the path in the repository and the digest,
 * where the record tells them.
 */
type PackedFile = readonly [
  file: string,
  size: number,
  mtimeMs: number,
  name?: string,
  sha256?: string,
];

/** A model: its quant, which of the files are its own, which of these llama-server is given. */
type PackedModel = readonly [quant: string, files: readonly number[], main: number, use: PackedUse];

/** Times are milliseconds since 1970. */
interface PackedUse {
  readonly pulledAt?: number;
  readonly lastUsedAt?: number;
  readonly timesUsed?: number;
  readonly tags?: readonly string[];
}

/** Packs what was found; undefined where something is unfinished. */
export function pack(
  found: readonly Found[],
  models: readonly StoredModel[],
): PackedRepo | undefined {
  if (models.some(({ state }) => state !== 'complete')) return undefined;
  if (found.some(({ partial }) => partial)) return undefined;
  const places = new Map(found.map((each, index) => [each.path, index]));
  const known = new Map(models.flatMap(({ files }) => files).map((file) => [file.path, file]));
  return {
    files: found.map(({ file, modifiedAt, path: place, size }) => {
      const { name = file, sha256 } = known.get(place) ?? {};
      return sha256 === undefined
        ? [file, size, modifiedAt, name]
        : [file, size, modifiedAt, name, sha256];
    }),
    models: models.map((model) => {
      const { lastUsedAt, pulledAt, tags, timesUsed } = model;
      const use = {
        ...(pulledAt === undefined ? {} : { pulledAt: pulledAt.getTime() }),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt: lastUsedAt.getTime() }),
        ...(timesUsed === undefined ? {} : { timesUsed }),
        ...(tags === undefined ? {} : { tags }),
      };
      const files = model.files.map((file) => places.get(file.path) ?? -1);
      return [model.quant, files, places.get(model.path) ?? -1, use];
    }),
  };
}

/**
 * What is packed, with each file looked at; undefined where one is not what it was, or the value is no
 * packed repository. Checked by hand and on the way: a library for schemas takes longer to load than
 * a thousand of these to read.
 */
export function unpack(value: unknown, folder: string, repo: string): RepoContents | undefined {
  const { files, models } = (value ?? {}) as Partial<Record<keyof PackedRepo, unknown>>;
  if (!Array.isArray(files) || !Array.isArray(models)) return undefined;
  const found: FoundFile[] = [];
  let size = 0;
  let projector: string | undefined;
  for (const packed of files as unknown[]) {
    const file = unpackFile(packed, folder);
    if (file === undefined) return undefined;
    found.push(file);
    size += file.stored.size;
    if (file.isProjector) projector ??= file.stored.path;
  }
  const unpacked: StoredModel[] = [];
  for (const packed of models as unknown[]) {
    const model = unpackModel(packed, found, repo);
    if (model === undefined) return undefined;
    if (projector !== undefined) model.projector = projector;
    unpacked.push(model);
  }
  return { models: unpacked, size };
}

interface FoundFile {
  readonly stored: StoredFile;
  readonly modifiedAt: number;
  readonly isProjector: boolean;
}

// Anybody may have written the file: no name leads out of the folder.
const NAME = /^(?!\.\.?\/)[^/\0]+(?:\/[^/\0]+)?\.gguf$/iu;

function unpackFile(value: unknown, folder: string): FoundFile | undefined {
  if (!Array.isArray(value)) return undefined;
  const [file, size, mtimeMs, name = file, sha256] = value as unknown[];
  if (typeof file !== 'string' || typeof name !== 'string' || !NAME.test(file)) return undefined;
  const place = folder + path.sep + (path.sep === '/' ? file : file.replace('/', path.sep));
  const figures = look(place);
  if (figures === undefined || figures.size !== size || figures.mtimeMs !== mtimeMs) {
    return undefined;
  }
  const stored =
    typeof sha256 === 'string' ? { path: place, name, size, sha256 } : { path: place, name, size };
  return { stored, modifiedAt: mtimeMs, isProjector: isProjectorName(file) };
}

function unpackModel(
  value: unknown,
  found: readonly FoundFile[],
  repo: string,
): MutableModel | undefined {
  if (!Array.isArray(value)) return undefined;
  const [quant, own, main, use] = value as unknown[];
  const first = fileAt(found, main)?.stored;
  if (typeof quant !== 'string' || !Array.isArray(own) || first === undefined) return undefined;
  const files: StoredFile[] = [];
  let size = 0;
  let modifiedAt = 0;
  for (const index of own as unknown[]) {
    const file = fileAt(found, index);
    if (file === undefined) return undefined;
    files.push(file.stored);
    size += file.stored.size;
    modifiedAt = Math.max(modifiedAt, file.modifiedAt);
  }
  const model: MutableModel = {
    ref: `${repo}:${quant}`,
    repo,
    quant,
    path: first.path,
    files,
    size,
    state: 'complete',
    modifiedAt: new Date(modifiedAt),
  };
  unpackUse(use, model);
  return model;
}

function fileAt(found: readonly FoundFile[], index: unknown): FoundFile | undefined {
  return typeof index === 'number' ? found[index] : undefined;
}

function unpackUse(value: unknown, model: MutableModel): void {
  const { lastUsedAt, pulledAt, tags, timesUsed } = (value ?? {}) as Record<string, unknown>;
  if (Number.isFinite(pulledAt)) model.pulledAt = new Date(pulledAt as number);
  if (Number.isFinite(lastUsedAt)) model.lastUsedAt = new Date(lastUsedAt as number);
  if (typeof timesUsed === 'number') model.timesUsed = timesUsed;
  if (Array.isArray(tags)) model.tags = tags.filter((tag) => typeof tag === 'string');
}
