import { open, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { makeFolder, onDisk, renameOver, syncFolder } from '../files.ts';
import type { Http } from '../http/types.ts';
import { pause } from '../pause.ts';
import { SegmentFailure } from './failure.ts';
import { frontierOf } from './intervals.ts';
import {
  partialOf,
  type PartialFile,
  readJournal,
  removePartial,
  writeJournal,
} from './journal.ts';
import { PATIENCE, type Patience } from './patience.ts';
import { fetchSegment } from './segment.ts';
import type { DownloadEvent, DownloadResult, FileIdentity, Location } from './types.ts';
import { digestFile, mismatch } from './verify.ts';

/** The largest part that one request asks for: a cut connection costs no more than what is in flight. */
const SEGMENT_SIZE = 64 * 1024 * 1024;
const PROGRESS_SIZE = 1024 * 1024;

/** One file to fetch. */
export interface DownloadRequest {
  /** Where it goes, absolute. Its unfinished form lies beside it as `<target>.partial`. */
  readonly target: string;
  readonly identity: FileIdentity;
  /** Finds out where the bytes are; called again when a URL has expired. */
  readonly locate: () => Promise<Location>;
  readonly http: Http;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DownloadEvent) => void;
  readonly patience?: Partial<Patience>;
}

/**
 * Fetches one file: goes on from what is on disk, checks every answer, verifies the whole, and only
 * then gives it its final name. Killed at any instant, the next call continues.
 *
 * @throws LlameroError NETWORK, RATE_LIMITED, FORBIDDEN, FILE_NOT_FOUND, HASH_MISMATCH, DISK_FULL,
 *   DISK_NOT_WRITABLE, or what the signal was aborted with
 */
export async function downloadFile(request: DownloadRequest): Promise<DownloadResult> {
  const partial = partialOf(request.target);
  return onDisk(partial.data, async () => {
    await makeFolder(path.dirname(request.target));
    let fetched = 0;
    for (let attempt = 1; ; attempt += 1) {
      fetched += await new Transfer(request, partial).run();
      const { size } = request.identity;
      const digests = await digestFile(
        partial.data,
        (checked) => request.onEvent({ type: 'verify', checked, size }),
        request.signal,
      );
      const wrong = mismatch(request.identity, digests);
      if (wrong === undefined) {
        await finish(request.target, partial);
        request.onEvent({ type: 'end', fetched });
        return { fetched, sha256: digests.sha256 };
      }
      // Known to be wrong, and not where: nothing of it can be built upon.
      await removePartial(request.target);
      if (attempt === 2) throw damaged(request, wrong);
      request.onEvent({ type: 'restart', reason: `the file is damaged (${wrong})` });
    }
  });
}

async function finish(target: string, partial: PartialFile): Promise<void> {
  const handle = await open(partial.data, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameOver(partial.data, target);
  await syncFolder(path.dirname(target));
  await removePartial(target);
}

function damaged({ target, identity }: DownloadRequest, wrong: string): LlameroError {
  return new LlameroError(
    'HASH_MISMATCH',
    `${path.basename(target)} arrived damaged twice: ${wrong}`,
    {
      hint: `The server at ${new URL(identity.source).host}, or something on the way, changes the file. Nothing of it was kept; try again later or over another network`,
    },
  );
}

/** One run through a file, from what is on disk to its last byte. */
class Transfer {
  readonly #request: DownloadRequest;
  readonly #partial: PartialFile;
  readonly #patience: Patience;
  #location: Location | undefined;
  /** Whether the URL in hand has not yet served anything. */
  #fresh = true;
  #etag: string | undefined;
  #position = 0;
  #fetched = 0;
  #failures = 0;
  #restarts = 0;
  #sinceFailure = 0;
  #reported = 0;

  constructor(request: DownloadRequest, partial: PartialFile) {
    this.#request = request;
    this.#partial = partial;
    this.#patience = { ...PATIENCE, ...request.patience };
  }

  /** Answers the bytes that came over the network. */
  async run(): Promise<number> {
    const { identity, onEvent } = this.#request;
    const journal = await readJournal(this.#request.target, identity);
    const received = frontierOf(journal.intervals);
    this.#etag = journal.etag;
    this.#position = received;
    this.#reported = received;
    onEvent({ type: 'begin', received, size: identity.size });
    // Data of another file is emptied before the journal claims it, never the other way round.
    const handle = await open(this.#partial.data, received > 0 ? 'r+' : 'w');
    try {
      await this.#save();
      while (this.#position < identity.size) await this.#step(handle);
    } finally {
      await handle.close();
    }
    onEvent({ type: 'progress', received: this.#position, size: identity.size });
    return this.#fetched;
  }

  async #step(handle: FileHandle): Promise<void> {
    const { http, identity, signal } = this.#request;
    const start = this.#position;
    try {
      this.#location ??= await this.#request.locate();
      await fetchSegment({
        http,
        location: this.#location,
        handle,
        start,
        end: Math.min(start + SEGMENT_SIZE, identity.size),
        size: identity.size,
        etag: this.#etag,
        stallSeconds: this.#patience.stallSeconds,
        signal,
        onAnswer: (etag) => this.#remember(etag),
        onRestart: () => this.#restart('the server cannot continue a file'),
        onWritten: (position, bytes) => this.#count(position, bytes),
      });
    } catch (error) {
      if (!(error instanceof SegmentFailure)) throw error;
      await this.#recover(error);
    }
  }

  async #remember(etag: string | undefined): Promise<void> {
    this.#fresh = false;
    if (etag === undefined || etag === this.#etag) return;
    this.#etag = etag;
    await this.#save();
  }

  async #save(): Promise<void> {
    const { identity, target } = this.#request;
    const intervals = [[0, identity.size]] as const;
    await writeJournal(target, { identity, etag: this.#etag, intervals });
  }

  async #restart(reason: string): Promise<void> {
    await truncate(this.#partial.data, 0);
    this.#etag = undefined;
    await this.#save();
    this.#position = 0;
    this.#reported = 0;
    this.#request.onEvent({ type: 'restart', reason });
  }

  async #startAnew(failure: SegmentFailure): Promise<void> {
    this.#restarts += 1;
    if (this.#restarts > 1) throw this.#giveUp(failure);
    await this.#restart(failure.message);
  }

  #count(position: number, bytes: number): void {
    this.#position = position;
    this.#fetched += bytes;
    this.#sinceFailure += bytes;
    if (position - this.#reported < PROGRESS_SIZE) return;
    this.#reported = position;
    this.#request.onEvent({
      type: 'progress',
      received: position,
      size: this.#request.identity.size,
    });
  }

  async #recover(failure: SegmentFailure): Promise<void> {
    if (this.#sinceFailure >= PROGRESS_SIZE) this.#failures = 0;
    this.#sinceFailure = 0;
    this.#failures += 1;
    if (failure.remedy === 'never') throw this.#giveUp(failure);
    if (failure.remedy !== 'again') {
      // A URL that has just been given out will not get better by asking for the next one.
      const again = this.#fresh && this.#failures > 1;
      if (again && failure.remedy === 'elsewhere') throw this.#giveUp(failure);
      if (again) await this.#startAnew(failure);
      this.#location = undefined;
      this.#fresh = true;
      return;
    }
    const asked = failure.waitSeconds;
    const tooLong = asked !== undefined && asked > this.#patience.longestAskedSeconds;
    if (this.#failures > this.#patience.attempts || tooLong) throw this.#giveUp(failure);
    const doubled = this.#patience.firstWaitSeconds * 2 ** (this.#failures - 1);
    const own = Math.min(doubled, this.#patience.longestWaitSeconds) * (0.5 + Math.random());
    const seconds = asked ?? own;
    this.#request.onEvent({ type: 'wait', reason: failure.message, seconds });
    await pause(seconds * 1000, this.#request.signal);
  }

  #giveUp(failure: SegmentFailure): LlameroError {
    const { identity, target } = this.#request;
    const name = path.basename(target);
    const host = new URL(identity.source).host;
    const kept = 'What has arrived is kept: run the same command to continue';
    if (failure.status === 404) {
      return new LlameroError('FILE_NOT_FOUND', `${name}: ${failure.message}`, { cause: failure });
    }
    if (failure.status === 429) {
      return new LlameroError('RATE_LIMITED', `${name}: ${host} limits the rate of downloads`, {
        hint: `${kept} later; a token (HF_TOKEN) raises the limit`,
        cause: failure,
      });
    }
    if (failure.status === 401 || failure.status === 403) {
      return new LlameroError('FORBIDDEN', `${name}: ${failure.message}`, {
        hint: kept,
        cause: failure,
      });
    }
    return new LlameroError('NETWORK', `${name} could not be downloaded: ${failure.message}`, {
      hint: kept,
      cause: failure,
    });
  }
}
