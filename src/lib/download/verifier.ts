import { HashFollower } from './hash-follower.ts';
import type { Slots } from './slots.ts';
import type { FileIdentity } from './types.ts';
import type { Digests } from './verify.ts';

/** What a verifier works with. */
export interface VerifierOptions {
  readonly file: string;
  readonly identity: FileIdentity;
  /** How many files are hashed at a time: one thread each. */
  readonly slots: Slots;
  readonly onChecked: (bytes: number) => void;
}

/** One pass of hashing over a file that is being written; it begins when a thread is free. */
export class Verifier {
  readonly #follower: Promise<HashFollower>;
  #frontier = 0;
  #started: HashFollower | undefined;
  #closed = false;

  constructor(options: VerifierOptions) {
    this.#follower = this.#start(options);
    // Whoever closes it early does not wait for it.
    this.#follower.catch(() => undefined);
  }

  async #start({ file, identity, onChecked, slots }: VerifierOptions): Promise<HashFollower> {
    const release = await slots.take();
    if (this.#closed) {
      release();
      throw new Error('the check was ended before it began');
    }
    const follower = new HashFollower(file, identity, (bytes) => {
      if (!this.#closed) onChecked(bytes);
    });
    follower.digests.then(release, release);
    this.#started = follower;
    follower.advance(this.#frontier);
    return follower;
  }

  /** Says up to where the file is on disk without a gap. */
  advance(frontier: number): void {
    if (frontier === this.#frontier) return;
    this.#frontier = frontier;
    this.#started?.advance(frontier);
  }

  /** The digests of the whole file, soon after its last byte is there. */
  async digests(): Promise<Digests> {
    return (await this.#follower).digests;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#started?.close();
  }
}
