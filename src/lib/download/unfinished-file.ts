import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder, renameOver, syncFolder } from '../files.ts';
import { ByteMap } from './byte-map.ts';
import { isDiskFailure } from './give-up.ts';
import { type Intervals, lengthOf } from './intervals.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { partialOf, readJournal, removePartial, writeJournal } from './journal.ts';
import type { Slots } from './slots.ts';
import type { FileIdentity } from './types.ts';
import { Verifier } from './verifier.ts';
import type { Digests } from './verify.ts';

/** What an unfinished file works with. */
export interface UnfinishedFileOptions {
  readonly target: string;
  readonly identity: FileIdentity;
  readonly hashSlots: Slots;
  /** Called with how many bytes from the beginning have been hashed. */
  readonly onChecked: (bytes: number) => void;
  /** Called when the journal could not be saved by itself. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/** A file on its way to its final name: its bytes, its journal, and the hash that follows them. */
export class UnfinishedFile {
  readonly handle: FileHandle;
  /** What was on disk when the file was opened, by the word of the journal. */
  readonly inherited: Intervals;
  /** The entity tag that the bytes come with. */
  etag: string | undefined;
  readonly #options: UnfinishedFileOptions;
  readonly #keeper: JournalKeeper;
  readonly #flushes = new Set<() => Promise<void>>();
  #map: ByteMap;
  #verifier: Verifier;

  private constructor(
    handle: FileHandle,
    known: { readonly written: Intervals; readonly etag: string | undefined },
    options: UnfinishedFileOptions,
  ) {
    const { identity, now, onError, target } = options;
    this.handle = handle;
    this.inherited = known.written;
    this.etag = known.etag;
    this.#options = options;
    this.#map = new ByteMap(identity.size, known.written);
    this.#verifier = this.#startVerifier();
    this.#keeper = new JournalKeeper({
      target,
      handle,
      flush: async () => {
        await Promise.all([...this.#flushes].map((flush) => flush()));
      },
      snapshot: () => ({ identity, etag: this.etag, intervals: this.#map.written }),
      isReceiving: () => this.#flushes.size > 0,
      onError,
      now,
    });
  }

  /**
   * Opens the unfinished form of a file with what of it is there already.
   *
   * @throws what the disk says
   */
  static async open(options: UnfinishedFileOptions): Promise<UnfinishedFile> {
    const { identity, target } = options;
    await makeFolder(path.dirname(target));
    const journal = await readJournal(target, identity);
    const isNew = lengthOf(journal.intervals) === 0;
    const handle = await open(partialOf(target).data, isNew ? 'w' : 'r+');
    try {
      // Data of another file was emptied before the journal speaks of this one.
      if (isNew) await writeJournal(target, journal);
    } catch (error) {
      await handle.close();
      throw error;
    }
    // Where a digest is known it decides, so that nothing is thrown away only because the servers
    // name the same content differently by now.
    const isVerifiable = (identity.sha256 ?? identity.gitOid) !== undefined;
    const etag = isVerifiable || isNew ? undefined : journal.etag;
    return new UnfinishedFile(handle, { written: journal.intervals, etag }, options);
  }

  get map(): ByteMap {
    return this.#map;
  }

  /** Notes bytes that are in the file now. */
  wrote(start: number, end: number): void {
    this.#map.add([start, end]);
    this.#verifier.advance(this.#map.frontier);
    this.#keeper.wrote(end - start);
  }

  /** Adds a way to have written what has arrived; answers what takes it back. */
  addFlush(flush: () => Promise<void>): () => void {
    this.#flushes.add(flush);
    this.#keeper.begin();
    return () => this.#flushes.delete(flush);
  }

  /** Keeps a part of what is there and forgets the rest. Nobody may be writing. */
  async restart(keep: Intervals): Promise<void> {
    await this.#verifier.close();
    this.#map = new ByteMap(this.#options.identity.size, keep);
    // An old journal claims nothing of an empty file, whenever we are killed.
    if (keep.length === 0) {
      this.etag = undefined;
      await this.handle.truncate(0);
    }
    await this.#keeper.save();
    this.#verifier = this.#startVerifier();
  }

  /** The digests of the file, all of whose bytes are there. */
  async digest(): Promise<Digests> {
    const [digests] = await Promise.all([this.#verifier.digests(), this.#keeper.save()]);
    return digests;
  }

  /** Gives the file its final name. */
  async finish(): Promise<void> {
    const { target } = this.#options;
    this.#keeper.close();
    await this.handle.sync();
    await this.handle.close();
    await renameOver(partialOf(target).data, target);
    await syncFolder(path.dirname(target));
    await removePartial(target);
  }

  /** Leaves the file so that it can be continued. Nobody may be writing. */
  async leave(): Promise<void> {
    this.#keeper.close();
    await this.#verifier.close();
    try {
      await this.#keeper.save();
    } catch (error) {
      // The disk is why we leave, or will be; what the journal claimed before stays true.
      if (!isDiskFailure(error)) throw error;
    } finally {
      await this.handle.close();
    }
  }

  /** Removes the file. Nobody may be writing. */
  async discard(): Promise<void> {
    this.#keeper.close();
    await this.#verifier.close();
    await this.handle.close();
    await removePartial(this.#options.target);
  }

  /** Ends the hashing, and with it {@link digest}, at once. */
  stopHashing(): void {
    void this.#verifier.close();
  }

  #startVerifier(): Verifier {
    const { hashSlots, identity, onChecked, target } = this.#options;
    const file = partialOf(target).data;
    const verifier = new Verifier({ file, identity, slots: hashSlots, onChecked });
    verifier.advance(this.#map.frontier);
    return verifier;
  }
}
