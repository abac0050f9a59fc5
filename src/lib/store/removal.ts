import { rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { onDisk } from '../files.ts';
import { withLock } from '../lock.ts';
import type { AliasMap, Aliases } from './aliases.ts';
import { readFolder, withoutPartial } from './folder.ts';
import {
  ADOPTING_SUFFIX,
  isProjectorName,
  JOURNAL_SUFFIX,
  METADATA_FILE,
  PARTIAL_SUFFIX,
  repoFolder,
} from './layout.ts';
import { updateMetadata } from './metadata.ts';
import type { StoredModel } from './model.ts';
import { forgetNote } from './notes.ts';
import { scanRepo } from './scan.ts';
import { type SpaceFreed, SpaceTally, weigh } from './space-tally.ts';

/** What a removal did. */
export interface Removal extends SpaceFreed {
  /** The models that are gone. */
  readonly removed: readonly StoredModel[];
  /** What could not be removed, in part or at all. */
  readonly failed: readonly RemovalFailure[];
  /** The aliases of the models that are gone; they went too. */
  readonly aliases: AliasMap;
}

/** Why a model, or what only it needed, is not gone. */
export interface RemovalFailure {
  readonly ref: string;
  /** A LlameroError, or what the file system said. */
  readonly error: Error;
}

/** Where models are removed from. */
export interface RemovalPlace {
  /** The folder of the models. */
  readonly models: string;
  readonly aliases: Pick<Aliases, 'removeOf'>;
}

/**
 * Removes models, each with its aliases. Files of other quants stay; the projector and the record of a
 * repository go with its last quant. A model that cannot be removed, for one that another process
 * pulls, stops no other.
 */
export async function removeModels(
  { aliases, models }: RemovalPlace,
  doomed: readonly StoredModel[],
): Promise<Removal> {
  const tally = new SpaceTally();
  const removed: StoredModel[] = [];
  const failed: RemovalFailure[] = [];
  const gone = new Map<string, string>();
  for (const model of doomed) {
    try {
      await removeFiles(models, model, tally);
      removed.push(model);
      for (const [alias, ref] of await aliases.removeOf([model.ref])) gone.set(alias, ref);
      await removeTraces(models, model, tally);
    } catch (error) {
      if (!(error instanceof Error) || systemErrorCode(error) === undefined) throw error;
      failed.push({ ref: model.ref, error });
    }
  }
  return { ...tally.total, removed, failed, aliases: gone };
}

/** What the disk would get back, were these models removed. */
export async function weighRemoval(
  models: string,
  doomed: readonly StoredModel[],
): Promise<SpaceFreed> {
  const tally = new SpaceTally();
  const refs = new Set(doomed.map(({ ref }) => ref));
  const targets = doomed.flatMap(targetsOf);
  for (const repo of new Set(doomed.map((model) => model.repo))) {
    const folder = repoFolder(models, repo);
    const { models: stored } = await scanRepo(folder, repo);
    if (stored.every(({ ref }) => refs.has(ref))) targets.push(...projectorsIn(folder));
  }
  for (const file of new Set(targets.flatMap(formsOf))) {
    const weight = await weigh(file);
    if (weight !== undefined) tally.add(weight);
  }
  return tally.total;
}

/** The files of a model by their final names. */
function targetsOf({ files }: StoredModel): string[] {
  return files.map((file) => withoutPartial(file.path));
}

/** The projectors in the folder of a repository by their final names. */
function projectorsIn(folder: string): string[] {
  const names = readFolder(folder).map(({ name }) =>
    name.replace(/\.gguf\.partial(?:\.json)?$/u, '.gguf'),
  );
  return [...new Set(names)]
    .filter((name) => isProjectorName(name) && name.endsWith('.gguf'))
    .map((name) => path.join(folder, name));
}

/** A file in every form that takes space: finished, unfinished, being taken over from another tool. */
function formsOf(target: string): string[] {
  return ['', PARTIAL_SUFFIX, ADOPTING_SUFFIX].map((suffix) => target + suffix);
}

async function removeFiles(models: string, model: StoredModel, tally: SpaceTally): Promise<void> {
  for (const target of targetsOf(model)) await removeFile(target, model.ref, tally);
  await removeEmptyFolder(path.join(repoFolder(models, model.repo), model.quant));
}

/** Takes a model out of the record of its repository; what nobody needs any more goes with it. */
async function removeTraces(
  models: string,
  { quant, repo }: StoredModel,
  tally: SpaceTally,
): Promise<void> {
  const folder = repoFolder(models, repo);
  await updateMetadata(folder, repo, (metadata) => {
    delete metadata.quants[quant];
    forgetNote(metadata, quant);
  });
  if ((await scanRepo(folder, repo)).models.length > 0) return;
  for (const projector of projectorsIn(folder)) await removeFile(projector, repo, tally);
  await remove(path.join(folder, METADATA_FILE));
  for (let empty = folder; empty !== models; empty = path.dirname(empty)) {
    await removeEmptyFolder(empty);
  }
}

/** Removes a file in all its forms, with its journal. */
async function removeFile(target: string, ref: string, tally: SpaceTally): Promise<void> {
  await withLock(`${target}.lock`, { purpose: `removing ${ref}`, waitSeconds: 0 }, async () => {
    for (const form of formsOf(target)) {
      const weight = await weigh(form);
      if (weight === undefined) continue;
      await remove(form);
      tally.add(weight);
    }
    await remove(target + JOURNAL_SUFFIX);
  });
}

/**
 * Removes a file; one that is not there is none to remove.
 *
 * @throws LlameroError DISK_NOT_WRITABLE, BUSY
 */
async function remove(file: string): Promise<void> {
  try {
    // `rm` would take a file that may not be removed for a folder, and fail at that.
    await onDisk(file, () => unlink(file));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return;
    if (code !== 'EBUSY') throw error;
    throw new LlameroError('BUSY', `${file} is in use`, {
      hint: 'Close the program that uses it, then run the command again',
      cause: error,
    });
  }
}

// Somebody keeps something there, or it is gone; an empty folder that may not go takes no space.
const LEFT_IN_PEACE: ReadonlySet<string | undefined> = new Set(
  'ENOENT ENOTEMPTY EEXIST ENOTDIR EACCES EPERM EROFS EBUSY'.split(' '),
);

/** Removes a folder if nothing is in it; what a user keeps there stays. */
async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!LEFT_IN_PEACE.has(systemErrorCode(error))) throw error;
  }
}
