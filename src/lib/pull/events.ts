import type { DownloadEvent } from '../download/types.ts';
import type { LlameroError } from '../errors.ts';
import type { LockHolder } from '../lock.ts';
import type { AdoptedBy } from '../reuse/adopt.ts';
import type { FoundCopy } from '../reuse/find.ts';
import type { PlannedFile, PullPlan } from './plan.ts';

/** Where the bytes of a file stand before the pull. */
export type FileState =
  /** Whole, under its final name. */
  | { readonly kind: 'there' }
  /** Whole, in the hands of another tool or of another repository of ours. */
  | { readonly kind: 'elsewhere'; readonly copy: FoundCopy; readonly linkable: boolean }
  /** To be fetched, from what has been received on. */
  | { readonly kind: 'fetch'; readonly received: number };

/** A file of a pull with what is still to be done about it. */
export interface PendingFile extends PlannedFile {
  readonly state: FileState;
}

/** A model of a pull, looked at. */
export interface PendingModel {
  readonly plan: PullPlan;
  readonly files: readonly PendingFile[];
}

/** What happens during a pull, for whoever draws it. */
export type PullEvent =
  /** A file is looked at: read whole to find out what it is. Bytes. */
  | {
      readonly type: 'looking';
      readonly name: string;
      readonly checked: number;
      readonly size: number;
    }
  | { readonly type: 'plan'; readonly models: readonly PendingModel[] }
  | { readonly type: 'waiting'; readonly file: PlannedFile; readonly holder: LockHolder }
  | { readonly type: 'file'; readonly file: PlannedFile; readonly event: DownloadEvent }
  | {
      readonly type: 'adopted';
      readonly file: PlannedFile;
      readonly copy: FoundCopy;
      readonly by: AdoptedBy;
    }
  | { readonly type: 'failed'; readonly ref: string; readonly error: LlameroError };

/** What was done to get a model. */
export interface PullResult {
  readonly ref: string;
  /** What llama-server is given: the model file or its first shard. */
  readonly path: string;
  /** Why this quant; missing when it was asked for. */
  readonly reason?: string;
  readonly files: readonly string[];
  /** Bytes that came over the network. */
  readonly downloaded: number;
  /** Bytes that were on this machine already. */
  readonly reused: number;
  /** Whether every file's digest was compared with the hub's. */
  readonly verified: boolean;
}

/** A model that could not be pulled. */
export interface PullFailure {
  readonly ref: string;
  readonly error: LlameroError;
}

/** What came of a pull of any number of models. */
export interface PullSummary {
  readonly models: readonly PullResult[];
  readonly failed: readonly PullFailure[];
}

/** The bytes that a file still needs on the disk. */
export function bytesToWrite({ hubFile, state }: PendingFile): number {
  switch (state.kind) {
    case 'there':
      return 0;
    case 'elsewhere':
      return state.linkable ? 0 : hubFile.size;
    case 'fetch':
      return hubFile.size - state.received;
  }
}

/** The bytes of a file that still come over the network. */
export function bytesToFetch({ hubFile, state }: PendingFile): number {
  return state.kind === 'fetch' ? hubFile.size - state.received : 0;
}
