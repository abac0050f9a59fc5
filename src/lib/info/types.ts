import type { LlameroError } from '../errors.ts';
import type { Fit, MachineRoom } from '../gguf/fit.ts';
import type { ModelDescription } from '../gguf/header-description.ts';
import type { GgufHeader } from '../gguf/header.ts';
import type { OtherFile } from '../gguf/inventory.ts';
import type { StoredModel } from '../store/model.ts';
import type { KnownListing } from './listings.ts';

/** A file as the hub or the store knows it. */
export interface InfoFile {
  /** In the repository, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256?: string;
}

/** A quant of a model, there or here. */
export interface QuantInfo {
  readonly label: string;
  /** `user/repo:QUANT`. */
  readonly ref: string;
  /** Bytes; of an unfinished one of which nobody knows more, those that are here. */
  readonly size: number;
  /** By its size where the number of weights is known, else of its type in general. */
  readonly bitsPerWeight?: number;
  readonly files: readonly InfoFile[];
  /** Of a quant in shards: the numbers of those that are not at the hub. */
  readonly missingShards: readonly number[];
  /** The model on this machine, unfinished ones too. */
  readonly stored?: StoredModel;
  /** Whether it is here, and the hub has it no more. */
  readonly isGone?: true;
  /** Whether what is here differs from what the hub has. */
  readonly isOtherVersion?: true;
  /** Missing where nobody knows how large it is. */
  readonly fit?: Fit;
  readonly isDefault: boolean;
}

/** A projector of a model. */
export interface ProjectorInfo extends InfoFile {
  readonly label: string;
  readonly isStored: boolean;
}

/** A model: what the hub tells of it, what its header tells, and what of it is here. */
export interface ModelInfo {
  /** `user/repo`. */
  readonly repo: string;
  /** The label of the quant that was asked about. */
  readonly asked?: string;
  /** What the hub told; missing where it was not asked, or does not know the model. */
  readonly listing?: KnownListing;
  /** The header of one of its files, and which one; of a quant in shards those that were read. */
  readonly header?: GgufHeader;
  readonly headers?: readonly GgufHeader[];
  readonly headerFile?: string;
  readonly description: ModelDescription;
  /** The best default first. */
  readonly quants: readonly QuantInfo[];
  /** The quant that a pull takes by itself, and why; missing where none of them is whole. */
  readonly choice?: { readonly label: string; readonly reason: string };
  /** The model card: Markdown, as hostile as whoever wrote it. */
  readonly card?: string;
  readonly projectors: readonly ProjectorInfo[];
  readonly other: readonly OtherFile[];
  /** What the quants were judged by. */
  readonly contextSize: number;
  readonly machine: MachineRoom;
  /** What could not be learnt. */
  readonly problems: readonly LlameroError[];
}
