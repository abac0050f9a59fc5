import type { FileHandle } from 'node:fs/promises';

import { type Journal, writeJournal } from './journal.ts';

/** The journal is at least this young while bytes arrive, as far as the disk can keep up. */
const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 2000;
/** However fast the line: so much has to be fetched again at most, in bytes. */
const LARGEST_UNSAVED = 256 * 1024 * 1024;
/** Saving takes at most about this part of the time. */
const SHARE = 1 / 4;

/** What a keeper works with. */
export interface JournalKeeperOptions {
  readonly target: string;
  readonly handle: FileHandle;
  /** Brings what has arrived into the file. */
  readonly flush: () => Promise<void>;
  /** What is in the file at this moment. */
  readonly snapshot: () => Journal;
  /** Whether bytes may be arriving that have not been written yet. */
  readonly isReceiving: () => boolean;
  /** Called when the journal could not be saved by itself. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds of any steady clock. */
  readonly now: () => number;
}

/**
 * Keeps the journal of a file up to date while the file grows: never ahead of what is safe on the
 * disk, and as little behind as the disk allows without slowing the download. Whatever is not in it
 * has to be fetched again after a kill.
 */
export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> | undefined;
  #pause = SHORTEST_PAUSE_MS;
  #unsaved = 0;
  #saved: Journal | undefined;
  #closed = false;

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
  }

  /** Notes that bytes begin to arrive: the journal follows them from now on. */
  begin(): void {
    if (this.#timer === undefined && !this.#closed) this.#saveSoon(this.#pause);
  }

  /** Notes bytes that are in the file now. */
  wrote(bytes: number): void {
    if (this.#closed) return;
    this.#unsaved += bytes;
    if (this.#unsaved >= LARGEST_UNSAVED && this.#saving === undefined) this.#saveSoon(0);
    else this.begin();
  }

  #saveSoon(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#saveByItself().catch(this.#options.onError);
    }, delay);
    this.#timer.unref();
  }

  async #saveByItself(): Promise<void> {
    await this.save();
    if (this.#options.isReceiving()) this.begin();
  }

  /**
   * Saves now, after a save that is going on.
   *
   * @throws what the disk says; what was claimed before stays true
   */
  async save(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving.catch(() => undefined);
    this.#saving = this.#save().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  /** Saves nothing more by itself. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #save(): Promise<void> {
    const { flush, handle, now, snapshot, target } = this.#options;
    const began = now();
    await flush();
    // What is written after this line may or may not reach the disk with it, so it is not claimed.
    const journal = snapshot();
    this.#unsaved = 0;
    if (journal.intervals === this.#saved?.intervals && journal.etag === this.#saved.etag) return;
    await handle.datasync();
    await writeJournal(target, journal);
    this.#saved = journal;
    const took = now() - began;
    this.#pause = Math.min(Math.max(took / SHARE, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  }
}
