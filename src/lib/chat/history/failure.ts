import { lstatSync, statfsSync } from 'node:fs';
import path from 'node:path';

import { shellLine } from '../../config/shell-word.ts';
import { LlameroError } from '../../errors.ts';
import { oneLine } from '../../plain-text.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const AUTH = 23;
const NOTADB = 26;

/** Less free space than this counts as a full disk when SQLite only says that writing failed. */
const NEXT_TO_NOTHING = 64 * 1024;

/** The primary result code of a failure of SQLite, or undefined for another failure. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode % 256 : undefined;
}

/** Whether somebody else held the database for too long. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

/**
 * Whether a failure is of the kind that a file system without shared memory gives in WAL mode
 * (https://sqlite.org/wal.html, section 8).
 */
export function mayLackSharedMemory(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && [READONLY, IOERR, CANTOPEN, PROTOCOL].includes(code);
}

/** A failure of SQLite as an error that names the file and the way out; others pass. */
export function historyError(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  if (isBusy(error)) return busy(file, error);
  switch (code) {
    case FULL:
      return full(file, error);
    case IOERR:
      return spaceLeft(file) < NEXT_TO_NOTHING ? full(file, error) : refused(file, error);
    case PERM:
    case READONLY:
    case CANTOPEN:
    case AUTH:
      return refused(file, error);
    case CORRUPT:
    case NOTADB:
      return damaged(file, error);
    default:
      return error;
  }
}

/** The error for a file that holds something else than conversations, or holds them no longer. */
export function damaged(file: string, cause?: unknown): LlameroError {
  const { platform } = process;
  const recover = shellLine(['sqlite3', nameForDamaged(file), '.recover'], platform);
  return new LlameroError(
    'HISTORY_DAMAGED',
    `The history of conversations is damaged: ${file} cannot be read`,
    {
      hint: `Move it away (\`${lineToMoveAway(file, platform)}\`) and a new one is begun; \`${recover}\` shows what can be saved of it`,
      cause,
    },
  );
}

/** The command that moves a damaged history away, so that a new one can be begun. */
export function lineToMoveAway(file: string, platform: NodeJS.Platform): string {
  return shellLine(['mv', file, nameForDamaged(file)], platform);
}

/** A name beside the history under which a damaged one can be kept: nothing has it yet. */
function nameForDamaged(file: string): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? `${file}.damaged` : `${file}.damaged-${count}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

function full(file: string, cause: unknown): LlameroError {
  return new LlameroError('DISK_FULL', `The disk is full: ${file} could not be written`, {
    hint: 'Free some space: `llamero list` shows what the models take, `llamero rm <ref>` removes one',
    cause,
  });
}

function refused(file: string, cause: unknown): LlameroError {
  const reason = cause instanceof Error ? oneLine(cause.message) : '';
  return new LlameroError('DISK_NOT_WRITABLE', `${file} could not be used: ${reason}`, {
    hint: `Check who owns ${path.dirname(file)}, or set LLAMERO_HOME to a folder of yours`,
    cause,
  });
}

function busy(file: string, cause: unknown): LlameroError {
  return new LlameroError('BUSY', `Another program holds ${file}`, {
    hint: 'Wait until it has finished, then try again',
    cause,
  });
}

function spaceLeft(file: string): number {
  try {
    const figures = statfsSync(path.dirname(file));
    return figures.bavail * figures.bsize;
  } catch {
    // Without the figure the failure is told as SQLite tells it.
    return Number.POSITIVE_INFINITY;
  }
}
