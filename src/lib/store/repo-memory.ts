import { statfsSync } from 'node:fs';
import path from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { isDiskFailure, readTextIfExists, writeFileAtomic } from '../files.ts';
import { look } from './folder.ts';
import { METADATA_FILE } from './layout.ts';
import { type PackedRepo, pack, unpack } from './packed-repo.ts';
import type { StoredModel } from './model.ts';
import type { Found, RepoContents } from './repo-models.ts';

/**
 * What the folders of repositories were found to hold, so that of a large store only those are read
 * that have changed. Every file is looked at all the same: its size and its time must be what they
 * were, or its repository is read again.
 */
export interface RepoMemory {
  /** What a repository holds, where nothing in its folder has changed. */
  recall(folder: string, repo: string): RepoContents | undefined;
  /**
   * To be called before a folder is read. What it answers takes what was found there, and does nothing
   * where that cannot be remembered.
   */
  watch(folder: string, repo: string): (found: FoundRepo) => void;
  /**
   * Keeps what was found for the next process, where that is worth its while.
   *
   * @param repos all that there are, in their order
   */
  save(repos: readonly string[]): Promise<void>;
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
  /** `run/repos.json`; it may be lost or damaged at any time. */
  readonly file: string;
  /** The folder of the models. */
  readonly models: string;
  readonly platform: NodeJS.Platform;
  /** Called with a memory that cannot be read or written, and why. */
  readonly onSkip?: ((file: string, reason: string) => void) | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** When the entries of a folder, or a file, changed last. The second time cannot be set by anybody. */
type Stamp = readonly [mtimeMs: number, ctimeMs: number];

interface Entry extends PackedRepo {
  /** Of the folder itself, whose name is empty, its record, if there is one, and its folders of shards. */
  readonly at: Readonly<Record<string, Stamp>>;
}

/** Folders that have to be read anew before the memory is written: until then that takes longer. */
const WORTH_WRITING = 16;
/** See the hash memory: what was written to just now may change once more unseen. */
const SETTLED_MS = 2_000;

/**
 * File systems on which every change of a folder's entries changes the times of the folder: ext2 to
 * ext4, XFS, Btrfs, F2FS, tmpfs and ZFS, by their numbers in `linux/magic.h` (ZFS: `ZFS_SUPER_MAGIC` of
 * OpenZFS). On others a change may go unseen: on FAT, on what the network or another program serves,
 * and on an overlay, whose lower folders may change while it is not mounted.
 */
const TRUSTED: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994,
]);

/** Opens the memory; none where it could not be trusted. */
export async function openRepoMemory(options: RepoMemoryOptions): Promise<RepoMemory | undefined> {
  const device = trustedDevice(options);
  if (device === undefined) return undefined;
  const known = parseMemory(await readMemory(options));
  const { now = Date.now } = options;
  const fresh = new Map<string, Entry>();

  return {
    recall(folder, repo) {
      const entry = Object.hasOwn(known, repo) ? known[repo] : undefined;
      return isUnchanged(entry, folder) ? unpack(entry, folder, repo) : undefined;
    },
    watch(folder, repo) {
      const own = look(folder);
      const record = look(path.join(folder, METADATA_FILE));
      return ({ files, folders, models }) => {
        const seen = [
          ['', own] as const,
          ...(record === undefined ? [] : [[METADATA_FILE, record] as const]),
          ...folders.map((name) => [name, look(path.join(folder, name))] as const),
        ];
        const stamps: [string, Stamp][] = [];
        for (const [name, figures] of seen) {
          // Gone meanwhile, or a link to another disk.
          if (figures === undefined || figures.dev !== device) return;
          stamps.push([name, [figures.mtimeMs, figures.ctimeMs]]);
        }
        const at = Object.fromEntries(stamps);
        const times = [
          ...stamps.flatMap(([, stamp]) => stamp),
          ...files.map(({ modifiedAt }) => modifiedAt),
        ];
        if (times.some((time) => now() - time < SETTLED_MS)) return;
        const packed = pack(files, models);
        if (packed !== undefined) fresh.set(repo, { at, ...packed });
      };
    },
    async save(repos) {
      if (fresh.size < WORTH_WRITING) return;
      const entries = repos.flatMap((repo) => {
        const entry = fresh.get(repo) ?? (Object.hasOwn(known, repo) ? known[repo] : undefined);
        return entry === undefined ? [] : [[repo, entry] as const];
      });
      const text = JSON.stringify({ version: 1, repos: Object.fromEntries(entries) });
      try {
        await writeFileAtomic(options.file, `${text}\n`, 0o600);
      } catch (error) {
        // Who may only read can look all the same.
        if (!isDiskFailure(error)) throw error;
        options.onSkip?.(options.file, error.message);
      }
    },
  };
}

/** The device of the models' folder, where its file system can be trusted. */
function trustedDevice({ models, platform }: RepoMemoryOptions): number | undefined {
  if (platform !== 'linux') return undefined;
  try {
    return TRUSTED.has(statfsSync(models).type) ? look(models)?.dev : undefined;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    // Whatever is wrong with it, reading it will tell.
    return undefined;
  }
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

function parseMemory(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const { repos, version } = JSON.parse(text) as Record<string, unknown>;
    return version === 1 ? ((repos ?? {}) as Record<string, unknown>) : {};
  } catch {
    // A damaged memory is an empty one: the folders are read again.
    return {};
  }
}

function isUnchanged(entry: unknown, folder: string): boolean {
  const { at } = (entry ?? {}) as { readonly at?: unknown };
  if (typeof at !== 'object' || at === null || !Object.hasOwn(at, '')) return false;
  for (const [name, stamp] of Object.entries(at)) {
    const figures = look(name === '' ? folder : folder + path.sep + name);
    const [mtimeMs, ctimeMs] = Array.isArray(stamp) ? (stamp as unknown[]) : [];
    if (figures === undefined) return false;
    if (figures.mtimeMs !== mtimeMs || figures.ctimeMs !== ctimeMs) return false;
  }
  return true;
}
