/** One file of a stored model. */
export interface StoredFile {
  /** Absolute path on this machine. */
  readonly path: string;
  /** The file's path in its repository; the name on disk where that is not known. */
  readonly name: string;
  /** Bytes. Of an unfinished file: the size it will have, where that is known. */
  readonly size: number;
  /** Hex digest, where it is known and was checked. */
  readonly sha256?: string;
}

/** Whether all of a model is there. */
export const MODEL_STATES = ['complete', 'partial'] as const;

/** A model as the store holds it: one quant of one repository. */
export interface StoredModel {
  /** `user/repo:QUANT`, unique in the store. */
  readonly ref: string;
  /** `user/repo`. */
  readonly repo: string;
  readonly quant: string;
  /** The file llama-server is given: the model itself or its first shard. Absolute. */
  readonly path: string;
  /** The shards in order, or the one file. */
  readonly files: readonly StoredFile[];
  /** The projector (mmproj) that belongs to the repository, where one is stored. Absolute. */
  readonly projector?: string;
  /** Bytes on disk of the files. */
  readonly size: number;
  readonly state: (typeof MODEL_STATES)[number];
  /** Of a partial model: how much of it is on disk, 0 to 100. */
  readonly percent?: number;
  /** Of a partial model: bytes that its files will have, where that is known. */
  readonly expectedSize?: number;
  readonly modifiedAt: Date;
  /** When the pull of it ended. A file that was linked may be older than that. */
  readonly pulledAt?: Date;
  readonly lastUsedAt?: Date;
  readonly timesUsed?: number;
  /** At least one, in the order in which they were given. */
  readonly tags?: readonly string[];
}

/** A model that is put together piece by piece: of thousands that takes half the time. */
export type MutableModel = { -readonly [K in keyof StoredModel]: StoredModel[K] };
