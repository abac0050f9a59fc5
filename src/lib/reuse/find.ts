import { realpath } from 'node:fs/promises';
import path from 'node:path';

import { throwIfAborted } from '../errors.ts';
import { deviceOf, type FileStamp, stampOf } from '../file-stamp.ts';
import { formatDiskSize } from '../format.ts';
import type { HashMemory } from './hash-memory.ts';
import { type Layout, LAYOUTS } from './layouts.ts';
import type { Place } from './places.ts';
import { createReader, type Skipped } from './reader.ts';
import { isSha256, type WantedFile } from './wanted.ts';

export type { WantedFile } from './wanted.ts';

/** A file with the wanted content. */
export interface FoundCopy {
  /** Absolute, and no link. */
  readonly path: string;
  /** The name of the place: `Ollama`. */
  readonly place: string;
  /** The file as it was when its content was verified. */
  readonly stamp: FileStamp;
}

/** How a search goes on. */
export interface FindOptions {
  readonly signal: AbortSignal;
  /** Called while a candidate is read to find out its digest. Both counts are bytes. */
  readonly onHash?: (checked: number, size: number) => void;
}

/** Looks for files on this machine. */
export interface Finder {
  /**
   * A file of the wanted content. Its digest was computed, now or earlier: neither a name nor a
   * record is believed. What cannot be read is passed over.
   *
   * @throws LlameroError DISK_FULL, DISK_NOT_WRITABLE where a digest cannot be noted, or what the
   *   signal was aborted with
   */
  find(wanted: WantedFile, options: FindOptions): Promise<FoundCopy | undefined>;
}

/** What a finder works with. */
export interface FinderOptions {
  /** The folders of other tools. */
  readonly places: readonly Place[];
  /** Our own models folder, which is looked through first. */
  readonly models: string;
  readonly hashes: HashMemory;
  /** Told of what is there but was not used, and why; for whoever wants to know what went on. */
  readonly onSkip?: (skipped: Skipped) => void;
}

/** A file of the right size that may be the wanted one. */
interface Candidate {
  readonly path: string;
  readonly place: Place;
  readonly stamp: FileStamp;
}

/** Makes a finder. Nothing is read before the first search, and nothing is kept between two. */
export function createFinder(options: FinderOptions): Finder {
  const { hashes, models } = options;
  const onSkip = options.onSkip ?? (() => undefined);
  const reader = createReader(onSkip);
  const places: readonly Place[] = [
    { name: 'llamero', layout: 'llamero', folder: models },
    ...options.places,
  ];

  async function find(wanted: WantedFile, how: FindOptions): Promise<FoundCopy | undefined> {
    if (!isSha256(wanted.sha256)) return undefined;
    const located = await Promise.all(
      places.map(async (place) => ({ ...place, folder: await folderOf(place) })),
    );
    const roots = await realFolders(located);
    for (const by of ['byDigest', 'byName'] as const) {
      for (const candidate of await candidates(located, by, wanted)) {
        throwIfAborted(how.signal);
        const copy = await verify(candidate, wanted, roots, how);
        if (copy !== undefined) return copy;
      }
    }
    return undefined;
  }

  /** Where a place's files are: where its pointer leads, if there is one, else its folder. */
  async function folderOf({ folder, pointer }: Place): Promise<string> {
    if (pointer === undefined) return folder;
    const home = (await reader.text(pointer))?.trim();
    return home !== undefined && path.isAbsolute(home) && !home.includes('\0')
      ? path.join(home, 'models')
      : folder;
  }

  async function realFolders(located: readonly Place[]): Promise<readonly string[]> {
    const real = await Promise.all(
      located.map(({ folder }) => reader.attempt(folder, () => realpath(folder))),
    );
    return real.filter((each) => each !== undefined);
  }

  /** The files of the wanted size, those first that can be linked to. */
  async function candidates(
    located: readonly Place[],
    by: keyof Layout,
    wanted: WantedFile,
  ): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    for (const place of located) {
      const paths = await LAYOUTS[place.layout][by](place.folder, wanted, reader);
      const stamps = await Promise.all(
        paths.map((each) => reader.attempt(each, () => stampOf(each))),
      );
      for (const [index, each] of paths.entries()) {
        const stamp = stamps[index];
        if (stamp === undefined) continue;
        if (stamp.size === wanted.size) found.push({ path: each, place, stamp });
        else onSkip({ path: each, reason: `it has ${formatDiskSize(stamp.size)}` });
      }
    }
    if (found.length < 2) return found;
    const device = await deviceOf(models);
    const isHere = ({ stamp }: Candidate): number => (stamp.device === device ? 0 : 1);
    return found.toSorted((one, other) => isHere(one) - isHere(other));
  }

  async function verify(
    candidate: Candidate,
    wanted: WantedFile,
    roots: readonly string[],
    { signal, onHash }: FindOptions,
  ): Promise<FoundCopy | undefined> {
    const skip = (reason: string): undefined => {
      onSkip({ path: candidate.path, reason });
    };
    return reader.attempt(candidate.path, async () => {
      const file = await realpath(candidate.path);
      // Folders may be linked to wherever their owner has room. A link in the place of a file must
      // lead to a file of these tools: any other may be edited where it lies.
      const allowed = [await realpath(path.dirname(candidate.path)), ...roots];
      if (!allowed.some((folder) => isInside(folder, file))) {
        return skip('it is a link to a file elsewhere');
      }
      const hashed = await hashes.digest(file, { signal, onHash });
      if (hashed === undefined) return skip('it was written to while it was read');
      if (hashed.sha256 !== wanted.sha256) return skip('its content is another');
      return { path: file, place: candidate.place.name, stamp: hashed.stamp };
    });
  }

  return { find };
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !/^\.\.(?:$|[/\\])/u.test(relative) && !path.isAbsolute(relative);
}
