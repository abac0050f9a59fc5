import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** What a worker is to hash. */
export interface HashTask {
  readonly file: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Whether git's name of it is wanted as well. */
  readonly withGitOid: boolean;
}

/** What a worker tells. */
export type HashNews =
  | { readonly type: 'checked'; readonly bytes: number }
  | { readonly type: 'digests'; readonly sha256: string; readonly gitOid: string | undefined };

const READ_SIZE = 256 * 1024;
const TELL_EVERY = 4 * 1024 * 1024;

/**
 * The thread of a HashFollower: reads a file as far as it is told that it is there, and answers
 * with the digests once it has read all of it.
 */
function serve(port: NonNullable<typeof parentPort>, task: HashTask): void {
  const sha256 = createHash('sha256');
  // As git names a file: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  const git = task.withGitOid ? createHash('sha1').update(`blob ${task.size}\0`) : undefined;
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  const file = openSync(task.file, 'r');
  let position = 0;
  let told = 0;
  const tell = (news: HashNews): void => port.postMessage(news);
  port.on('message', (frontier: number) => {
    while (position < frontier) {
      const wanted = Math.min(READ_SIZE, frontier - position);
      const count = readSync(file, buffer, 0, wanted, position);
      if (count === 0) throw new Error('the file became shorter while it was read');
      const part = buffer.subarray(0, count);
      sha256.update(part);
      git?.update(part);
      position += count;
      if (position - told >= TELL_EVERY || position === task.size) {
        told = position;
        tell({ type: 'checked', bytes: position });
      }
    }
    if (position < task.size) return;
    closeSync(file);
    tell({ type: 'digests', sha256: sha256.digest('hex'), gitOid: git?.digest('hex') });
    port.close();
  });
}

if (parentPort !== null) serve(parentPort, workerData as HashTask);
