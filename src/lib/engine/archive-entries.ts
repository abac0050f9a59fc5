import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { formatDiskSize } from '../format.ts';
import { oneLine } from '../plain-text.ts';

/** What an entry of an archive is. Everything else an archive can hold is refused. */
export type EntryKind = 'file' | 'folder' | 'symbolic link' | 'hard link';

/** One entry, as the archive declares it. */
export interface ArchiveEntry {
  /** With `/` between the steps; a folder's may end in one. */
  readonly path: string;
  /** A word that is no {@link EntryKind} names what is refused: `device`, `fifo`. */
  readonly kind: string;
  /** Bytes that the entry unpacks to. */
  readonly size: number;
  /** Where a link points to, as it is written. */
  readonly target?: string | undefined;
}

/** What an archive may unpack to. Sizes in bytes. */
export interface ArchiveLimits {
  readonly entries: number;
  readonly fileSize: number;
  readonly totalSize: number;
  /** How many times its own size an archive of some size may unpack to. */
  readonly ratio: number;
}

/**
 * Far above every llama.cpp release (the largest file, cuBLASLt, is near 0.8 GB; a release unpacks
 * to three or four times its size), far below what hurts.
 */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 20_000,
  fileSize: 2 * 1024 ** 3,
  totalSize: 6 * 1024 ** 3,
  ratio: 200,
};

/** Below this an archive may be as compressible as it likes: an empty page of text is. */
const HARMLESS_SIZE = 100 * 1024 ** 2;

/**
 * Judges the entries of one archive in turn, before anything of it is written. An archive whose
 * entries were all admitted can be unpacked into an empty folder without touching anything outside:
 * no path leaves the folder, none leads through a link, no link points out, and nothing is written
 * twice, on file systems that tell upper from lower case and on those that do not.
 */
export class EntryGate {
  readonly #archive: string;
  readonly #archiveSize: number;
  readonly #limits: ArchiveLimits;
  /** What was admitted, by its path without regard to case. */
  readonly #known = new Map<string, { readonly path: string; readonly kind: EntryKind }>();
  #entries = 0;
  #total = 0;

  /**
   * @param archive its name, for the error
   * @param archiveSize bytes
   */
  constructor(archive: string, archiveSize: number, limits = ARCHIVE_LIMITS) {
    this.#archive = archive;
    this.#archiveSize = archiveSize;
    this.#limits = limits;
  }

  /** @throws LlameroError ARCHIVE_REFUSED with the entry and what is wrong with it */
  admit(entry: ArchiveEntry): void {
    const problem =
      this.#countProblem(entry) ?? pathProblem(entry.path) ?? this.#placeProblem(entry);
    if (problem !== undefined) throw this.refusal(entry.path, problem);
  }

  #countProblem({ size }: ArchiveEntry): string | undefined {
    const { entries, fileSize, ratio, totalSize } = this.#limits;
    this.#entries += 1;
    this.#total += size;
    if (this.#entries > entries) return `the archive has more than ${entries} entries`;
    if (!Number.isSafeInteger(size) || size < 0) return 'its size is no number';
    if (size > fileSize) return `it unpacks to ${formatDiskSize(size)}`;
    if (this.#total > totalSize) return `the archive unpacks to ${formatDiskSize(this.#total)}`;
    if (this.#total > HARMLESS_SIZE && this.#total > ratio * this.#archiveSize) {
      return `the archive unpacks to more than ${ratio} times its size`;
    }
    return undefined;
  }

  #placeProblem(entry: ArchiveEntry): string | undefined {
    const { kind } = entry;
    const clean = cleanPath(entry.path);
    if (!isKind(kind)) return `it is a ${kind}`;
    if (clean === '') return kind === 'folder' ? undefined : 'it stands in place of the folder';
    const steps = clean.split('/');
    for (let depth = 1; depth < steps.length; depth += 1) {
      const problem = this.#enter(steps.slice(0, depth).join('/'), 'folder');
      if (problem !== undefined) return problem;
    }
    return this.#linkProblem(entry, kind, clean) ?? this.#enter(clean, kind);
  }

  #enter(clean: string, kind: EntryKind): string | undefined {
    const key = clean.normalize('NFC').toLowerCase();
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { path: clean, kind });
      return undefined;
    }
    if (known.path !== clean) return `its name differs from ${known.path} in case alone`;
    if (kind === 'folder' && known.kind === 'folder') return undefined;
    return known.kind === 'folder' || known.kind === 'file'
      ? 'the archive has it twice'
      : `it leads through the link ${known.path}`;
  }

  #linkProblem({ target }: ArchiveEntry, kind: EntryKind, clean: string): string | undefined {
    if (kind === 'file' || kind === 'folder') return undefined;
    if (target === undefined || target === '') return 'it is a link to nowhere';
    if (kind === 'symbolic link') return symbolicLinkProblem(clean, target);
    const original = this.#known.get(cleanPath(target).normalize('NFC').toLowerCase());
    const isOurs = original?.kind === 'file' && original.path === cleanPath(target);
    return isOurs ? undefined : 'it is a hard link to something that is no file of the archive';
  }

  /** The error of an archive with a bad entry. */
  refusal(entryPath: string, problem: string): LlameroError {
    return new LlameroError(
      'ARCHIVE_REFUSED',
      `${oneLine(this.#archive)} is refused: ${oneLine(entryPath).slice(0, 200)}: ${oneLine(problem)}`,
      {
        hint: 'Nothing of it was kept. Where the archive comes from is not to be trusted; `llamero update --version <build>` takes another release',
      },
    );
  }
}

function isKind(kind: string): kind is EntryKind {
  return ['file', 'folder', 'symbolic link', 'hard link'].includes(kind);
}

/** Without `./` at the beginning and `/` at the end, as tar writes them. */
function cleanPath(entryPath: string): string {
  return entryPath
    .split('/')
    .filter((step) => step !== '' && step !== '.')
    .join('/');
}

/** Names that mean something to Windows and nothing to tar: `C:`, `CON`, `name.`. */
const WINDOWS_NAME = /[\\:<>"|?*]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;
const CONTROL = /[\u0000-\u001F\u007F]/u;

function pathProblem(entryPath: string): string | undefined {
  if (entryPath === '') return 'it has no name';
  if (path.posix.isAbsolute(entryPath) || path.win32.isAbsolute(entryPath)) {
    return 'its path is absolute';
  }
  if (CONTROL.test(entryPath)) return 'its name has a control character';
  const steps = entryPath.split('/').filter((step) => step !== '.');
  if (steps.includes('..')) return 'it leaves the folder';
  if (steps.some((step) => WINDOWS_NAME.test(step))) return 'its name is not portable';
  return undefined;
}

/**
 * A target may climb at its beginning and then descend: from the link's own folder, which no link
 * leads to, that is exact. `name/..` is refused, as `name` may be a link itself.
 */
function symbolicLinkProblem(clean: string, target: string): string | undefined {
  const depth = clean.split('/').length - 1;
  const descent = target.replace(/^(?:\.{1,2}(?:\/+|$))+/u, '');
  const climb = target.slice(0, target.length - descent.length);
  const up = climb.split('/').filter((step) => step === '..').length;
  if (up > depth) return `it is a link out of the folder, to ${target}`;
  const problem = descent === '' ? undefined : pathProblem(descent);
  return problem === undefined ? undefined : `it is a link to ${target}: ${problem}`;
}
