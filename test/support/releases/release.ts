import { storeFile } from '../hub/stored-file.ts';
import type { FileSource, StoredFile } from '../hub/stored-file.ts';

/** What a test puts into a release: its bytes, and what the API is to tell about them. */
export type AssetSource = FileSource & {
  /** `starter` while the upload goes on; `uploaded` unless told. */
  readonly state?: 'uploaded' | 'starter' | 'open';
  /** Told in place of the true `sha256:<hex>`; null tells none, as for assets of before June 2025. */
  readonly digest?: string | null;
  /** Told in place of the true size. */
  readonly size?: number;
};

/** How a release differs from what its tag makes it. */
export interface ReleaseOptions {
  /** Seen by nobody but its makers. */
  readonly draft?: boolean;
  /** By itself a `b*` is one, and all else is none. */
  readonly prerelease?: boolean;
  /** ISO 8601; by itself a minute after the release before. */
  readonly publishedAt?: string;
}

/** A file of a release. */
export interface StoredAsset {
  readonly id: number;
  readonly name: string;
  readonly file: StoredFile;
  readonly state: string;
  readonly digest: string | null;
  readonly size: number;
}

/** A release as the servers keep it. */
export interface StoredRelease {
  readonly id: number;
  readonly tag: string;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly publishedAt: Date;
  readonly assets: ReadonlyMap<string, StoredAsset>;
}

const FIRST_DATE = Date.parse('2026-10-01T00:00:00Z');
const MINUTE_MS = 60_000;

/** Every release of the one repository. */
export class Shelf {
  readonly #releases = new Map<string, StoredRelease>();
  #lastId = 1000;
  #lastDate = FIRST_DATE;

  /** Hashes the assets and puts the release up; one of the same tag is replaced. */
  async publish(
    tag: string,
    sources: Readonly<Record<string, AssetSource>>,
    options: ReleaseOptions = {},
  ): Promise<StoredRelease> {
    const publishedAt =
      options.publishedAt === undefined
        ? new Date(this.#lastDate + MINUTE_MS)
        : new Date(options.publishedAt);
    this.#lastDate = Math.max(this.#lastDate, publishedAt.getTime());
    const assets = await Promise.all(
      Object.entries(sources).map(async ([name, source]) => this.#store(name, source)),
    );
    const release = {
      id: this.#nextId(),
      tag,
      draft: options.draft ?? false,
      prerelease: options.prerelease ?? /^b\d+$/u.test(tag),
      publishedAt,
      assets: new Map(assets.map((asset) => [asset.name, asset])),
    };
    this.#releases.set(tag, release);
    return release;
  }

  withdraw(tag: string): void {
    if (!this.#releases.delete(tag)) throw new Error(`There is no release ${tag} to withdraw`);
  }

  get(tag: string): StoredRelease | undefined {
    return this.#releases.get(tag);
  }

  /** What the public sees: newest first, without drafts. */
  published(): StoredRelease[] {
    return [...this.#releases.values()]
      .filter((release) => !release.draft)
      .sort((a, b) => b.publishedAt.getTime() - a.publishedAt.getTime() || b.id - a.id);
  }

  async #store(name: string, source: AssetSource): Promise<StoredAsset> {
    const file = await storeFile(name, source);
    return {
      id: this.#nextId(),
      name,
      file,
      state: source.state ?? 'uploaded',
      digest: source.digest === undefined ? `sha256:${file.sha256}` : source.digest,
      size: source.size ?? file.size,
    };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
