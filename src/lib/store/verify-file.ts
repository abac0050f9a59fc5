import { lstat, realpath } from 'node:fs/promises';
import { getSystemErrorMessage } from 'node:util';

import { digestFile } from '../download/verify.ts';
import { LlameroError, systemErrorCode } from '../errors.ts';
import { type FileStamp, sameStamp, stampOf } from '../file-stamp.ts';
import { leastFileSize } from '../gguf/data-extent.ts';
import { readHeader } from '../gguf/header.ts';
import { withFileSource } from '../gguf/header-source.ts';
import type { FileToVerify } from './verify-targets.ts';

/**
 * What came of a file: as recorded (`ok`), not there, of another size or digest than recorded, no
 * whole GGUF by its header, not readable, or whole as far as its header tells but with no digest
 * recorded that it could be compared with (`unknown`).
 */
export type FileStatus = 'ok' | 'missing' | 'size' | 'digest' | 'header' | 'unreadable' | 'unknown';

/** A file that was looked at. */
export interface FileCheck extends Omit<FileToVerify, 'recorded'> {
  /** Whether there is a record of where it came from. */
  readonly isRecorded: boolean;
  /** Bytes on disk. */
  readonly size: number;
  readonly status: FileStatus;
  /** Of another size or digest: what is recorded. */
  readonly expected?: number | string;
  /** Of another size or digest: what is there. */
  readonly found?: number | string;
  /** What more is known of a file that is missing, not whole or not readable, as a clause. */
  readonly reason?: string;
  /** Of one that is not readable: what the system calls it, `EACCES`. */
  readonly systemCode?: string;
}

/** How a file is looked at. */
export interface VerifyFileOptions {
  readonly signal: AbortSignal;
  /** Called while the file is read. Both counts are bytes. */
  readonly onRead?: ((checked: number, size: number) => void) | undefined;
  /**
   * Told what a file turned out to be, in case somebody remembers digests.
   *
   * @param file its real path, no link
   */
  readonly onDigest?: ((file: string, sha256: string) => Promise<void>) | undefined;
}

/** How often a file is read again that was changed or replaced while it was read. */
const MOST_READINGS = 3;

/** Whether something has to be done about a file. */
export function isProblem({ status }: Pick<FileCheck, 'status'>): boolean {
  return status !== 'ok' && status !== 'unknown';
}

/**
 * Compares a file with its record: its size, then its digest, for which every byte is read, whatever
 * was known of it before. Without a digest in the record its GGUF header has to do. Links are followed.
 *
 * @throws what the signal was aborted with; all that the file system says becomes a status
 */
export async function verifyFile(
  file: FileToVerify,
  options: VerifyFileOptions,
): Promise<FileCheck> {
  try {
    const stamp = await stampOf(file.path);
    if (stamp === undefined) return report(file, 0, 'missing', { reason: 'its name is taken' });
    const { recorded } = file;
    if (recorded !== undefined && recorded.size !== stamp.size) {
      return report(file, stamp.size, 'size', { expected: recorded.size, found: stamp.size });
    }
    return recorded?.sha256 === undefined
      ? await verifyHeader(file, stamp.size)
      : await verifyDigest(file, stamp, recorded.sha256, options);
  } catch (error) {
    return withoutContent(file, error);
  }
}

async function verifyDigest(
  file: FileToVerify,
  first: FileStamp,
  expected: string,
  options: VerifyFileOptions,
): Promise<FileCheck> {
  let before = first;
  for (let reading = 1; ; reading += 1) {
    const { size } = before;
    const { sha256: found } = await digestFile(
      file.path,
      (checked) => options.onRead?.(checked, size),
      options.signal,
    );
    const after = await stampOf(file.path);
    const isUnchanged = after !== undefined && sameStamp(before, after);
    if (isUnchanged) await options.onDigest?.(await realpath(file.path), found);
    if (found === expected) return report(file, size, 'ok');
    // One that was replaced or written to meanwhile deserves another look.
    if (after === undefined || isUnchanged || reading === MOST_READINGS) {
      return report(file, size, 'digest', { expected, found });
    }
    before = after;
  }
}

async function verifyHeader(file: FileToVerify, size: number): Promise<FileCheck> {
  try {
    const header = await withFileSource(file.path, (source) =>
      readHeader({ ...source, name: 'it' }, { arrays: 'skip', tensors: true }),
    );
    const least = leastFileSize(header);
    if (least <= size) return report(file, size, 'unknown');
    const reason = `its tensors reach to byte ${least}, and it ends at ${size}`;
    return report(file, size, 'header', { reason });
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'FILE_DAMAGED') throw error;
    return report(file, size, 'header', { reason: error.message });
  }
}

/** What a file is that could not be read at all. */
async function withoutContent(file: FileToVerify, error: unknown): Promise<FileCheck> {
  if (error instanceof LlameroError) {
    if (error.code === 'FILE_NOT_FOUND') return report(file, 0, 'missing');
    throw error;
  }
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) {
    const reason = describeSystemError(error, code);
    return report(file, 0, 'unreadable', { reason, systemCode: code });
  }
  const entry = await lstat(file.path).catch(() => undefined);
  return entry?.isSymbolicLink() === true
    ? report(file, 0, 'missing', { reason: 'a link that leads to no file' })
    : report(file, 0, 'missing');
}

/** `permission denied (EACCES)`. */
function describeSystemError(error: unknown, code: string): string {
  const number = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return Number.isNaN(number) ? code : `${getSystemErrorMessage(number)} (${code})`;
}

function report(
  { file, name, path: place, recorded }: FileToVerify,
  size: number,
  status: FileStatus,
  details: Pick<FileCheck, 'expected' | 'found' | 'reason' | 'systemCode'> = {},
): FileCheck {
  return { file, name, path: place, isRecorded: recorded !== undefined, size, status, ...details };
}
