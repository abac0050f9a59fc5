import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { type Entry, openPromise, type ZipFile } from 'yauzl';

import { LlameroError, systemErrorCode, throwIfAborted } from '../errors.ts';
import { onDisk } from '../files.ts';
import type { EntryGate } from './archive-entries.ts';
import { damaged } from './archive-tar.ts';

/** The kind of a file in the upper half of `externalFileAttributes`, as in stat(2). */
const KIND_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const FOLDER = 0o040000;
const PLAIN_FILE = 0o100000;
/** The host system of the entry: https://pkwaredownloads.blob.core.windows.net/pkware-general/Documentation/APPNOTE-6.3.9.TXT 4.4.2.2 */
const MADE_ON_UNIX = 3;
const LONGEST_LINK = 4096;

interface ZipEntry {
  readonly entry: Entry;
  readonly kind: string;
  readonly target?: string;
}

/**
 * Unpacks a `.zip` into a folder that is empty. The whole of it is judged first: only when every
 * entry has been admitted is the first byte written.
 *
 * @throws LlameroError ARCHIVE_REFUSED; FILE_DAMAGED when it is no such archive; DISK_FULL
 */
export async function extractZip(
  file: string,
  folder: string,
  gate: EntryGate,
  signal: AbortSignal,
): Promise<void> {
  const zip = await openPromise(file, { autoClose: false }).catch((error: unknown) => {
    throw damaged(file, error);
  });
  try {
    const entries: ZipEntry[] = [];
    for await (const entry of zip.eachEntry()) {
      throwIfAborted(signal);
      const described = await describe(zip, entry);
      gate.admit({
        path: entry.fileName,
        kind: described.kind,
        size: entry.uncompressedSize,
        target: described.target,
      });
      entries.push(described);
    }
    await onDisk(folder, async () => {
      for (const entry of entries) await write(zip, entry, folder, signal);
    });
  } catch (error) {
    // What has no code of the system and is none of ours comes from the format.
    if (error instanceof LlameroError || systemErrorCode(error) !== undefined) throw error;
    throwIfAborted(signal);
    const path = badPath(error);
    throw path === undefined ? damaged(file, error) : gate.refusal(path, 'it leaves the folder');
  } finally {
    zip.close();
  }
}

/** The library judges paths before they get here; its messages are its interface. */
function badPath(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return /^(?:absolute path|invalid relative path|invalid characters in fileName): (.*)/su.exec(
    error.message,
  )?.[1];
}

async function describe(zip: ZipFile, entry: Entry): Promise<ZipEntry> {
  const mode = unixMode(entry);
  if (entry.isEncrypted()) return { entry, kind: 'file with a password' };
  if (entry.fileName.endsWith('/')) return { entry, kind: 'folder' };
  switch (mode & KIND_MASK) {
    case 0:
    case PLAIN_FILE:
      return { entry, kind: 'file' };
    case FOLDER:
      return { entry, kind: 'folder' };
    case SYMBOLIC_LINK: {
      if (entry.uncompressedSize > LONGEST_LINK) return { entry, kind: 'link without an end' };
      const target = (await buffer(await zip.openReadStreamPromise(entry))).toString('utf8');
      return { entry, kind: 'symbolic link', target };
    }
    default:
      return { entry, kind: 'device' };
  }
}

function unixMode({ externalFileAttributes, versionMadeBy }: Entry): number {
  return versionMadeBy >>> 8 === MADE_ON_UNIX ? externalFileAttributes >>> 16 : 0;
}

async function write(
  zip: ZipFile,
  { entry, kind, target }: ZipEntry,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const place = path.join(folder, entry.fileName);
  if (kind === 'folder') {
    await mkdir(place, { recursive: true });
    return;
  }
  await mkdir(path.dirname(place), { recursive: true });
  if (target !== undefined) {
    await symlink(target, place);
    return;
  }
  const mode = (unixMode(entry) & 0o111) === 0 ? 0o644 : 0o755;
  await pipeline(
    await zip.openReadStreamPromise(entry),
    // `wx` refuses whatever is there already, links too.
    createWriteStream(place, { flags: 'wx', mode }),
    { signal },
  );
}
