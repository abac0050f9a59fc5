import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import path from 'node:path';

import { shellWord } from '../config/shell-word.ts';
import { systemErrorCode } from '../errors.ts';
import type { Finding } from './types.ts';

const id = 'home';

/** What is looked at. */
export interface HomeOptions {
  /** LLAMERO_HOME; it need not exist. */
  readonly home: string;
  /** Folders below it that are written to, as far as they exist. */
  readonly folders: readonly string[];
  readonly platform: NodeJS.Platform;
}

/** Whether LLAMERO_HOME and what lies in it can be written to. Writes nothing. */
export async function checkHome({ folders, home, platform }: HomeOptions): Promise<Finding[]> {
  const problems: Finding[] = [];
  for (const folder of [home, ...folders]) {
    const finding = await problemOf(folder, home, platform);
    // What is wrong with a folder is wrong with all that lies in it.
    if (finding !== undefined) problems.push(finding);
    if (problems.length > 0) return problems;
  }
  const exists = (await kindOf(home)) === 'folder';
  const message = exists
    ? `${home} can be written to`
    : `${home} does not exist yet and can be made`;
  return [{ id, severity: 'ok', message }];
}

async function problemOf(
  folder: string,
  home: string,
  platform: NodeJS.Platform,
): Promise<Finding | undefined> {
  for (let place = folder; ; place = path.dirname(place)) {
    switch (await kindOf(place)) {
      case 'nothing':
        if (place === path.dirname(place)) return undefined;
        break;
      case 'file':
        return refused(`${place} is a file, and has to be a folder`, wayOut(platform));
      case 'lost link':
        return refused(
          `${place} is a link to what is not there: a disk that is not mounted?`,
          wayOut(platform),
        );
      case 'folder':
        return refusalAt(place, home, platform);
    }
  }
}

async function refusalAt(
  place: string,
  home: string,
  platform: NodeJS.Platform,
): Promise<Finding | undefined> {
  try {
    await access(place, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EROFS') {
      return refused(`${place} lies on a disk that can only be read`, wayOut(platform));
    }
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    const isOwn = place === home || place.startsWith(home + path.sep);
    return refused(
      `${place} may not be written to`,
      // What lies above the home is not the user's to take over.
      isOwn && platform !== 'win32'
        ? `sudo chown -R "$(id -un)" ${shellWord(home, platform)}`
        : wayOut(platform),
    );
  }
}

type Kind = 'nothing' | 'folder' | 'file' | 'lost link';

async function kindOf(place: string): Promise<Kind> {
  try {
    return (await stat(place)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = systemErrorCode(error);
    // Something above it is a file, which is found on the way up.
    if (code === 'ENOTDIR') return 'nothing';
    if (code === 'ELOOP') return 'lost link';
    if (code !== 'ENOENT') throw error;
    const isLink = await lstat(place).then(
      () => true,
      () => false,
    );
    return isLink ? 'lost link' : 'nothing';
  }
}

function wayOut(platform: NodeJS.Platform): string {
  return platform === 'win32'
    ? '$env:LLAMERO_HOME = "<another folder>"'
    : 'export LLAMERO_HOME=<another folder>';
}

function refused(message: string, fix: string): Finding {
  return { id, severity: 'error', code: 'DISK_NOT_WRITABLE', message, fix };
}
