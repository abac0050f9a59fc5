import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError, abortError } from '../errors.ts';
import { syncFolder } from '../files.ts';
import { ARCHIVE_LIMITS, EntryGate } from './archive-entries.ts';

/** How an archive is unpacked. */
export interface ExtractOptions {
  /** `.tar.gz` or `.zip`. */
  readonly file: string;
  /** The name of the archive for people; its file's own unless told. */
  readonly name?: string;
  /** Where to; it must be there and empty. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly limits?: typeof ARCHIVE_LIMITS;
}

/**
 * Unpacks an archive of a release, links and the right to be run kept, and makes it last on the
 * disk. Nothing is written outside the folder, and nothing at all when any entry is refused.
 *
 * @throws LlameroError ARCHIVE_REFUSED for an archive that would harm, FILE_DAMAGED for one that is
 *   broken, DISK_FULL, DISK_NOT_WRITABLE
 */
export async function extractArchive(options: ExtractOptions): Promise<void> {
  const { file, folder, limits = ARCHIVE_LIMITS, name = path.basename(file), signal } = options;
  const gate = new EntryGate(name, (await stat(file)).size, limits);
  try {
    if (name.endsWith('.zip')) {
      const { extractZip } = await import('./archive-zip.ts');
      await extractZip(file, folder, gate, signal);
    } else {
      const { extractTar } = await import('./archive-tar.ts');
      await extractTar(file, folder, gate, signal);
    }
  } catch (error) {
    if (signal.aborted && !(error instanceof LlameroError)) throw abortError(signal);
    throw error;
  }
  await syncTree(folder);
}

/** Makes all files of a folder survive a power cut: the rename that follows must not outlast them. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const place = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await syncFolder(place);
    if (!entry.isFile()) continue;
    // Windows flushes only what was opened for writing.
    const handle = await open(place, process.platform === 'win32' ? 'r+' : 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await syncFolder(folder);
}
