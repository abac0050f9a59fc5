import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Http } from '../../../src/lib/http/types.ts';
import { createHub, type Hub } from '../../../src/lib/hub/hub.ts';
import { createDocumentCache } from '../../../src/lib/info/document-cache.ts';
import { createRemoteHeaders, type RemoteHeaders } from '../../../src/lib/info/headers.ts';
import { createListings, type Listings } from '../../../src/lib/info/listings.ts';
import type { TestHub } from '../../support/hub/hub.ts';
import { quickHttp } from '../../support/quick-http.ts';

/** What is known of one hub, in a folder of its own. */
export class Place implements AsyncDisposable {
  readonly folder: string;
  readonly http: Http;
  readonly hub: Hub;
  readonly headers: RemoteHeaders;
  readonly listings: Listings;
  /** Milliseconds since 1970, as the listings see them. */
  now = Date.parse('2026-05-01T12:00:00Z');

  private constructor(folder: string, endpoint: string, options: PlaceOptions) {
    this.folder = folder;
    this.http = quickHttp({ retryLimit: 1 }).http;
    const { offline = false, token } = options;
    this.hub = createHub({
      http: this.http,
      endpoint,
      offline: offline ? { by: 'LLAMERO_OFFLINE', end: 'Unset LLAMERO_OFFLINE' } : undefined,
      token: token === undefined ? undefined : { token, origin: 'HF_TOKEN' },
    });
    const cache = (name: string) =>
      createDocumentCache({ folder: path.join(folder, name), limit: 10 });
    const hub = () => Promise.resolve(this.hub);
    this.headers = createRemoteHeaders({
      hub,
      http: () => Promise.resolve(this.http),
      cache: cache('headers'),
    });
    this.listings = createListings({
      hub,
      cache: cache('repos'),
      cards: cache('cards'),
      now: () => this.now,
    });
  }

  static async create(hub: TestHub, options: PlaceOptions = {}): Promise<Place> {
    return new Place(await mkdtemp(path.join(tmpdir(), 'llamero-info-')), hub.endpoint, options);
  }

  /** The same folder for a later run of the program. */
  again(hub: TestHub, options: PlaceOptions = {}): Place {
    return new Place(this.folder, hub.endpoint, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.http.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** How a hub is asked. */
export interface PlaceOptions {
  readonly offline?: boolean;
  readonly token?: string;
}
