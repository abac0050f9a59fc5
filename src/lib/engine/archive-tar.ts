import { createReadStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';

import { extract, Parser, type ReadEntry } from 'tar';

import { LlameroError, throwIfAborted } from '../errors.ts';
import { onDisk } from '../files.ts';
import { oneLine } from '../plain-text.ts';
import type { EntryGate } from './archive-entries.ts';

/** tar's words for kinds of entries; the rest is refused under its own name. */
const KINDS: Readonly<Record<string, string>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  SymbolicLink: 'symbolic link',
  Link: 'hard link',
  CharacterDevice: 'device',
  BlockDevice: 'device',
  FIFO: 'fifo',
};

interface Link {
  readonly path: string;
  readonly target: string;
}

/**
 * Unpacks a `.tar.gz` into a folder that is empty. The whole of it is judged first: only when every
 * entry has been admitted is the first byte written.
 *
 * @throws LlameroError ARCHIVE_REFUSED; FILE_DAMAGED when it is no such archive; DISK_FULL
 */
export async function extractTar(
  file: string,
  folder: string,
  gate: EntryGate,
  signal: AbortSignal,
): Promise<void> {
  const links = await judge(file, gate, signal);
  throwIfAborted(signal);
  await onDisk(folder, async () => {
    try {
      await extract({
        file,
        cwd: folder,
        strict: true,
        preserveOwner: false,
        filter: (_, entry) => {
          if (!('type' in entry) || signal.aborted) return false;
          entry.mode = plainMode(entry);
          return entry.type !== 'SymbolicLink';
        },
      });
    } catch (error) {
      throw isAboutTar(error) ? damaged(file, error) : error;
    }
    // Last, so that nothing can be written through one; and not by the library, which refuses a
    // link to a link (`.so` → `.so.0` → `.so.0.7.0`) when the second one comes first.
    for (const link of links) {
      const place = path.join(folder, link.path);
      await mkdir(path.dirname(place), { recursive: true });
      await symlink(link.target, place);
    }
  });
  throwIfAborted(signal);
}

/** Readable by all, run by all where it was meant to be run: no setuid, nothing locked away. */
function plainMode({ mode = 0o644, type }: ReadEntry): number {
  return type === 'Directory' || (mode & 0o111) !== 0 ? 0o755 : 0o644;
}

/** Reads the whole archive and has every entry judged; answers its symbolic links. */
async function judge(file: string, gate: EntryGate, signal: AbortSignal): Promise<Link[]> {
  const links: Link[] = [];
  let failure: Error | undefined;
  let isWhole = false;
  let entries = 0;
  const refuse = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };
  const parser = new Parser({
    strict: true,
    filter: (_, entry) => {
      if (failure !== undefined || !('type' in entry)) return false;
      entries += 1;
      try {
        gate.admit({
          path: entry.path,
          kind: KINDS[entry.type] ?? entry.type,
          size: entry.size,
          target: entry.linkpath,
        });
        const { linkpath: target, type } = entry;
        if (type === 'SymbolicLink' && target !== undefined) {
          links.push({ path: entry.path, target });
        }
      } catch (error) {
        refuse(error);
      }
      return failure === undefined;
    },
  });
  parser.on('entry', (entry: ReadEntry) => {
    entry.resume();
  });
  parser.on('ignoredEntry', ({ type }: ReadEntry) => {
    refuse(damaged(file, new Error(`it holds an entry of the kind ${type}`)));
  });
  parser.on('eof', () => {
    isWhole = true;
  });
  parser.on('error', (error: Error) => {
    refuse(damaged(file, error));
  });
  // Read piece by piece, so that an archive that declares a mountain is left at its foot.
  for await (const chunk of createReadStream(file, { signal })) {
    parser.write(chunk as Buffer);
    if (failure !== undefined || isWhole) break;
  }
  if (failure !== undefined) throw failure;
  if (!isWhole || entries === 0) throw damaged(file, new Error('it ends too early'));
  return links;
}

function isAboutTar(error: unknown): boolean {
  return error instanceof Error && 'tarCode' in error && !('syscall' in error);
}

/** The error of an archive that is none. */
export function damaged(file: string, cause: unknown): LlameroError {
  const reason = cause instanceof Error ? oneLine(cause.message) : 'unknown reason';
  return new LlameroError(
    'FILE_DAMAGED',
    `${path.basename(file)} cannot be unpacked: it is damaged or no archive (${reason})`,
    { hint: 'Run `llamero update` again: it is fetched anew', cause },
  );
}
