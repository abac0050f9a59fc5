import { mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import type { Document } from 'yaml';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { onDisk, writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { requireKey } from './config.ts';
import { putValue, removeKey, renderDocument } from './document-edit.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import { damaged, readConfigText, unreachable } from './file.ts';
import { type Paths, placeOfUser } from './paths.ts';
import { shellWord } from './shell-word.ts';
import { configTemplate } from './template.ts';
import { parseValue } from './value.ts';

const LOCK_WAIT_SECONDS = 10;

/** What a change has left in the file. */
export interface SettingChange {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Writes a setting into the file, which is made if there is none. The value is checked first;
 * comments, order and all other values stay.
 *
 * @param text the value as typed; a relative path counts from the current folder
 * @throws LlameroError CONFIG_INVALID for an unknown key or a bad value, CONFIG_DAMAGED when the
 * file is not understood, BUSY, DISK_FULL, DISK_NOT_WRITABLE; then nothing is written
 */
export async function setValue(paths: Paths, key: string, text: string): Promise<SettingChange> {
  const { kind, path: names } = requireKey(key);
  const typed = text.trim();
  const value = parseValue(kind, typed, placeOfUser(paths), `\`${key}\``, {
    hint: `llamero config set ${shellWord(key)} <value>`,
  });
  const scalar = toScalar(kind.written?.(typed, value) ?? typed, value);
  await changeFile(paths, (current, file) => {
    const { document } = current ?? parseConfigDocument('', file);
    putValue(document, names, scalar, file);
    return document;
  });
  return { key, value };
}

/**
 * Takes a setting out of the file, so that its default holds again; all of a model's by the key of
 * their section (`models.user/repo`). A key that llamero does not know can be taken out too, where
 * the file has it. Comments before it stay.
 *
 * @returns whether the file had it
 * @throws LlameroError as {@link setValue}
 */
export async function unsetValue(paths: Paths, key: string): Promise<boolean> {
  let removed = false;
  await changeFile(paths, (current) => {
    if (current === undefined) return undefined;
    removed = removeKey(current.document, key);
    return removed ? current.document : undefined;
  });
  if (!removed) requireKey(key);
  return removed;
}

/**
 * Makes the settings file where there is none, with every setting in it as a comment.
 *
 * @throws LlameroError BUSY, DISK_FULL, DISK_NOT_WRITABLE
 */
export async function createConfigFile(paths: Paths): Promise<void> {
  await locked(paths, async () => {
    if ((await target(paths.configFile)) === undefined) {
      await writeFileAtomic(paths.configFile, configTemplate(), 0o600);
    }
  });
}

/** What stands in the file for a typed value: a number where the value is that number, or text. */
function toScalar(text: string, value: unknown): string | number | boolean {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' && Number(text) === value ? value : text;
}

/** Reads, changes and writes the file under its lock; `undefined` from the change writes nothing. */
async function changeFile(
  paths: Paths,
  change: (current: ConfigDocument | undefined, file: string) => Document | undefined,
): Promise<void> {
  await locked(paths, async () => {
    const file = (await target(paths.configFile)) ?? paths.configFile;
    const before = await readConfigText(file);
    const current = before === undefined ? undefined : parseConfigDocument(before, file);
    const document = change(current, file);
    if (document === undefined) return;
    const text = renderDocument(document, before ?? '');
    // What was written must be understood again, or the next run would find a damaged file.
    parseConfigDocument(text, file);
    await writeFileAtomic(file, text, 0o600);
  });
}

/** Takes the lock of the settings file; its folder is made, closed to others, if there is none. */
async function locked(paths: Paths, work: () => Promise<void>): Promise<void> {
  const folder = path.dirname(paths.configFile);
  try {
    await onDisk(paths.configFile, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  } catch (error) {
    throw error instanceof LlameroError ? error : unreachable(paths.configFile, error);
  }
  await withLock(
    `${paths.configFile}.lock`,
    { purpose: 'changing the settings', waitSeconds: LOCK_WAIT_SECONDS },
    work,
  );
}

/**
 * The file itself where the path is a link, which a rename would replace; undefined when nothing
 * is there yet.
 *
 * @throws LlameroError CONFIG_DAMAGED when it is no file, such as a folder or a device
 */
async function target(file: string): Promise<string | undefined> {
  let resolved: string;
  try {
    resolved = await realpath(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw unreachable(file, error);
  }
  if ((await stat(resolved)).isFile()) return resolved;
  throw damaged(file, 'it is not a file');
}
