import { stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { isGguf, isSafePath } from '../gguf/file-name.ts';
import { parseShard, shardPath } from '../gguf/shards.ts';
import { readFolder } from './folder.ts';
import { isProjectorName, PARTIAL_SUFFIX, repoFolder } from './layout.ts';
import { type FileRecord, type Metadata, readMetadata } from './metadata.ts';
import type { StoredModel } from './model.ts';
import type { Reference } from './reference.ts';
import { listRepos, scanRepo } from './scan.ts';
import type { Store } from './store.ts';

/** A file that a model should have. */
export interface FileToVerify {
  /** Absolute. */
  readonly path: string;
  /** Path below the repository's folder, with `/`. */
  readonly file: string;
  /** Path in the repository; the name on disk where that is not known. */
  readonly name: string;
  /** What the record says of it; undefined where there is no record. */
  readonly recorded: { readonly size: number; readonly sha256?: string | undefined } | undefined;
}

/** A stored model with all the files that it should have, projectors included. */
export interface ModelToVerify {
  readonly ref: string;
  /** `user/repo`. */
  readonly repo: string;
  readonly quant: string;
  /** Whether its pull has begun and not ended. */
  readonly unfinished: boolean;
  /** Of an unfinished one: how much of it is on disk, 0 to 100. */
  readonly percent?: number | undefined;
  readonly files: readonly FileToVerify[];
}

/**
 * The models that references name, or all of the store, with the files that they should have by
 * their records, their numbering and the folder. Links that lead nowhere count as files.
 *
 * @throws LlameroError MODEL_NOT_FOUND
 */
export async function findTargets(
  store: Store,
  references: readonly Reference[],
): Promise<ModelToVerify[]> {
  if (references.length === 0) {
    const all: ModelToVerify[] = [];
    for (const repo of listRepos(store.folder)) {
      all.push(...(await targetsOf(store.folder, repo)));
    }
    return all;
  }
  const named = new Map<string, ModelToVerify>();
  for (const reference of references) {
    for (const target of await matching(store, reference)) named.set(target.ref, target);
  }
  return [...named.values()];
}

/** The store itself knows no model of which nothing is left but a link to a file that is gone. */
async function matching(store: Store, reference: Reference): Promise<ModelToVerify[]> {
  let found: StoredModel[];
  try {
    found = await store.match(reference);
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'MODEL_NOT_FOUND') throw error;
    const wanted = `${reference.repo}:${reference.tag ?? ''}`.toLowerCase();
    const repo = listRepos(store.folder).find((each) => isSameName(each, reference.repo));
    const targets = repo === undefined ? [] : await targetsOf(store.folder, repo);
    const left = targets.filter(
      ({ ref }) => reference.tag === undefined || ref.toLowerCase() === wanted,
    );
    if (left.length === 0) throw error;
    return left;
  }
  const targets: ModelToVerify[] = [];
  for (const repo of new Set(found.map((model) => model.repo))) {
    targets.push(...(await targetsOf(store.folder, repo)));
  }
  const refs = new Set(found.map(({ ref }) => ref));
  return targets.filter(({ ref }) => reference.tag === undefined || refs.has(ref));
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The models of one repository. */
export async function targetsOf(models: string, repo: string): Promise<ModelToVerify[]> {
  const folder = repoFolder(models, repo);
  const { models: stored } = await scanRepo(folder, repo);
  const dangling = await danglingLinks(folder);
  if (stored.length === 0 && dangling.length === 0) return [];
  const metadata = await readMetadata(folder, repo);
  const projectors = await projectorsOf(folder, metadata, dangling);
  const lost = dangling.filter((file) => !isProjectorName(file));
  const quants = new Set([...stored.map(({ quant }) => quant), ...lost.map(quantOf)]);
  return [...quants].map((quant) => {
    const model = stored.find((each) => each.quant === quant);
    const record = metadata.quants[quant];
    const present = filesOnDisk(folder, model);
    const known = record?.files ?? [];
    const unfinished = record === undefined ? hasPartial(model) : record.pulledAt === undefined;
    const files = collect(folder, known, [
      ...present,
      ...lost.filter((file) => quantOf(file) === quant),
      ...(record === undefined ? missingShards(present) : []),
    ]);
    return {
      ref: `${repo}:${quant}`,
      repo,
      quant,
      unfinished,
      ...(unfinished ? { percent: model?.percent } : {}),
      files: [...files, ...projectors],
    };
  });
}

/** `Q4_K_M.gguf` and everything in `Q4_K_M/` belong to Q4_K_M. */
function quantOf(file: string): string {
  return file.includes('/') ? path.posix.dirname(file) : file.replace(/\.gguf$/iu, '');
}

function hasPartial(model: StoredModel | undefined): boolean {
  return model?.files.some((file) => file.path.endsWith(PARTIAL_SUFFIX)) === true;
}

/** What the store found of a model, under the names that the files have when they are whole. */
function filesOnDisk(folder: string, model: StoredModel | undefined): string[] {
  return (model?.files ?? []).map((file) => {
    const name = relativeName(folder, file.path);
    return name.endsWith(PARTIAL_SUFFIX) ? name.slice(0, -PARTIAL_SUFFIX.length) : name;
  });
}

/** The shards that the names of the others promise. */
function missingShards(present: readonly string[]): string[] {
  const [first] = present.flatMap((file) => parseShard(file) ?? []);
  if (first === undefined) return [];
  return Array.from({ length: first.total }, (_, index) =>
    shardPath(first.base, index + 1, first.total),
  );
}

/** All of the repository: any of them may go with any of its quants. */
async function projectorsOf(
  folder: string,
  metadata: Metadata,
  dangling: readonly string[],
): Promise<FileToVerify[]> {
  const known = Object.values(metadata.projectors).flatMap(({ files }) => files);
  const present = readFolder(folder)
    .filter((entry) => !entry.isDirectory() && isGguf(entry.name))
    .map(({ name }) => name);
  return collect(folder, known, [...present, ...dangling].filter(isProjectorName));
}

/** The recorded files in their order, then what else is there. Each once. */
function collect(
  folder: string,
  known: readonly FileRecord[],
  present: readonly string[],
): FileToVerify[] {
  // A record is a file that anybody may have written: none leads out of the folder.
  const records = new Map(
    known.filter(({ file }) => isSafePath(file)).map((each) => [each.file, each]),
  );
  return [...new Set([...records.keys(), ...present])].map((file) => {
    const record = records.get(file);
    return {
      path: path.join(folder, ...file.split('/')),
      file,
      name: record?.name ?? file,
      recorded: record === undefined ? undefined : { size: record.size, sha256: record.sha256 },
    };
  });
}

/** The names in a repository's folder that are links to files which are gone. */
async function danglingLinks(folder: string): Promise<string[]> {
  const links: string[] = [];
  for (const entry of readFolder(folder)) {
    const inner = entry.isDirectory() ? readFolder(path.join(folder, entry.name)) : [entry];
    for (const each of inner) {
      if (!each.isSymbolicLink() || !isGguf(each.name)) continue;
      const file = path.join(each.parentPath, each.name);
      if (await leadsNowhere(file)) links.push(relativeName(folder, file));
    }
  }
  return links;
}

async function leadsNowhere(link: string): Promise<boolean> {
  try {
    await stat(link);
    return false;
  } catch (error) {
    // What else is wrong shows when the file is read.
    return ['ENOENT', 'ELOOP', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
  }
}

function relativeName(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}
