import { fstatSync, writeSync } from 'node:fs';

import { LlameroError, systemErrorCode } from './lib/errors.ts';
import { SIGNALS } from './lib/interrupts.ts';
import type { Outlet, Outlets } from './lib/ui/terminal.ts';
import { program } from './program.ts';

type StandardStream = NodeJS.WriteStream & { readonly fd: number };

/** The streams that are in use. */
const watched = new Set<StandardStream>();

/**
 * Watches stdout and stderr: of a reader that has left and a terminal that is gone the work is told,
 * and of a disk that takes no more the work ends, see `program.outputFailure`.
 */
export function watchOutput(): void {
  watch(process.stdout);
  watch(process.stderr);
}

function watch(stream: StandardStream): StandardStream {
  if (watched.has(stream)) return stream;
  watched.add(stream);
  if (fstatSync(stream.fd).isFile()) writeWhole(stream);
  // One of oclif throws all but EPIPE, before a partial answer could be kept.
  stream.removeAllListeners('error');
  stream.on('error', (error) => note(error, stream));
  return stream;
}

/**
 * Waits until everything is written, or nobody is left to take it.
 *
 * @returns why something could not be written, if that is so
 */
export async function finishOutput(): Promise<LlameroError | undefined> {
  for (const stream of watched) {
    await drain(stream);
    // Its event may come when the process has ended.
    if (stream.errored !== null) note(stream.errored, stream);
  }
  return program.outputFailure;
}

/**
 * stdout and stderr for a command that says what it has to say at its end. A file and a pipe are
 * written to without the streams of Node, which take longer to make than most of what is said.
 */
export function directOutlets(): Outlets {
  return { stdout: directOutlet('stdout', 1), stderr: directOutlet('stderr', 2) };
}

function directOutlet(name: 'stdout' | 'stderr', fd: number): Outlet {
  const figures = fstatSync(fd);
  const isDirect = figures.isFile() || figures.isFIFO() || figures.isSocket();
  // Pipes of Windows have ways of their own.
  if (!isDirect || process.platform === 'win32') return watch(process[name]);
  let outlet: Outlet | undefined;
  return {
    write(text) {
      if (outlet !== undefined) return outlet.write(text);
      // Who reads may take their time: nothing is left that a signal would have to wait for.
      for (const signal of Object.keys(SIGNALS)) process.removeAllListeners(signal);
      let rest = Buffer.from(text);
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        if (systemErrorCode(error) === 'EAGAIN') {
          // Whoever made the pipe does not wait. A stream of Node does.
          outlet = watch(process[name]);
          return process[name].write(rest);
        }
        note(error as Error, { isTTY: false });
      }
      return true;
    },
  };
}

async function drain(stream: StandardStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  const { signal } = program.interrupts;
  await new Promise<void>((resolve) => {
    // Who reads may never go on. What an earlier signal left to be said is waited for all the same.
    if (!signal.aborted) signal.addEventListener('abort', () => leave(signal, resolve));
    stream.once('close', resolve);
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

/** Leaves what is written unread: nothing but the output was left to do. */
function leave(signal: AbortSignal, resolve: () => void): void {
  process.exitCode = (signal.reason as LlameroError).exitCode;
  resolve();
}

/**
 * Node writes to a file with one call of the system, and takes no notice when the disk took a part of
 * the text alone (https://github.com/nodejs/node/blob/main/lib/internal/fs/sync_write_stream.js).
 */
function writeWhole(stream: StandardStream): void {
  stream._write = (chunk: Buffer, _encoding, done) => {
    try {
      let rest = chunk;
      while (rest.length > 0) rest = rest.subarray(writeSync(stream.fd, rest));
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

function note(error: NodeJS.ErrnoException, stream: { readonly isTTY?: boolean }): void {
  const { interrupts } = program;
  // What is written to a terminal that was closed fails, maybe before its signal arrives.
  if (error.code === 'EIO' && stream.isTTY) interrupts.receive('hangup');
  else if (error.code === 'EPIPE') interrupts.receive('output closed');
  else {
    program.outputFailure ??= failureOf(error);
    interrupts.end(program.outputFailure);
  }
}

function failureOf(error: NodeJS.ErrnoException): LlameroError {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return isFull
    ? new LlameroError('DISK_FULL', 'The disk is full: the output could not be written', {
        hint: 'Free some space, or write the output somewhere else, and run the command again',
        cause: error,
      })
    : new LlameroError('DISK_NOT_WRITABLE', `The output could not be written: ${error.message}`, {
        hint: 'Write the output somewhere else, and run the command again',
        cause: error,
      });
}
