import { abortError, LlameroError } from '../errors.ts';
import { onDisk } from '../files.ts';
import type { Http } from '../http/types.ts';
import { HostGates } from './host-gates.ts';
import { partialOf } from './journal.ts';
import { PATIENCE, type Patience } from './patience.ts';
import { RateLimit } from './rate-limit.ts';
import { Scheduler, type SegmentSizes } from './scheduler.ts';
import { Slots } from './slots.ts';
import { Transfer } from './transfer.ts';
import type { DownloadRequest, DownloadResult } from './types.ts';

export type { Patience } from './patience.ts';
export type { SegmentSizes } from './scheduler.ts';
export type { DownloadRequest } from './types.ts';

/** A cut connection costs no more than what is in flight; a new request costs a round trip. */
const SEGMENT_SIZES: SegmentSizes = { smallest: 16 * 1024 * 1024, largest: 64 * 1024 * 1024 };
/** One thread hashes faster than most lines deliver, two faster than most disks. */
const HASH_THREADS = 2;

/** What a downloader is made with. */
export interface DownloaderOptions {
  readonly http: Http;
  /** 1 to 8; without it as many as help, 4 at most. */
  readonly connections?: number | undefined;
  /** Bytes per second over all connections. */
  readonly limitRate?: number | undefined;
  readonly patience?: Partial<Patience> | undefined;
  /** How large the parts are that a file is fetched in; 16 to 64 MiB. */
  readonly segments?: SegmentSizes | undefined;
  readonly signal: AbortSignal;
}

/** Fetches files over connections that they share. */
export interface Downloader {
  /**
   * Fetches one file: goes on from what is on disk, checks every answer, verifies the whole, and
   * only then gives it its final name. Killed at any instant, the next call continues. Many may be
   * asked for at once; they are served in that order. Nobody else may be fetching the same file.
   *
   * @throws LlameroError NETWORK, RATE_LIMITED, FORBIDDEN, FILE_NOT_FOUND, HASH_MISMATCH, DISK_FULL,
   *   DISK_NOT_WRITABLE, what `locate` throws, or what the signal was aborted with
   */
  download(request: DownloadRequest): Promise<DownloadResult>;
  /** Ends what is still going on, its state kept, and closes the connections. */
  close(): Promise<void>;
}

function now(): number {
  return performance.now();
}

/** Makes a downloader. Nothing is opened before the first file. */
export function createDownloader(options: DownloaderOptions): Downloader {
  const { connections, http, limitRate, signal } = options;
  const patience = { ...PATIENCE, ...options.patience };
  const sizes = options.segments ?? SEGMENT_SIZES;
  const scheduler = new Scheduler({ http, connections, patience, sizes, now });
  const shared = {
    patience,
    gates: new HostGates(),
    limit: limitRate === undefined ? undefined : new RateLimit(limitRate, now),
    hashSlots: new Slots(HASH_THREADS),
    now,
    onChange: (delay?: number) => scheduler.pump(delay),
  };
  const unfinished = new Set<Transfer>();

  const failAll = (error: unknown): void => {
    for (const transfer of unfinished) transfer.fail(error);
  };
  const abort = (): void => failAll(abortError(signal));
  signal.addEventListener('abort', abort);

  return {
    async download(request) {
      if (signal.aborted) throw abortError(signal);
      const transfer = new Transfer(request, shared);
      unfinished.add(transfer);
      scheduler.add(transfer);
      try {
        return await onDisk(partialOf(request.target).data, () => transfer.result);
      } catch (error) {
        unfinished.delete(transfer);
        // Nothing fits on a full disk; each file says so for itself.
        if (error instanceof LlameroError && error.code === 'DISK_FULL') failAll(error.cause);
        throw error;
      } finally {
        unfinished.delete(transfer);
      }
    },
    async close() {
      signal.removeEventListener('abort', abort);
      const last = [...unfinished].map(({ result }) => result);
      failAll(new LlameroError('INTERRUPTED', 'The download was ended'));
      await Promise.allSettled(last);
      scheduler.close();
    },
  };
}
