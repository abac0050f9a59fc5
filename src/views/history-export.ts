import { stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, systemErrorCode } from '../lib/errors.ts';
import { onDisk, writeFileAtomic } from '../lib/files.ts';

/**
 * Makes sure that an export replaces nothing.
 *
 * @throws LlameroError FILE_EXISTS
 */
export async function requireFreePlace(file: string): Promise<void> {
  const existing = await onDisk(file, () => look(file));
  if (existing === undefined) return;
  throw new LlameroError('FILE_EXISTS', `${file} is there already`, {
    hint: existing.isDirectory()
      ? `Name a file in it: \`-o ${path.join(file, 'conversation.md')}\``
      : 'Name another file, or replace it with --force',
  });
}

/**
 * Writes what was said into a file that its owner alone may read.
 *
 * @throws LlameroError USAGE when the path cannot be one of a file, DISK_FULL, DISK_NOT_WRITABLE
 */
export async function writeExport(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text, 0o600);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'EISDIR' && code !== 'ENOTDIR' && code !== 'EEXIST') throw error;
    throw new LlameroError('USAGE', `${file} is not the path of a file`, { cause: error });
  }
}

async function look(file: string): Promise<{ isDirectory(): boolean } | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    const code = systemErrorCode(error);
    // What is no folder on the way to the file is told when the file is written.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
