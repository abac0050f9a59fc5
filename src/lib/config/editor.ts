import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { LlameroError, throwIfAborted } from '../errors.ts';
import { type Environment, readVariable } from './environment.ts';

/** How a file is opened for editing. */
export interface EditorOptions {
  /** The editor as a shell would run it: `vim`, `code --wait`. */
  readonly command: string;
  readonly file: string;
  /** Heeded when the editor is closed, and not before: it may hold text that is not saved. */
  readonly signal: AbortSignal;
}

/** The editor the user has named: VISUAL, then EDITOR. */
export function namedEditor(environment: Environment): string | undefined {
  return readVariable(environment, 'VISUAL') ?? readVariable(environment, 'EDITOR');
}

/** The editor that is there when none is named; it needs a terminal. */
export function defaultEditor(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'notepad' : 'vi';
}

/**
 * Opens a file in an editor, which gets the terminal, and waits until it is closed.
 *
 * @throws LlameroError USAGE when the editor cannot be started or fails
 */
export async function openEditor({ command, file, signal }: EditorOptions): Promise<void> {
  // A shell, as git does it: the variable may hold arguments and quotes. The path is handed over
  // as an argument where the shell allows it, so that nothing in it is taken for a command. The
  // trap keeps the shell from dying of a Ctrl+C that the editor handles.
  const child =
    process.platform === 'win32'
      ? spawn(`${command} "${file}"`, { shell: true, stdio: 'inherit' })
      : spawn('/bin/sh', ['-c', `trap : INT QUIT\n${command} "$1"`, 'sh', file], {
          stdio: 'inherit',
        });
  let code: unknown;
  try {
    [code] = await once(child, 'close');
  } catch (error) {
    throw editorFailed(command, 'could not be started', error);
  }
  throwIfAborted(signal);
  if (code !== 0) {
    throw editorFailed(
      command,
      typeof code === 'number' ? `ended with exit code ${code}` : 'was ended by a signal',
    );
  }
}

function editorFailed(command: string, how: string, cause?: unknown): LlameroError {
  return new LlameroError('USAGE', `The editor \`${command}\` ${how}`, {
    hint: 'Name another one in VISUAL or EDITOR; what it has saved stays',
    cause,
  });
}
