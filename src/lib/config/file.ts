import { open } from 'node:fs/promises';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { unsetLine } from './shell-word.ts';

/** No settings file is nearly so large; a larger one is something else, and slow to parse. */
const MAX_BYTES = 256 * 1024;

/** The error of a settings file that cannot be understood; nothing is ever written over it. */
export function damaged(
  file: string,
  reason: string,
  position?: { readonly line: number; readonly col: number },
  cause?: unknown,
): LlameroError {
  const where = position === undefined ? file : `${file}:${position.line}:${position.col}`;
  return new LlameroError('CONFIG_DAMAGED', `The settings file is damaged: ${where}: ${reason}`, {
    hint: 'Mend it with `llamero config edit`',
    cause,
  });
}

/**
 * The error of a settings file that is out of reach, as far as the system tells why.
 *
 * @param isNamed whether LLAMERO_CONFIG is known to name it
 */
export function unreachable(file: string, cause: unknown, isNamed = false): LlameroError {
  const code = systemErrorCode(cause);
  const reason = REASONS[code ?? ''] ?? code ?? String(cause);
  return new LlameroError('CONFIG_DAMAGED', `The settings file ${file} is no use: ${reason}`, {
    hint: isNamed
      ? `Mend that, or \`${unsetLine(['LLAMERO_CONFIG'], process.platform)}\` to go on with the usual one`
      : 'Mend that, or name another file in LLAMERO_CONFIG',
    cause,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read',
  EEXIST: 'its folder is a file',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link to itself',
  ENOTDIR: 'its folder is a file',
  EPERM: 'it may not be read',
};

/**
 * The text of the settings file, undefined when there is none. It may be a device, so it is read to
 * its size limit and no further.
 *
 * @param isNamed whether LLAMERO_CONFIG is known to name the file
 * @throws LlameroError CONFIG_DAMAGED when it cannot be read, is too large or is not UTF-8 text
 */
export async function readConfigText(file: string, isNamed = false): Promise<string | undefined> {
  let content: Buffer;
  try {
    content = await readStart(file, MAX_BYTES + 1);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw unreachable(file, error, isNamed);
  }
  if (content.length > MAX_BYTES) {
    throw damaged(file, `it is larger than ${MAX_BYTES / 1024} KiB`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw damaged(file, 'it is not UTF-8 text', undefined, error);
  }
}

async function readStart(file: string, length: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}
