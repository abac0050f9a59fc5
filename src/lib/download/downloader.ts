import { throwIfAborted } from '../errors.ts';
import type { Http } from '../http/types.ts';
import { downloadFile } from './download.ts';
import type { Patience } from './patience.ts';
import type { DownloadEvent, DownloadResult, FileIdentity, Location } from './types.ts';

/** What a downloader is made with. */
export interface DownloaderOptions {
  readonly http: Http;
  /** 1 to 8; without it as many as help, 4 at most. */
  readonly connections?: number | undefined;
  /** Bytes per second over all connections. */
  readonly limitRate?: number | undefined;
  readonly patience?: Partial<Patience> | undefined;
  readonly signal: AbortSignal;
}

/** One file to fetch. */
export interface DownloadRequest {
  /** Where it goes, absolute. Its unfinished form lies beside it as `<target>.partial`. */
  readonly target: string;
  readonly identity: FileIdentity;
  /** Finds out where the bytes are; called again when a URL has expired. */
  readonly locate: () => Promise<Location>;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Fetches files over connections that they share. */
export interface Downloader {
  /**
   * Fetches one file: goes on from what is on disk, checks every answer, verifies the whole, and
   * only then gives it its final name. Many may be asked for at once; they are served in that order.
   *
   * @throws LlameroError NETWORK, RATE_LIMITED, FORBIDDEN, FILE_NOT_FOUND, HASH_MISMATCH, DISK_FULL,
   *   DISK_NOT_WRITABLE, or what the signal was aborted with
   */
  download(request: DownloadRequest): Promise<DownloadResult>;
  /** Ends what is still going on, its state kept, and closes the connections. */
  close(): Promise<void>;
}

/** Makes a downloader. Nothing is opened before the first file. */
export function createDownloader(options: DownloaderOptions): Downloader {
  const { http, patience, signal } = options;
  let last: Promise<unknown> = Promise.resolve();
  return {
    download: (request) => {
      const turn = last.then(() => {
        throwIfAborted(signal);
        return downloadFile({ ...request, http, signal, ...(patience && { patience }) });
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    close: async () => {
      await last;
    },
  };
}
