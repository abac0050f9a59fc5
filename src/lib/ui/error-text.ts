import type { ChalkInstance } from 'chalk';

import type { ErrorCode, ExitCode, LlameroError } from '../errors.ts';
import { redact, stripControls } from '../plain-text.ts';

/** An error as `--json` prints it. */
export interface ErrorDocument {
  readonly error: {
    readonly code: ErrorCode;
    readonly exitCode: ExitCode;
    readonly message: string;
    readonly hint: string | null;
  };
}

/** An error as a JSON document. */
export function errorDocument(error: LlameroError): ErrorDocument {
  return {
    error: {
      code: error.code,
      exitCode: error.exitCode,
      message: clean(error.message),
      hint: error.hint === undefined ? null : clean(error.hint),
    },
  };
}

/**
 * An error for people, with a newline at the end: what failed, then what to do. With `debug` (the
 * value of LLAMERO_DEBUG) the stack and its causes follow.
 */
export function renderError(
  error: LlameroError,
  style: ChalkInstance,
  debug: string | undefined,
): string {
  // Who pressed Ctrl+C has made no error.
  const prefix = error.exitCode >= 130 ? '' : `${style.red('error:')} `;
  const lines = [prefix + clean(error.message)];
  if (error.hint !== undefined) {
    const hint = clean(error.hint).split('\n');
    lines.push(
      ...hint.map((line, index) => `${style.cyan(index === 0 ? 'hint:' : '     ')} ${line}`),
    );
  }
  if (debug !== undefined && debug !== '' && debug !== '0') lines.push(style.dim(stacks(error)));
  return `${lines.join('\n')}\n`;
}

function stacks(error: LlameroError): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current instanceof Error) {
    parts.push(clean(current.stack ?? current.message));
    current = current.cause;
  }
  return parts.join('\ncaused by: ');
}

function clean(text: string): string {
  return redact(stripControls(text));
}
