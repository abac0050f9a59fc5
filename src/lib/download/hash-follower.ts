import { Worker } from 'node:worker_threads';

import type { HashNews, HashTask } from './hash-worker.ts';
import type { FileIdentity } from './types.ts';
import type { Digests } from './verify.ts';

/**
 * Hashes a file while it is being written, behind the bytes that are there without a gap, in a
 * thread of its own: on a processor without SHA instructions hashing in the main thread would cut
 * the speed of a download to a third.
 */
export class HashFollower {
  readonly #worker: Worker;
  readonly #digests = Promise.withResolvers<Digests>();

  /** @param onChecked called with how many bytes have been hashed */
  constructor(file: string, identity: FileIdentity, onChecked: (bytes: number) => void) {
    const { sha256, size } = identity;
    const task: HashTask = { file, size, withGitOid: sha256 === undefined };
    // The build puts the worker's source in the place of this URL, in these very words.
    this.#worker = new Worker(new URL('./hash-worker.ts', import.meta.url), {
      workerData: task,
      // It needs next to nothing; the defaults reserve for a whole program.
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on('message', (news: HashNews) => {
      if (news.type === 'checked') onChecked(news.bytes);
      else this.#digests.resolve({ sha256: news.sha256, gitOid: news.gitOid ?? '' });
    });
    this.#worker.once('error', this.#digests.reject);
    this.#worker.once('exit', () => {
      this.#digests.reject(new Error('the hash thread ended before its file'));
    });
    // Whoever closes the follower early does not wait for the digests.
    this.#digests.promise.catch(() => undefined);
  }

  /** Says up to where the file is on disk without a gap. */
  advance(frontier: number): void {
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
    this.#worker.postMessage(frontier);
  }

  /** The digests, once the frontier is the end of the file and all of it is hashed. */
  get digests(): Promise<Digests> {
    return this.#digests.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
