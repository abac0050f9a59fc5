import { constants } from 'node:fs';
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { shellWord, unsetLine } from '../config/shell-word.ts';
import { LlameroError, systemErrorCode } from '../errors.ts';
import type { Finding } from './types.ts';

const id = 'home';

/** What is looked at. */
export interface HomeOptions {
  /** LLAMERO_HOME; it need not exist. */
  readonly home: string;
  /** Whether the variable is set; otherwise the home is the default one. */
  readonly isNamed: boolean;
  /** Folders below it that are written to, as far as they exist. */
  readonly folders: readonly string[];
  /** The folder of the models. So are the folders in it: of users, repositories and shards. */
  readonly models: string;
  readonly platform: NodeJS.Platform;
}

/** Whether LLAMERO_HOME and what lies in it can be written to. Writes nothing. */
export async function checkHome(options: HomeOptions): Promise<Finding[]> {
  const { home } = options;
  for await (const folder of foldersOf(options)) {
    const finding = await problemOf(folder, options);
    // What is wrong with a folder is wrong with all that lies in it.
    if (finding !== undefined) return [finding];
  }
  const exists = (await kindOf(home)) === 'folder';
  const message = exists
    ? `${home} can be written to`
    : `${home} does not exist yet and can be made`;
  return [{ id, severity: 'ok', message }];
}

/** Whether a failure of another check is one of the file system, at LLAMERO_HOME or in it. */
export function isRefusedIn(home: string, failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  // All that llamero writes to lies there.
  if (failure instanceof LlameroError && failure.code === 'DISK_NOT_WRITABLE') return true;
  if (systemErrorCode(failure) === undefined || !('path' in failure)) {
    return isRefusedIn(home, failure.cause);
  }
  return typeof failure.path === 'string' && isWithin(home, failure.path);
}

/** Users, repositories, and the folders of those with shards. */
const LEVELS_OF_MODELS = 3;

/** Every folder that is written to; none is read before it was handed out. */
async function* foldersOf({ folders, home, models }: HomeOptions): AsyncGenerator<string> {
  yield home;
  yield* folders;
  yield models;
  yield* foldersIn(models, LEVELS_OF_MODELS);
}

async function* foldersIn(folder: string, levels: number): AsyncGenerator<string> {
  if (levels === 0 || (await kindOf(folder)) !== 'folder') return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Where links lead to is for others to look after.
    if (!entry.isDirectory()) continue;
    const inner = path.join(folder, entry.name);
    yield inner;
    yield* foldersIn(inner, levels - 1);
  }
}

async function problemOf(folder: string, options: HomeOptions): Promise<Finding | undefined> {
  for (let place = folder; ; place = path.dirname(place)) {
    switch (await kindOf(place)) {
      case 'nothing':
        if (place === path.dirname(place)) return undefined;
        break;
      case 'file':
        return unfit(`${place} is a file, and has to be a folder; ${WAY_OUT}`, options);
      case 'lost link':
        return unfit(
          `${place} is a link to what is not there; mount the disk it is on, or ${WAY_OUT}`,
          options,
        );
      case 'folder':
        return refusalAt(place, options);
    }
  }
}

/** What is asked of a folder, and how its refusal is told. */
const NEEDS = [
  [constants.X_OK, 'entered'],
  [constants.W_OK, 'written to'],
  [constants.R_OK, 'read'],
] as const;

async function refusalAt(place: string, options: HomeOptions): Promise<Finding | undefined> {
  for (const [mode, what] of NEEDS) {
    // What lies above the home has only to let it be made.
    if (mode === constants.R_OK && !isWithin(options.home, place)) continue;
    try {
      await access(place, mode);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EROFS') {
        return unfit(`${place} lies on a disk that can only be read; ${WAY_OUT}`, options);
      }
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      const message = `${place} may not be ${what}`;
      // EPERM is not about modes and owners.
      const fix = code === 'EPERM' ? undefined : await mendingOf(place, options);
      return fix === undefined ? unfit(`${message}; ${WAY_OUT}`, options) : refused(message, fix);
    }
  }
  return undefined;
}

/** The command that gives a folder to its user; undefined where it is not the user's to take. */
async function mendingOf(
  place: string,
  { home, platform }: HomeOptions,
): Promise<string | undefined> {
  if (platform === 'win32' || !isWithin(home, place)) return undefined;
  if (!isWithin(await realpath(home), await realpath(place))) return undefined;
  const { uid } = await stat(place);
  return uid === process.geteuid?.()
    ? `chmod -R u+rwX ${shellWord(place, platform)}`
    : `sudo chown -R "$(id -un)" ${shellWord(home, platform)}`;
}

function isWithin(home: string, place: string): boolean {
  return place === home || place.startsWith(home + path.sep);
}

type Kind = 'nothing' | 'folder' | 'file' | 'lost link';

async function kindOf(place: string): Promise<Kind> {
  try {
    return (await stat(place)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = systemErrorCode(error);
    // Something above it is a file or may not be entered, which is found on the way up.
    if (code === 'ENOTDIR' || code === 'EACCES') return 'nothing';
    if (code === 'ELOOP') return 'lost link';
    if (code !== 'ENOENT') throw error;
    const isLink = await lstat(place).then(
      () => true,
      () => false,
    );
    return isLink ? 'lost link' : 'nothing';
  }
}

const WAY_OUT = 'set LLAMERO_HOME to another folder';

/** The finding of a home that no command mends: the default one is used where another was named. */
function unfit(message: string, { isNamed, platform }: HomeOptions): Finding {
  return refused(message, isNamed ? unsetLine(['LLAMERO_HOME'], platform) : undefined);
}

function refused(message: string, fix?: string): Finding {
  const finding = { id, severity: 'error', code: 'DISK_NOT_WRITABLE', message } as const;
  return fix === undefined ? finding : { ...finding, fix };
}
