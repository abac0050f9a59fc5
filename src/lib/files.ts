import { randomBytes } from 'node:crypto';
import { readFileSync, statfsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { ERROR_CODES, LlameroError, systemErrorCode } from './errors.ts';
import { formatDiskSize } from './format.ts';

/** Turns a file system failure into an error that names the path and the way out; others pass. */
function diskError(error: unknown, filePath: string): unknown {
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LlameroError('DISK_FULL', `The disk is full: ${filePath} could not be written`, {
        hint: 'Free some space (`llamero list` shows what the models take, `llamero rm <ref>` removes one) and run the command again',
        cause: error,
      });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new LlameroError('DISK_NOT_WRITABLE', `${filePath} may not be written`, {
        hint: `Check who owns ${path.dirname(filePath)}, or set LLAMERO_HOME to a folder of yours`,
        cause: error,
      });
    default:
      return error;
  }
}

/**
 * Whether a failure comes from the disk. What can be found out again is not worth failing for where it
 * cannot be kept, or what was kept cannot be read: that of another user, for instance.
 */
export function isDiskFailure(error: unknown): error is Error {
  return error instanceof LlameroError
    ? ERROR_CODES[error.code] === ERROR_CODES.DISK_FULL
    : systemErrorCode(error) !== undefined;
}

/** Runs a piece of file work; what the disk refuses comes out as DISK_FULL or DISK_NOT_WRITABLE. */
export async function onDisk<T>(filePath: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, filePath);
  }
}

/**
 * Makes a folder with all above it. Not by the recursive form of `mkdir`: that says ENOENT where a
 * folder above may not be written to (https://github.com/nodejs/node/issues/47098), and does not end
 * where the file system makes no folders, as below /proc.
 *
 * @throws what the file system says
 */
export async function makeFolder(folder: string, mode = 0o755): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const code = systemErrorCode(error);
    const parent = path.dirname(folder);
    if (code === 'ENOENT' && parent !== folder) {
      await makeFolder(parent, mode);
      await mkdir(folder, { mode }).catch(passIfMade);
    } else if (!(await isFolder(folder))) {
      throw error;
    }
  }
}

/** Somebody else may make the same folder at the same time. */
function passIfMade(error: unknown): void {
  if (systemErrorCode(error) !== 'EEXIST') throw error;
}

async function isFolder(target: string): Promise<boolean> {
  try {
    return (await stat(target)).isDirectory();
  } catch {
    return false;
  }
}

/** What the name of a file ends in while it is written, and for good where that was cut off. */
export const TEMPORARY_SUFFIX = /\.[0-9a-f]{12}\.tmp$/u;

/**
 * Writes a file so that readers, and a crash at any instant, see the old content or the new one:
 * temporary file in the same folder, fsync, rename, fsync of the folder. Makes the folder.
 *
 * @param mode permission bits of the new file, 0o644 unless told; 0o600 also makes the folder 0700.
 * @throws LlameroError DISK_FULL, DISK_NOT_WRITABLE
 */
export async function writeFileAtomic(
  filePath: string,
  content: string,
  mode = 0o644,
): Promise<void> {
  await onDisk(filePath, async () => {
    const folder = path.dirname(filePath);
    await makeFolder(folder, mode === 0o600 ? 0o700 : 0o755);
    const temporary = `${filePath}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const handle = await open(temporary, 'wx', mode);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await renameOver(temporary, filePath);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
  });
}

const RENAME_ATTEMPTS = 10;

/**
 * Renames a file over another. On Windows a virus scanner or an indexer may hold the target for a
 * moment (EPERM, EACCES, EBUSY), so it is tried for about two seconds there.
 */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const held = ['EPERM', 'EACCES', 'EBUSY'].includes(systemErrorCode(error) ?? '');
      if (process.platform !== 'win32' || !held || attempt === RENAME_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 40 * attempt));
    }
  }
}

/** Makes a rename in a folder survive a power cut. Windows cannot open folders and needs no such call. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse to sync a folder; the rename itself has happened.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR'].includes(systemErrorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * The text of a small file, or undefined when there is none. Read in one go: to load what reads with
 * promises takes longer than that.
 */
export async function readTextIfExists(filePath: string): Promise<string | undefined> {
  try {
    return readFileSync(filePath, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** The size of a file in bytes, or undefined when there is none. */
export async function sizeIfExists(filePath: string): Promise<number | undefined> {
  try {
    return (await stat(filePath)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Bytes that an ordinary user may still write on the file system that holds (or will hold) a path. */
export function freeSpace(target: string): number {
  for (let place = path.resolve(target); ; place = path.dirname(place)) {
    try {
      const figures = statfsSync(place);
      return figures.bavail * figures.bsize;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT' || place === path.dirname(place)) throw error;
    }
  }
}

/**
 * Checks that a number of bytes fits beside a reserve that is to stay free.
 *
 * @throws LlameroError DISK_FULL with what is needed and what is there
 */
export function requireSpace(target: string, neededBytes: number, reserveBytes: number): void {
  if (neededBytes <= 0) return;
  const free = freeSpace(target);
  if (free - reserveBytes >= neededBytes) return;
  const ways = [
    `Free some space on the disk of ${target} (\`llamero list\` shows the models, \`llamero rm <ref>\` removes one) or choose a smaller quant`,
    ...(reserveBytes > 0
      ? ['The reserve can be lowered: `llamero config set pull.reserve 0`']
      : []),
  ];
  throw new LlameroError(
    'DISK_FULL',
    `Not enough disk space: ${formatDiskSize(neededBytes)} to write, ${formatDiskSize(free)} free, ${formatDiskSize(reserveBytes)} kept in reserve`,
    { hint: ways.join('\n') },
  );
}
