import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

import { expandTilde } from '../config/paths.ts';
import { LlameroError, systemErrorCode } from '../errors.ts';
import { formatDiskSize } from '../format.ts';
import { oneLine } from '../plain-text.ts';

/** A file that the user named. */
export interface UserFile {
  /** Its path as it was given, safe to show. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** A text that the user named. */
export interface UserText {
  /** Its path as it was given, safe to show. */
  readonly name: string;
  readonly text: string;
}

/** Far more text than any context holds. */
export const MAX_TEXT_BYTES = 8_000_000;

/** How a file is read. */
export interface UserFileLimits {
  readonly maxBytes: number;
  /** Why it may not be larger, and what to do then. */
  readonly tooLarge: string;
  /** What to do when it cannot be read. */
  readonly hint?: string | undefined;
}

/**
 * The path that somebody meant: relative to a folder, `~/` for the home.
 *
 * @param home the user's home; without it `~` stays a name
 */
export function userPath(text: string, cwd: string, home?: string): string {
  return path.resolve(cwd, home === undefined ? text : expandTilde(text, home));
}

/**
 * Reads a file that the user named.
 *
 * @throws LlameroError FILE_NOT_FOUND; USAGE when it is a folder, too large or may not be read
 */
export async function readUserFile(
  file: string,
  name: string,
  limits: UserFileLimits,
): Promise<UserFile> {
  const shown = oneLine(name);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const status = await handle.stat();
    if (status.isDirectory()) {
      throw new LlameroError('USAGE', `${shown} is a folder`, { hint: limits.hint });
    }
    return { name: shown, bytes: await readUpTo(handle, shown, limits) };
  } catch (error) {
    throw error instanceof LlameroError ? error : readError(error, shown, limits.hint);
  } finally {
    await handle?.close();
  }
}

/**
 * Reads a text file that the user named.
 *
 * @throws LlameroError as {@link readUserFile}; USAGE when it is no UTF-8 text
 */
export async function readUserText(text: string, cwd: string, hint?: string): Promise<UserText> {
  const { bytes, name } = await readUserFile(path.resolve(cwd, text), text, {
    maxBytes: MAX_TEXT_BYTES,
    tooLarge: 'no context holds so much text',
    hint,
  });
  return { name, text: decodeText(bytes, name) };
}

/**
 * The text of a file.
 *
 * @throws LlameroError USAGE when it is no UTF-8 text
 */
export function decodeText(bytes: Buffer, name: string): string {
  try {
    if (bytes.includes(0)) throw new TypeError('it holds a zero byte');
    // Takes a byte order mark away as well.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new LlameroError('USAGE', `${name} is no text in UTF-8`, {
      hint: 'Text files alone can be included; turn it into UTF-8 text first',
      cause: error,
    });
  }
}

/** Its size is not trusted: what is named may be a pipe, or grow. */
async function readUpTo(
  handle: FileHandle,
  name: string,
  { maxBytes, tooLarge }: UserFileLimits,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of handle.createReadStream({ autoClose: false, end: maxBytes })) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
  }
  if (size <= maxBytes) return Buffer.concat(pieces);
  throw new LlameroError('USAGE', `${name} is larger than ${formatDiskSize(maxBytes)}`, {
    hint: tooLarge,
  });
}

function readError(error: unknown, name: string, hint: string | undefined): LlameroError {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new LlameroError('FILE_NOT_FOUND', `There is no file ${name}`, {
      hint: hint ?? 'Check the path',
      cause: error,
    });
  }
  const why =
    code === 'EACCES' || code === 'EPERM' ? 'you are not allowed to' : (code ?? 'unknown');
  return new LlameroError('USAGE', `${name} cannot be read: ${why}`, {
    hint: hint ?? 'Check the path and its permissions',
    cause: error,
  });
}
