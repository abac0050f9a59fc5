import { Errors } from '@oclif/core';

import { shellWord } from './lib/config/shell-word.ts';
import { LlameroError, systemErrorCode } from './lib/errors.ts';
import { nearest } from './lib/nearest.ts';
import { usageMessage } from './usage-message.ts';

/** What oclif's error of that name has; it is not exported. */
interface NonExistentFlags {
  readonly flags: readonly string[];
  readonly parse: {
    readonly input: { readonly flags: Readonly<Record<string, { readonly hidden?: boolean }>> };
  };
}

/**
 * Any thrown value as the error that is shown: ours as it is, oclif's parse errors as USAGE, and
 * whatever nobody expected as INTERNAL.
 */
export function toLlameroError(error: unknown, commandId?: string): LlameroError {
  if (error instanceof LlameroError) return error;
  if (error instanceof Errors.CLIError && error.oclif?.exit === 2) {
    const command = commandId?.replaceAll(':', ' ');
    const help = `\`llamero ${command === undefined ? '' : `${command} `}--help\``;
    const flag = meantFlag(error);
    return new LlameroError('USAGE', usageMessage(error, command), {
      hint: flag === undefined ? `Run ${help}` : `Did you mean ${flag}? ${help} shows all flags`,
      cause: error,
    });
  }
  const refusal = unreadable(error);
  if (refusal !== undefined) return refusal;
  const message = error instanceof Error ? error.message : String(error);
  return new LlameroError('INTERNAL', `This is a bug in llamero: ${message}`, {
    hint: 'Set LLAMERO_DEBUG=1 and run it again to see where it happened, and please report it',
    cause: error,
  });
}

/** Folders and files that the user may not read are met anywhere, and are no bug. */
function unreadable(error: unknown): LlameroError | undefined {
  const code = systemErrorCode(error);
  const { path } = error as NodeJS.ErrnoException;
  if (path === undefined) return undefined;
  if (code === 'ENOTDIR') {
    return new LlameroError('DISK_NOT_READABLE', `${path} cannot be read: it lies below a file`, {
      hint: 'A folder has to be there. If that is LLAMERO_HOME, set it to one',
      cause: error,
    });
  }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO') return undefined;
  const why = code === 'EIO' ? 'cannot be read: the disk reports an error' : 'may not be read';
  return new LlameroError('DISK_NOT_READABLE', `${path} ${why}`, {
    hint: code === 'EIO' ? 'Check the disk' : `See whose it is: \`ls -ld ${shellWord(path)}\``,
    cause: error,
  });
}

/** The flag that was meant by one that the command does not have. */
function meantFlag(error: Errors.CLIError & Partial<NonExistentFlags>): string | undefined {
  const [typed] = error.flags ?? [];
  if (typed?.startsWith('--') !== true) return undefined;
  const known = Object.entries(error.parse?.input.flags ?? {}).filter(([, flag]) => !flag.hidden);
  return nearest(
    known.map(([name]) => `--${name}`),
    typed,
  );
}
