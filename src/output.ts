import { fstatSync, writeSync } from 'node:fs';

import { LlameroError } from './lib/errors.ts';
import { program } from './program.ts';

type StandardStream = NodeJS.WriteStream & { readonly fd: number };

/**
 * Watches stdout and stderr: of a reader that has left and a terminal that is gone the work is told,
 * and of a disk that takes no more the work ends, see `program.outputFailure`.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    writeWhole(stream);
    // One of oclif throws all but EPIPE, before a partial answer could be kept.
    stream.removeAllListeners('error');
    stream.on('error', (error) => note(error, stream));
  }
}

/**
 * Waits until everything is written, or nobody is left to take it.
 *
 * @returns why something could not be written, if that is so
 */
export async function finishOutput(): Promise<LlameroError | undefined> {
  for (const stream of [process.stdout, process.stderr]) {
    await drain(stream);
    // Its event may come when the process has ended.
    if (stream.errored !== null) note(stream.errored, stream);
  }
  return program.outputFailure;
}

async function drain(stream: StandardStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

/**
 * Node writes to a file with one call of the system, and takes no notice when the disk took a part of
 * the text alone (https://github.com/nodejs/node/blob/main/lib/internal/fs/sync_write_stream.js).
 */
function writeWhole(stream: StandardStream): void {
  if (!fstatSync(stream.fd).isFile()) return;
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

function note(error: NodeJS.ErrnoException, stream: StandardStream): void {
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
