import { execFile } from 'node:child_process';

import type { Environment } from '../config/environment.ts';
import { abortError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';

/** More than any question of ours is answered with. */
const OUTPUT_LIMIT = 8 * 1024 * 1024;

/** A question to a program: flags after which it says something and ends. */
export interface ProgramQuestion {
  readonly command: readonly [string, ...string[]];
  readonly words: readonly string[];
  readonly folder: string;
  /** What the program finds in its environment; that of this process unless told. */
  readonly environment?: Environment | undefined;
  /** Seconds that it may take. */
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program said. */
export interface ProgramAnswer {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that could not be started, complained, or did not answer in time. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
}

/**
 * Runs a program to its end and gives what it said.
 *
 * @throws ProgramFailure whose message is the program's own last line, or why it did not run;
 *   LlameroError the reason of the signal
 */
export function askProgram(question: ProgramQuestion): Promise<ProgramAnswer> {
  const { environment, folder, signal, timeoutSeconds, words } = question;
  const [program, ...first] = question.command;
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...first, ...words],
      {
        cwd: folder,
        timeout: timeoutSeconds * 1000,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_LIMIT,
        windowsHide: true,
        ...(environment === undefined ? {} : { env: environment }),
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve({ stdout, stderr });
          return;
        }
        if (signal?.aborted === true) {
          reject(abortError(signal));
          return;
        }
        const reason =
          error.killed === true
            ? `no answer to ${words.join(' ')} within ${timeoutSeconds} s`
            : (lastLine(stderr) ?? lastLine(stdout) ?? endedHow(error));
        reject(new ProgramFailure(reason, { cause: error }));
      },
    );
  });
}

/** A crash says nothing: the signal it ended by tells more than the command line. */
function endedHow(error: Error & { signal?: NodeJS.Signals | null }): string {
  return typeof error.signal === 'string' ? `ended by ${error.signal}` : oneLine(error.message);
}

function lastLine(output: string): string | undefined {
  const line = output.trim().split('\n').at(-1);
  return line === undefined || line === '' ? undefined : oneLine(line);
}
