import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, copyFile, type FileHandle, link, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode, throwIfAborted } from '../errors.ts';
import { deviceOf, type FileStamp, sameStamp, stampOf } from '../file-stamp.ts';
import { makeFolder, onDisk, renameOver, syncFolder } from '../files.ts';
import { oneLine } from '../plain-text.ts';
import { ADOPTING_SUFFIX } from '../store/layout.ts';
import type { FoundCopy, WantedFile } from './find.ts';

/** How a file came into the store: sharing its bytes with the other tool, or with bytes of its own. */
export type AdoptedBy = 'hard link' | 'reflink' | 'copy';

/** How a file is taken over. */
export interface AdoptOptions {
  readonly signal: AbortSignal;
  /** Called while bytes are copied, not when a link does it. Both counts are bytes. */
  readonly onCopy?: (bytes: number, size: number) => void;
}

const COPY_SIZE = 4 * 1024 * 1024;

/**
 * What a file system says that cannot link (or clone) here: another device, no such feature, too
 * many links, or, with EPERM or EACCES, a file of somebody else. Windows says EISDIR for «invalid
 * function». A folder that may not be written to shows again when the copy is made.
 */
const CANNOT_LINK = [
  'EPERM',
  'EXDEV',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'ENOTTY',
  'EISDIR',
  'EACCES',
];

/**
 * Puts a file that was found under its name in the store: by a hard link, else by a clone that
 * shares blocks (reflink), else by a copy, whose bytes are hashed as they are written. The name
 * appears when the file is whole and on the disk. The caller holds the lock of the target.
 *
 * A hard link is safe although both tools then own one content: everything llamero writes goes to
 * a temporary file that is renamed, never into a file that is there, and so do the tools that name
 * files by their content. When one of them removes or prunes its file, ours stays.
 *
 * @throws LlameroError HASH_MISMATCH when the file is no longer what was found (fetch it then);
 *   DISK_FULL, DISK_NOT_WRITABLE; or what the signal was aborted with. Nothing is left of it
 */
export async function adopt(
  copy: FoundCopy,
  target: string,
  wanted: WantedFile,
  options: AdoptOptions,
): Promise<AdoptedBy> {
  const temporary = target + ADOPTING_SUFFIX;
  return onDisk(target, async () => {
    await makeFolder(path.dirname(target));
    try {
      // What a killed process left, under the same name.
      await rm(temporary, { force: true });
      const by = await bring(copy, temporary, wanted, options);
      throwIfAborted(options.signal);
      await renameOver(temporary, target);
      await syncFolder(path.dirname(target));
      return by;
    } finally {
      // Also after success: renaming one link over another of the same file leaves both.
      await rm(temporary, { force: true });
    }
  });
}

async function bring(
  copy: FoundCopy,
  temporary: string,
  wanted: WantedFile,
  options: AdoptOptions,
): Promise<AdoptedBy> {
  throwIfAborted(options.signal);
  try {
    // Before 40 GB are copied that turn out to be something else.
    await requireUnchanged(copy, copy.path);
    if (await isPossible(() => link(copy.path, temporary))) {
      await requireUnchanged(copy, temporary);
      await syncFile(temporary);
      return 'hard link';
    }
    const clone = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;
    if (await isPossible(() => copyFile(copy.path, temporary, clone))) {
      await chmod(temporary, 0o644);
      await requireUnchanged(copy, copy.path);
      await syncFile(temporary);
      return 'reflink';
    }
    await copyBytes(copy, temporary, wanted, options);
    return 'copy';
  } catch (error) {
    // It may have gone since the first look.
    if (systemErrorCode(error) === 'ENOENT') await requireUnchanged(copy, copy.path);
    throw error;
  }
}

async function isPossible(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (CANNOT_LINK.includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Checks that a path leads to the very file that was found, as it was found. */
async function requireUnchanged(copy: FoundCopy, file: string): Promise<void> {
  let stamp: FileStamp | undefined;
  try {
    stamp = await stampOf(file, 'refuse');
  } catch (error) {
    throw noLonger(copy, error);
  }
  if (stamp === undefined || !sameStamp(stamp, copy.stamp)) throw noLonger(copy);
}

function noLonger(copy: FoundCopy, cause?: unknown): LlameroError {
  return new LlameroError(
    'HASH_MISMATCH',
    `${oneLine(copy.path)} is no longer the file that was found there`,
    { hint: 'Pull again with --no-reuse to download the file', cause },
  );
}

async function copyBytes(
  copy: FoundCopy,
  temporary: string,
  wanted: WantedFile,
  { signal, onCopy }: AdoptOptions,
): Promise<void> {
  const source = await openSource(copy);
  try {
    const target = await open(temporary, 'wx', 0o644);
    try {
      const sha256 = createHash('sha256');
      const buffer = Buffer.allocUnsafe(COPY_SIZE);
      for (let position = 0; ;) {
        throwIfAborted(signal);
        const { bytesRead } = await source.read(buffer, 0, COPY_SIZE, position);
        if (bytesRead === 0) break;
        const part = buffer.subarray(0, bytesRead);
        sha256.update(part);
        await writeWhole(target, part);
        position += bytesRead;
        onCopy?.(position, wanted.size);
      }
      if (sha256.digest('hex') !== wanted.sha256) throw noLonger(copy);
      await target.chmod(0o644);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Opens what is copied. A refusal is about that file, not about the place the copy goes to. */
async function openSource(copy: FoundCopy): Promise<FileHandle> {
  try {
    return await open(copy.path, 'r');
  } catch (error) {
    throw noLonger(copy, error);
  }
}

/** Writes all of a part where the last one ended; a single write may take less than it is given. */
async function writeWhole(target: FileHandle, part: Buffer): Promise<void> {
  for (let written = 0; written < part.length;) {
    const { bytesWritten } = await target.write(part, written, part.length - written);
    written += bytesWritten;
  }
}

/** Makes content survive a power cut that the other tool may only have handed to the system. */
async function syncFile(file: string): Promise<void> {
  // Windows flushes only what is open for writing, and a link to a read-only file cannot be.
  if (process.platform === 'win32') return;
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Whether a file can in all likelihood be taken over by a hard link, which takes no space: it is
 * on the file system of the folder (which need not exist), and Linux lets us link to it.
 * https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-hardlinks
 */
export async function canLink(copyPath: string, targetFolder: string): Promise<boolean> {
  const { dev, uid } = await stat(copyPath, { bigint: true });
  if (String(dev) !== (await deviceOf(targetFolder))) return false;
  const user = process.geteuid?.();
  if (process.platform !== 'linux' || user === undefined || uid === BigInt(user)) return true;
  try {
    await access(copyPath, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
