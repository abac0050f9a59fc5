import { rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { onDisk } from '../files.ts';
import { withLock } from '../lock.ts';
import type { AliasMap } from './aliases.ts';
import {
  ADOPTING_SUFFIX,
  isProjectorName,
  JOURNAL_SUFFIX,
  METADATA_FILE,
  PARTIAL_SUFFIX,
  repoFolder,
} from './layout.ts';
import { readFolder } from './folder.ts';
import { updateMetadata } from './metadata.ts';
import type { StoredModel } from './model.ts';
import { forgetNote } from './notes.ts';
import { scanRepo } from './scan.ts';

/** What a removal did. */
export interface Removal {
  /** The models that are gone. */
  readonly removed: readonly StoredModel[];
  /** Bytes that the disk got back. */
  readonly freed: number;
  /** Their aliases, which went with them. */
  readonly aliases: AliasMap;
}

/**
 * Removes models. Files of other quants stay; the projector and the record of a repository go with
 * its last quant.
 *
 * @throws LlameroError BUSY while another process pulls one of the files
 */
export async function removeModels(
  models: string,
  doomed: readonly StoredModel[],
): Promise<Omit<Removal, 'aliases'>> {
  let freed = 0;
  for (const model of doomed) {
    const folder = repoFolder(models, model.repo);
    for (const file of model.files) {
      freed += await removeFile(file.path.replace(/\.partial$/u, ''), model.ref);
    }
    await removeEmptyFolder(path.join(folder, model.quant));
    await updateMetadata(folder, model.repo, (metadata) => {
      delete metadata.quants[model.quant];
      forgetNote(metadata, model.quant);
    });
    if ((await scanRepo(folder, model.repo)).models.length === 0) {
      freed += await removeRest(models, folder, model.repo);
    }
  }
  return { removed: doomed, freed };
}

/** Removes a file with its unfinished form and journal; answers the bytes freed. */
async function removeFile(target: string, ref: string): Promise<number> {
  return withLock(`${target}.lock`, { purpose: `removing ${ref}`, waitSeconds: 0 }, async () => {
    let freed = 0;
    for (const suffix of ['', PARTIAL_SUFFIX, ADOPTING_SUFFIX]) {
      freed += await remove(target + suffix);
    }
    await remove(target + JOURNAL_SUFFIX);
    return freed;
  });
}

/** Removes what is left of a repository without quants: projectors, the record, the folders. */
async function removeRest(models: string, folder: string, repo: string): Promise<number> {
  let freed = 0;
  for (const entry of readFolder(folder)) {
    const target = entry.name.replace(/\.gguf\.partial(?:\.json)?$/u, '.gguf');
    if (isProjectorName(target) && target.endsWith('.gguf')) {
      freed += await removeFile(path.join(folder, target), repo);
    }
  }
  await remove(path.join(folder, METADATA_FILE));
  for (let empty = folder; empty !== models; empty = path.dirname(empty)) {
    await removeEmptyFolder(empty);
  }
  return freed;
}

async function remove(file: string): Promise<number> {
  return onDisk(file, async () => {
    try {
      const { blocks, nlink, size } = await stat(file);
      await rm(file);
      // A file that another tool holds by a second name frees nothing when ours goes.
      if (nlink > 1) return 0;
      // An unfinished file has holes, which take no space. A block is 512 bytes, whatever the disk.
      return file.endsWith(PARTIAL_SUFFIX) ? Math.min(size, blocks * 512) : size;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return 0;
      throw error;
    }
  });
}

/** Removes a folder if nothing is in it; what a user keeps there stays. */
async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) {
      throw error;
    }
  }
}
