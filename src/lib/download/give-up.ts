import path from 'node:path';

import { LlameroError, systemErrorCode } from '../errors.ts';
import type { SegmentFailure } from './failure.ts';
import type { FileIdentity } from './types.ts';

const KEPT = 'What has arrived is kept: run the same command to continue';

/** Which file an error is about. */
interface Subject {
  readonly target: string;
  readonly identity: FileIdentity;
}

/** The error of a download that is given up after a failure. */
export function giveUp({ identity, target }: Subject, failure: SegmentFailure): LlameroError {
  const name = path.basename(target);
  if (failure.status === 404) {
    return new LlameroError('FILE_NOT_FOUND', `${name}: ${failure.message}`, { cause: failure });
  }
  if (failure.status === 429) {
    const { host } = new URL(identity.source);
    return new LlameroError('RATE_LIMITED', `${name}: ${host} limits the rate of downloads`, {
      hint: `${KEPT} later; a token (HF_TOKEN) raises the limit`,
      cause: failure,
    });
  }
  if (failure.status === 401 || failure.status === 403) {
    return new LlameroError('FORBIDDEN', `${name}: ${failure.message}`, {
      hint: KEPT,
      cause: failure,
    });
  }
  return new LlameroError('NETWORK', `${name} could not be downloaded: ${failure.message}`, {
    hint: KEPT,
    cause: failure,
  });
}

/** The error of a download whose file cannot be located any more, in the words of who was asked. */
export function giveUpLocating({ target }: Subject, error: LlameroError): LlameroError {
  const hint = error.hint === undefined ? KEPT : `${error.hint}\n${KEPT}`;
  return new LlameroError(error.code, `${path.basename(target)}: ${error.message}`, {
    hint,
    cause: error,
  });
}

/** The error of a file that came wrong again and again; nothing of it is kept. */
export function damaged({ identity, target }: Subject, wrong: string): LlameroError {
  return new LlameroError(
    'HASH_MISMATCH',
    `${path.basename(target)} arrived damaged twice: ${wrong}`,
    {
      hint: `The server at ${new URL(identity.source).host}, or something on the way, changes the file. Nothing of it was kept; try again later or over another network`,
    },
  );
}

const DISK_CODES: readonly string[] = [
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EFBIG',
  'EIO',
  'EACCES',
  'EPERM',
  'EBADF',
];

/** Whether an error is the disk's, which no other server can mend. */
export function isDiskFailure(error: unknown): boolean {
  // A firewall's refusal has the same names as a file system's.
  const isNetwork = error instanceof Error && 'syscall' in error && error.syscall === 'connect';
  return !isNetwork && DISK_CODES.includes(systemErrorCode(error) ?? '');
}
