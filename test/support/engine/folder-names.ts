import { readdir } from 'node:fs/promises';

import { systemErrorCode } from '../../../src/lib/errors.ts';

/** The names in a folder, sorted; none when there is no such folder. */
export async function folderNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
