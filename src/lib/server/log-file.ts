import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { onDisk, renameOver, sizeIfExists } from '../files.ts';

/** The end of a log that is looked through for a reason. */
const TAIL_BYTES = 512 * 1024;

/**
 * Opens a fresh log for a server that is about to start. The one before it is kept beside it with
 * `.1` at its end, so that the reason of a crash is not lost by the next start.
 */
export async function openLog(file: string): Promise<FileHandle> {
  return onDisk(file, async () => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    if (((await sizeIfExists(file)) ?? 0) > 0) await renameOver(file, `${file}.1`);
    return open(file, 'a', 0o600);
  });
}

/** The last half a mebibyte of a log; empty when there is none. */
export async function readLogTail(file: string): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
