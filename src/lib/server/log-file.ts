import { copyFile, type FileHandle, mkdir, open, stat, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { onDisk, renameOver, sizeIfExists } from '../files.ts';
import { withLock } from '../lock.ts';
import { HEADER } from './log-story.ts';

/** The end of a log that is looked through for a reason. */
const TAIL_BYTES = 512 * 1024;
/** A log that has grown beyond this is set aside; two are kept, so all take 24 MiB at most or so. */
const ROTATE_BYTES = 8 * 1024 * 1024;

/** The files of a log, the oldest first. */
export function logFiles(file: string): readonly string[] {
  return [`${file}.2`, `${file}.1`, file];
}

/**
 * Opens a fresh log for a server that is about to start. The ones before it are kept beside it with
 * `.1` and `.2` at their end, so that the reason of a crash is not lost by the next start.
 *
 * @param title what is about to start; the log begins with it and the time
 */
export async function openLog(file: string, title: string, now = new Date()): Promise<FileHandle> {
  return onDisk(file, async () => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    if (((await sizeIfExists(file)) ?? 0) > 0) {
      await makeWay(file);
      await renameOver(file, `${file}.1`);
    }
    const log = await open(file, 'a', 0o600);
    await log.write(`${HEADER}${title} at ${now.toISOString()}\n`);
    return log;
  });
}

/**
 * Sets the log of a running server aside when it has grown large. The server holds the file open
 * and cannot be told to open another one, and nothing of ours stays resident; so whoever looks at
 * the server copies the log and cuts it to nothing, which a file that is only appended to takes
 * well. What the server writes in the moment between is lost, a few lines at most.
 *
 * @param limitBytes the size from which on it is done
 */
export async function rotateLog(file: string, limitBytes = ROTATE_BYTES): Promise<boolean> {
  if (((await sizeIfExists(file)) ?? 0) <= limitBytes) return false;
  try {
    return await withLock(`${file}.lock`, { purpose: 'rotating the log', waitSeconds: 0 }, () =>
      onDisk(file, async () => {
        const { atime, mtime, size } = await stat(file);
        if (size <= limitBytes) return false;
        await makeWay(file);
        await copyFile(file, `${file}.1`);
        await truncate(file);
        // The time of the last line is read off the file.
        await utimes(`${file}.1`, atime, mtime);
        return true;
      }),
    );
  } catch (error) {
    // Another one does it at this moment; or the disk is full, and a log must not stop any work.
    const code = error instanceof LlameroError ? error.code : undefined;
    if (code === 'BUSY' || code === 'DISK_FULL' || code === 'DISK_NOT_WRITABLE') return false;
    throw error;
  }
}

async function makeWay(file: string): Promise<void> {
  if ((await sizeIfExists(`${file}.1`)) !== undefined) await renameOver(`${file}.1`, `${file}.2`);
}

/** The last half a mebibyte of a log; empty when there is none. One just rotated counts too. */
export async function readLogTail(file: string): Promise<string> {
  const now = await readEnd(file, TAIL_BYTES);
  if (now.length >= TAIL_BYTES || now.indexOf(HEADER) === 0) return now.toString('utf8');
  const before = await readEnd(`${file}.1`, TAIL_BYTES - now.length);
  return Buffer.concat([before, now]).toString('utf8');
}

async function readEnd(file: string, bytes: number): Promise<Buffer> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await handle.read(buffer, 0, size - start, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
