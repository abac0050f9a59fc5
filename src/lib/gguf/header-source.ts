import { open } from 'node:fs/promises';

import { LlameroError, systemErrorCode } from '../errors.ts';

/** Bytes that can be read from any place: a file, or a URL that answers to ranges. */
export interface ByteSource {
  /** What it is called in messages: a path, a URL without its query. */
  readonly name: string;
  /** What can be done where it is damaged, if anything. */
  readonly remedy?: string;
  /** Bytes in all; undefined where that is not known. */
  readonly size: number | undefined;
  /** @returns the bytes from `start`, as many as were asked for; fewer only at the end */
  read(start: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens a file as a source of bytes for a piece of work, and closes it after that.
 *
 * @throws LlameroError FILE_NOT_FOUND, and what the work throws
 */
export async function withFileSource<T>(
  file: string,
  work: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new LlameroError('FILE_NOT_FOUND', `${file} is not there`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    return await work({
      name: file,
      remedy: 'Check what is stored with `llamero verify`',
      size,
      read: async (start, length) => {
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
    });
  } finally {
    await handle.close();
  }
}
