import { lstat } from 'node:fs/promises';
import path from 'node:path';

import { systemErrorCode } from './errors.ts';
import { namesIn, TEMPORARY_SUFFIX } from './files.ts';

/** A file that was being written when its process ended. */
export interface LeftFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Nobody writes at one for that long: what is older has been left. */
const LEFT_AFTER_MS = 60 * 60 * 1000;

/**
 * Finds the files that writes which were cut off left behind, see `writeFileAtomic`.
 *
 * @param folders where to look; those of them that do not exist hold none
 * @param now milliseconds since 1970
 */
export async function findLeftFiles(
  folders: readonly string[],
  now = Date.now(),
): Promise<LeftFile[]> {
  const found: LeftFile[] = [];
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      if (!TEMPORARY_SUFFIX.test(name)) continue;
      const file = path.join(folder, name);
      const figures = await lstat(file).catch(passIfGone);
      if (figures?.isFile() !== true || now - figures.mtimeMs < LEFT_AFTER_MS) continue;
      found.push({ path: file, size: figures.size });
    }
  }
  return found;
}

/** Whoever wrote it has finished since the folder was read. */
function passIfGone(error: unknown): undefined {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
