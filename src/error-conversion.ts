import { Errors } from '@oclif/core';

import { LlameroError } from './lib/errors.ts';

/**
 * Any thrown value as the error that is shown: ours as it is, oclif's parse errors as USAGE, and
 * whatever nobody expected as INTERNAL.
 */
export function toLlameroError(error: unknown, commandId?: string): LlameroError {
  if (error instanceof LlameroError) return error;
  if (error instanceof Errors.CLIError && error.oclif?.exit === 2) {
    return new LlameroError('USAGE', usageMessage(error.message), {
      hint: `Run \`llamero ${commandId === undefined ? '' : `${commandId.replaceAll(':', ' ')} `}--help\``,
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LlameroError('INTERNAL', `This is a bug in llamero: ${message}`, {
    hint: 'Set LLAMERO_DEBUG=1 and run it again to see where it happened, and please report it',
    cause: error,
  });
}

/** oclif's message without its own help pointer and list decoration. */
function usageMessage(message: string): string {
  return message
    .replace(/\n?See more help with --help$/u, '')
    .replace(/^The following errors? occurred:\n/u, '')
    .trim();
}
