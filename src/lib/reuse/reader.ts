import { lstat, readdir, readFile } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';

/** A file or folder that was looked at and passed over. */
export interface Skipped {
  readonly path: string;
  /** Why, as a clause: `EACCES`, `its content is another`. */
  readonly reason: string;
}

/** Reads in folders that belong to others: what is not there, or not for us, is passed over. */
export interface Reader {
  /** The result of a look at a path, or undefined where there is nothing that may be read. */
  attempt<T>(path: string, look: () => Promise<T>): Promise<T | undefined>;
  /** The names in a folder; none where there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  text(file: string): Promise<string | undefined>;
  /** Whether the path is that of a regular file, not of a link to one. */
  isPlainFile(path: string): Promise<boolean>;
}

/** Nothing by this name, which is what a look by name finds out most of the time. */
const ABSENT = ['ENOENT', 'ENOTDIR'];
/** There is something, and we may not or cannot read it. EPERM is how macOS protects a folder. */
const UNREADABLE = ['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'];

/** Makes a reader that tells of all it passes over, but for what is simply not there. */
export function createReader(onSkip: (skipped: Skipped) => void): Reader {
  async function attempt<T>(path: string, look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (UNREADABLE.includes(code)) onSkip({ path, reason: code });
      else if (!ABSENT.includes(code)) throw error;
      return undefined;
    }
  }
  return {
    attempt,
    names: async (folder) => (await attempt(folder, () => readdir(folder))) ?? [],
    text: (file) => attempt(file, () => readFile(file, 'utf8')),
    isPlainFile: async (path) =>
      (await attempt(path, async () => (await lstat(path)).isFile())) ?? false,
  };
}
