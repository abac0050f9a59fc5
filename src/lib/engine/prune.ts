import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { onDisk } from '../files.ts';
import {
  type BuildsLockOptions,
  type InstalledBuild,
  changeBuilds,
  readBuilds,
  removeBuilds,
} from './builds.ts';

const DOWNLOADS = '.downloads';

/** The folder of archives that are being fetched; what an interrupted installation left is in it. */
export function downloadsFolder(binFolder: string): string {
  return path.join(binFolder, DOWNLOADS);
}

/** What nobody needs of the engines on the disk. */
export interface EngineWaste {
  readonly builds: readonly { readonly name: string; readonly size: number }[];
  /** Bytes of archives that an interrupted installation left. */
  readonly downloads: number;
}

/** The builds that are neither in use, nor the one before, nor running. */
async function oldBuilds(
  binFolder: string,
  foldersInUse: () => Promise<readonly string[]>,
): Promise<InstalledBuild[]> {
  const { current, installed, previous } = await readBuilds(binFolder);
  const running = await foldersInUse();
  const kept = [current?.name, previous?.name];
  return installed.filter(({ folder, name }) => !kept.includes(name) && !running.includes(folder));
}

/**
 * What {@link pruneEngines} would free. Changes nothing.
 *
 * @param foldersInUse the folders of engines that run right now
 */
export async function findEngineWaste(
  binFolder: string,
  foldersInUse: () => Promise<readonly string[]>,
): Promise<EngineWaste> {
  const builds = [];
  for (const { folder, name } of await oldBuilds(binFolder, foldersInUse)) {
    builds.push({ name, size: await freedBy(folder) });
  }
  return { builds, downloads: await freedBy(downloadsFolder(binFolder)) };
}

/**
 * Removes the builds that are neither in use, nor the one before, nor running, and the archives that
 * interrupted installations left.
 *
 * @param foldersInUse the folders of engines that run right now
 * @returns what is gone
 */
export async function pruneEngines(
  binFolder: string,
  foldersInUse: () => Promise<readonly string[]>,
  lock: BuildsLockOptions,
): Promise<EngineWaste> {
  return changeBuilds(binFolder, lock, async () => {
    const waste = await findEngineWaste(binFolder, foldersInUse);
    await removeOldBuilds(binFolder, foldersInUse);
    return waste;
  });
}

/**
 * As {@link pruneEngines}, for one that holds the lock already.
 *
 * @returns the names of the builds that are gone
 */
export async function removeOldBuilds(
  binFolder: string,
  foldersInUse: () => Promise<readonly string[]>,
): Promise<string[]> {
  const names = (await oldBuilds(binFolder, foldersInUse)).map(({ name }) => name);
  await removeBuilds(binFolder, names);
  const downloads = downloadsFolder(binFolder);
  await onDisk(downloads, () => rm(downloads, { recursive: true, force: true }));
  return names;
}

/** The bytes that the disk gets back when a folder goes; what has a second name elsewhere stays. */
async function freedBy(folder: string): Promise<number> {
  let freed = 0;
  for (const name of await namesBelow(folder)) {
    const file = path.join(folder, name);
    const { blocks, isFile, nlink, size } = await figuresOf(file);
    // An unfinished file has holes, which take no space.
    if (isFile && nlink === 1) freed += Math.min(size, blocks * 512);
  }
  return freed;
}

async function namesBelow(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function figuresOf(file: string) {
  const found = await lstat(file).catch((error: unknown) => {
    // Gone since the folder was read.
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const { blocks = 0, nlink = 0, size = 0 } = found ?? {};
  return { blocks, nlink, size, isFile: found?.isFile() === true };
}
