import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';

import { systemErrorCode } from './errors.ts';

/**
 * What tells that a file is still the one that was read. The time of the last change of the inode
 * is no part of it: making a hard link changes that time and nothing else.
 */
export interface FileStamp {
  /** Bytes. */
  readonly size: number;
  /** Time of the last change of the content, in milliseconds since 1970, with a fraction. */
  readonly mtimeMs: number;
  /** Decimal: on Windows a number of this size does not fit in a double. */
  readonly inode: string;
  readonly device: string;
}

/**
 * The stamp of a regular file, or undefined when the path is that of anything else.
 *
 * @param links whether a symbolic link stands for the file it leads to
 * @throws what the file system says
 */
export async function stampOf(
  file: string,
  links: 'follow' | 'refuse' = 'follow',
): Promise<FileStamp | undefined> {
  const look = links === 'follow' ? stat : lstat;
  const figures = await look(file, { bigint: true });
  if (!figures.isFile()) return undefined;
  return {
    size: Number(figures.size),
    mtimeMs: Number(figures.mtimeNs) / 1e6,
    inode: String(figures.ino),
    device: String(figures.dev),
  };
}

/** Whether nothing has happened to a file's content between two looks. */
export function sameStamp(one: FileStamp, other: FileStamp): boolean {
  return (
    one.size === other.size &&
    one.mtimeMs === other.mtimeMs &&
    one.inode === other.inode &&
    one.device === other.device
  );
}

/** The file system that holds, or will hold, a folder which need not exist yet. */
export async function deviceOf(folder: string): Promise<string> {
  for (let place = path.resolve(folder); ; place = path.dirname(place)) {
    try {
      return String((await stat(place, { bigint: true })).dev);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT' || place === path.dirname(place)) throw error;
    }
  }
}
