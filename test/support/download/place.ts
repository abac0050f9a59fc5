import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  createDownloader,
  type Downloader,
  type DownloaderOptions,
} from '../../../src/lib/download/downloader.ts';
import { partialOf } from '../../../src/lib/download/journal.ts';
import type {
  DownloadEvent,
  DownloadRequest,
  DownloadResult,
} from '../../../src/lib/download/types.ts';
import { createHttp } from '../../../src/lib/http/http.ts';
import type { Http } from '../../../src/lib/http/types.ts';
import { createHub } from '../../../src/lib/hub/hub.ts';
import { startHub, type TestHub } from '../hub/hub.ts';

/** Noise that every run makes alike, so that a byte out of place shows. */
export function noise(size: number, seed = 1): Buffer {
  const content = Buffer.alloc(size);
  for (let index = 0, state = seed; index < size; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    content[index] = state >>> 24;
  }
  return content;
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A file at the hub and the place where it is to go. */
export interface Item {
  readonly name: string;
  readonly content: Buffer;
  readonly target: string;
}

const REPO = 'llama/plain';
const NAME = 'model-Q4_K_M.gguf';

/** A hub with a repository, a folder of this machine, and what happens between them. */
export class Place implements AsyncDisposable {
  readonly hub: TestHub;
  readonly http: Http;
  readonly folder: string;
  readonly items: readonly Item[];
  readonly events: DownloadEvent[] = [];
  readonly #commit: string;
  readonly #client: ReturnType<typeof createHub>;
  readonly #open: Downloader[] = [];
  /** What a test changes of the downloader's settings. */
  options: Partial<DownloaderOptions> = {};

  private constructor(known: {
    hub: TestHub;
    http: Http;
    folder: string;
    items: readonly Item[];
    commit: string;
    client: ReturnType<typeof createHub>;
  }) {
    this.hub = known.hub;
    this.http = known.http;
    this.folder = known.folder;
    this.items = known.items;
    this.#commit = known.commit;
    this.#client = known.client;
  }

  /** Sets everything up; the first file is the one that most tests are about. */
  static async create(contents: readonly Buffer[], hubOptions = {}): Promise<Place> {
    const hub = await startHub(hubOptions);
    const http = createHttp({ version: '0.0.0', environment: {} });
    const folder = await mkdtemp(path.join(tmpdir(), 'llamero-download-'));
    const items = contents.map((content, index) => {
      const name = index === 0 ? NAME : `${index}-${NAME}`;
      return { name, content, target: path.join(folder, name) };
    });
    const files = Object.fromEntries(items.map(({ content, name }) => [name, { content }]));
    const { sha: commit } = await hub.addRepo(REPO, files);
    const client = createHub({ http, endpoint: hub.endpoint });
    return new Place({ hub, http, folder, items, commit, client });
  }

  get item(): Item {
    const [item] = this.items;
    if (item === undefined) throw new Error('the place has no file');
    return item;
  }

  get target(): string {
    return this.item.target;
  }

  /** A downloader that is impatient, so that tests are quick, and takes small parts. */
  downloader(signal = new AbortController().signal): Downloader {
    const downloader = createDownloader({
      http: this.http,
      signal,
      segments: { smallest: 512 * 1024, largest: 1024 * 1024 },
      ...this.options,
      patience: {
        stallSeconds: 0.5,
        slowSeconds: 0.4,
        firstWaitSeconds: 0.02,
        longestWaitSeconds: 0.05,
        attempts: 4,
        ...this.options.patience,
      },
    });
    this.#open.push(downloader);
    return downloader;
  }

  request(item = this.item, wanted?: Partial<DownloadRequest['identity']>): DownloadRequest {
    const { content, name, target } = item;
    return {
      target,
      identity: {
        source: `${this.hub.endpoint}/${REPO}@${this.#commit}/${name}`,
        size: content.length,
        sha256: sha256Of(content),
        ...wanted,
      },
      locate: () => this.#client.resolve(REPO, this.#commit, name),
      onEvent: (event) => this.events.push(event),
    };
  }

  /** Downloads the first file with a downloader of its own. */
  async download(signal?: AbortSignal): Promise<DownloadResult> {
    return this.downloader(signal).download(this.request());
  }

  /** Resolves when so many bytes of the first file are on disk, by the word of the downloader. */
  async waitForReceived(bytes: number): Promise<number> {
    for (;;) {
      const last = this.events.findLast(({ type }) => type === 'progress');
      if (last?.type === 'progress' && last.received >= bytes) return last.received;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Bytes that the CDN sent. */
  get sent(): number {
    return this.hub.requests
      .filter(({ host }) => host === 'cdn')
      .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  }

  /** What is on disk of the first file. */
  async left(): Promise<{ final: boolean; partial: number | undefined }> {
    const size = async (file: string): Promise<number | undefined> =>
      stat(file).then(
        (figures) => figures.size,
        () => undefined,
      );
    return {
      final: (await size(this.target)) !== undefined,
      partial: await size(partialOf(this.target).data),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((downloader) => downloader.close()));
    this.http.close();
    await this.hub.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
