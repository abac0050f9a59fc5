/**
 * Exit codes, the one table: every way the program can end, with the sentence shown by
 * `llamero help exit-codes`.
 */
export const EXIT_CODES = {
  0: 'done',
  1: 'a bug in llamero',
  2: 'wrong usage or a wrong setting',
  3: 'not found: model, repository, revision, quant, file or llama.cpp build',
  4: 'the name fits more than one model',
  5: 'not allowed: token refused, gated or private repository',
  6: 'network: unreachable, rate limited or offline',
  7: 'disk: full, not writable or not readable',
  8: 'integrity: wrong hash or damaged file',
  9: 'engine missing or unusable',
  10: 'the server or the model would not start',
  11: 'busy: another process holds it',
  130: 'interrupted (Ctrl+C)',
  143: 'terminated',
} as const;

/** A number the program may exit with. */
export type ExitCode = keyof typeof EXIT_CODES;

/** Every error code with the exit code it ends in. Codes are stable: scripts match on them. */
export const ERROR_CODES = {
  OUTPUT_CLOSED: 0,
  INTERNAL: 1,
  USAGE: 2,
  REFERENCE_INVALID: 2,
  CONFIG_INVALID: 2,
  CONFIG_DAMAGED: 2,
  CONFIRMATION_REQUIRED: 2,
  FILE_EXISTS: 2,
  HISTORY_UNAVAILABLE: 2,
  API_KEY_REQUIRED: 2,
  API_KEY_INVALID: 2,
  REPO_NOT_FOUND: 3,
  REVISION_NOT_FOUND: 3,
  NO_GGUF: 3,
  QUANT_NOT_FOUND: 3,
  FILE_NOT_FOUND: 3,
  SHARDS_MISSING: 3,
  MODEL_NOT_FOUND: 3,
  ALIAS_NOT_FOUND: 3,
  CONVERSATION_NOT_FOUND: 3,
  RELEASE_NOT_FOUND: 3,
  AMBIGUOUS: 4,
  GATED: 5,
  TOKEN_REFUSED: 5,
  FORBIDDEN: 5,
  NETWORK: 6,
  RATE_LIMITED: 6,
  OFFLINE: 6,
  HUB_ANSWER: 6,
  RELEASES_ANSWER: 6,
  DISK_FULL: 7,
  DISK_NOT_WRITABLE: 7,
  DISK_NOT_READABLE: 7,
  HASH_MISMATCH: 8,
  FILE_DAMAGED: 8,
  ARCHIVE_REFUSED: 8,
  HISTORY_DAMAGED: 8,
  HISTORY_NEWER: 8,
  ENGINE_MISSING: 9,
  ENGINE_UNUSABLE: 9,
  ENGINE_NOT_INSTALLED: 9,
  SERVER_START_FAILED: 10,
  SERVER_GONE: 10,
  SERVER_ANSWER: 10,
  MODEL_LOAD_FAILED: 10,
  CONTEXT_EXCEEDED: 10,
  MEMORY_SHORT: 10,
  BUSY: 11,
  MODEL_LOADED: 11,
  ENGINE_IN_USE: 11,
  PORT_TAKEN: 11,
  SERVER_DIFFERS: 11,
  INTERRUPTED: 130,
  TERMINATED: 143,
} as const satisfies Record<string, ExitCode>;

/** The stable name of a failure, as it stands in `--json` errors. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error may carry besides its code and message. */
export interface ErrorDetails {
  /** What to do next, preferably a command that can be pasted. Lines are separated by `\n`. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failure that the user can understand and act on: what failed and why (`message`), what to do
 * next (`hint`). Anything thrown that is not a LlameroError is a bug.
 */
export class LlameroError extends Error {
  override readonly name = 'LlameroError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code];
  }
}

/** The system error code (`ENOENT`, `ECONNRESET` …) of a thrown value, or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/**
 * Throws the reason of an aborted signal: the LlameroError the signal was aborted with, or
 * INTERRUPTED when it carries none.
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw abortError(signal);
}

/** The error that an aborted signal stands for. */
export function abortError(signal: AbortSignal): LlameroError {
  const reason: unknown = signal.reason;
  if (reason instanceof LlameroError) return reason;
  return new LlameroError('INTERRUPTED', 'Interrupted', { cause: reason });
}
