import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { isDiskFailure, readTextIfExists, writeFileAtomic } from '../files.ts';
import { sortNames } from '../name-order.ts';
import { look, readFolder } from './folder.ts';
import { METADATA_FILE } from './layout.ts';
import {
  type PackedRepo,
  type RepoTimes,
  type Stamp,
  isStamp,
  pack,
  unpack,
} from './packed-repo.ts';
import type { StoredModel } from './model.ts';
import type { Found, RepoContents } from './repo-models.ts';
import { trustedDevice } from './trusted-disk.ts';

/**
 * What the folders of repositories were found to hold, so that of a large store only those are read
 * that have changed. Every file is looked at all the same: its size and its time must be what they
 * were, or its repository is read again.
 */
export interface RepoMemory {
  /** Whether nothing is remembered. */
  readonly isEmpty: boolean;
  /** Opens the folder of a user, to be called once for each of them and in their order. */
  user(name: string, folder: string): UserMemory;
  /** Keeps what was found for the next process, where that is worth its while. */
  save(): Promise<void>;
}

/** What the folders of one user's repositories were found to hold. */
export interface UserMemory {
  /** The names of what lies in the user's folder now, in their order. */
  readonly names: readonly string[];
  /** What a repository holds, where nothing in its folder has changed. */
  recall(name: string, folder: string): RepoContents | undefined;
  /**
   * To be called before a folder is read. What it answers takes what was found there, and does nothing
   * where that cannot be remembered.
   */
  watch(name: string, folder: string): (found: FoundRepo) => void;
}

/** What was found in the folder of a repository. */
export interface FoundRepo {
  /** The folders of shards. */
  readonly folders: readonly string[];
  readonly files: readonly Found[];
  readonly models: readonly StoredModel[];
}

/** Where and how it is remembered. */
export interface RepoMemoryOptions {
  /** `run/repos.jsonl`; it may be lost or damaged at any time. */
  readonly file: string;
  /** The folder of the models. */
  readonly models: string;
  readonly platform: NodeJS.Platform;
  /** Called with a memory that cannot be read or written, and why. */
  readonly onSkip?: ((file: string, reason: string) => void) | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A line of the file: the folder of a user. Behind the line of its name, so that few need be read. */
interface UserLine {
  /** Of the folder, whose entries came or went last then; it is read where that is not known. */
  readonly at?: Stamp;
  /** All that lies in it, in its order; what it holds, see {@link PackedRepo}, where that is remembered. */
  readonly repos: readonly (readonly [name: string, repo?: unknown])[];
}

/** The first line of the file. */
const HEADER = JSON.stringify({ version: 2 });

/** Folders that have to be read anew before the memory is written: until then that takes longer. */
const WORTH_WRITING = 16;
/** See the hash memory: what was written to just now may change once more unseen. */
const SETTLED_MS = 2_000;

/** Opens the memory; none where it could not be trusted. */
export async function openRepoMemory(options: RepoMemoryOptions): Promise<RepoMemory | undefined> {
  const device = trustedDevice(options.models, options.platform);
  if (device === undefined) return undefined;
  const lines = readLines(await readMemory(options));
  const { now = Date.now } = options;
  const isSettled = (time: number): boolean => now() - time >= SETTLED_MS;
  const users: OpenUser[] = [];

  /** The times of a folder to be read, which its contents then have to fit. */
  function timesOf(folder: string): (folders: readonly string[]) => RepoTimes | undefined {
    const at = stampOf(folder);
    const record = stampOf(path.join(folder, METADATA_FILE));
    return (names) => {
      const folders: [string, Stamp][] = [];
      for (const name of names) {
        const stamp = stampOf(path.join(folder, name));
        if (typeof stamp !== 'object') return undefined;
        folders.push([name, stamp]);
      }
      if (typeof at !== 'object' || typeof record === 'string') return undefined;
      return {
        at,
        ...(record === undefined ? {} : { record }),
        ...(folders.length > 0 ? { folders } : {}),
      };
    };
  }

  /** Of what lies on another disk, or may not be looked at, nothing can be told later. */
  function stampOf(place: string): Stamp | 'unknown' | undefined {
    try {
      const figures = look(place);
      if (figures === undefined) return undefined;
      return figures.dev === device ? [figures.ctimeMs, figures.ino] : 'unknown';
    } catch (error) {
      // Reading it will tell what is wrong.
      if (systemErrorCode(error) === undefined) throw error;
      return 'unknown';
    }
  }

  return {
    isEmpty: lines.size === 0,
    user(name, folder) {
      const line = lines.get(JSON.stringify(name));
      const remembered = parseLine(line);
      const known = new Map(remembered.repos);
      const at = stampOf(folder);
      const isSame = typeof at === 'object' && isStamp(remembered.at, at);
      const names = isSame
        ? [...known.keys()]
        : sortNames(readFolder(folder).map((entry) => entry.name));
      const fresh = new Map<string, PackedRepo>();
      const settledAt = typeof at === 'object' && isSettled(at[0]) ? at : undefined;
      users.push({ name, line, at: settledAt, names, isSame, fresh });
      return {
        names,
        recall: (repo, place) =>
          unpack(known.get(repo), place, { device, repo: `${name}/${repo}` }),
        watch(repo, place) {
          const readTimes = timesOf(place);
          return ({ files, folders, models }) => {
            const read = readTimes(folders);
            if (read === undefined) return;
            const { at: own, folders: shards = [], record = own } = read;
            const stamps = [own, record, ...shards.map(([, stamp]) => stamp)];
            const times = [
              ...stamps.map(([time]) => time),
              ...files.map((file) => file.modifiedAt),
            ];
            if (!times.every(isSettled)) return;
            const packed = pack(read, files, models);
            if (packed !== undefined) fresh.set(repo, packed);
          };
        },
      };
    },
    async save() {
      const changes = users.reduce((sum, { fresh }) => sum + fresh.size, 0);
      if (changes < WORTH_WRITING) return;
      const text = [HEADER, ...users.flatMap((user) => [JSON.stringify(user.name), write(user)])];
      try {
        await writeFileAtomic(options.file, `${text.join('\n')}\n`, 0o600);
      } catch (error) {
        // Who may only read can look all the same.
        if (!isDiskFailure(error)) throw error;
        options.onSkip?.(options.file, error.message);
      }
    },
  };
}

/** A user whose folder was opened. */
interface OpenUser {
  readonly name: string;
  /** What was remembered; not what it tells, which for thousands takes room and time. */
  readonly line: string | undefined;
  readonly at: Stamp | undefined;
  readonly names: readonly string[];
  /** Whether the names are those that were remembered. */
  readonly isSame: boolean;
  readonly fresh: ReadonlyMap<string, PackedRepo>;
}

function write({ at, fresh, isSame, line, names }: OpenUser): string {
  if (line !== undefined && isSame && fresh.size === 0) return line;
  const known = new Map(parseLine(line).repos);
  const repos = names.map((name) => {
    const repo = fresh.get(name) ?? known.get(name);
    return repo === undefined ? ([name] as const) : ([name, repo] as const);
  });
  const user: UserLine = at === undefined ? { repos } : { at, repos };
  return JSON.stringify(user);
}

async function readMemory(options: RepoMemoryOptions): Promise<string | undefined> {
  try {
    return await readTextIfExists(options.file);
  } catch (error) {
    if (!isDiskFailure(error)) throw error;
    options.onSkip?.(options.file, error.message);
    return undefined;
  }
}

/** The lines of users by the lines of their names, none of them read yet. */
function readLines(text = ''): ReadonlyMap<string, string> {
  const [header, ...lines] = text.split('\n');
  const users = new Map<string, string>();
  if (header !== HEADER) return users;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    users.set(lines[index] ?? '', lines[index + 1] ?? '');
  }
  return users;
}

// Anybody may have written the file: no name leads out of the folder.
const NAME = /^(?!\.\.?$)[^/\0]+$/u;

/** What a line tells; of a damaged one what can be read of it. */
function parseLine(line: string | undefined): {
  readonly at?: unknown;
  readonly repos: readonly (readonly [name: string, repo: unknown])[];
} {
  if (line === undefined) return { repos: [] };
  try {
    const { at, repos } = JSON.parse(line) as Record<keyof UserLine, unknown>;
    const known = (Array.isArray(repos) ? (repos as unknown[]) : []).filter(isNamed);
    return known.length === (repos as unknown[]).length ? { at, repos: known } : { repos: known };
  } catch {
    // Its folders are read again.
    return { repos: [] };
  }
}

function isNamed(value: unknown): value is [name: string, repo: unknown] {
  return Array.isArray(value) && typeof value[0] === 'string' && NAME.test(value[0]);
}
