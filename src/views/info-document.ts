import type { GgufValue } from '../lib/gguf/header-values.ts';
import type { FitVerdict } from '../lib/gguf/fit.ts';
import { tensorBytes, tensorTypeName } from '../lib/gguf/memory-types.ts';
import { isTemplateKnown } from '../lib/info/description.ts';
import type { ModelInfo, QuantInfo } from '../lib/info/types.ts';
import { type ErrorDocument, errorDocument } from '../lib/ui/error-text.ts';

/** A quant in the document of `info`. Sizes and memory are bytes. */
export interface QuantDocument {
  readonly quant: string;
  readonly ref: string;
  readonly size: number;
  readonly bitsPerWeight: number | null;
  readonly files: readonly {
    readonly path: string;
    readonly size: number;
    readonly sha256?: string;
  }[];
  /** Numbers of the shards that the hub lacks; missing where it is whole. */
  readonly missingShards?: readonly number[];
  readonly downloaded: boolean;
  /** The file on this machine, the first shard of several. */
  readonly path?: string;
  /** Here, and no longer at the hub. */
  readonly gone?: true;
  /** Here, and of other content than the hub's file. */
  readonly otherVersion?: true;
  /** Null where nobody knows how large it is: of an unfinished model, without the hub. */
  readonly fit: FitVerdict | null;
  /** What it would take, with the context that is asked about; null as `fit` is. */
  readonly memory: number | null;
  readonly default: boolean;
  /** Why it is the default. */
  readonly reason?: string;
}

/** The `--json` document of `info` for one model. What is not known is left out. */
export interface InfoDocument {
  readonly repo: string;
  /** The quant that was asked about. */
  readonly quant?: string;
  readonly url?: string;
  /** When the hub told this; missing where all is from this machine. */
  readonly askedAt?: string;
  readonly commit?: string;
  readonly author?: string;
  readonly license?: string;
  readonly gated?: false | 'auto' | 'manual';
  readonly private?: boolean;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly downloads?: number;
  readonly likes?: number;
  readonly pipeline?: string;
  readonly baseModels?: readonly string[];
  readonly name?: string;
  readonly architecture?: string;
  readonly parameters?: number;
  readonly contextLength?: number;
  readonly blockCount?: number;
  readonly embeddingLength?: number;
  readonly headCount?: number;
  readonly headCountKv?: number;
  readonly vocabularySize?: number;
  /** Null where nobody knows: the file was not read so far, and the hub does not tell. */
  readonly chatTemplate: boolean | null;
  readonly capabilities: readonly string[];
  /** What the fit of quants was judged by; memory in bytes. */
  readonly judgedBy: {
    readonly contextSize: number;
    readonly memory: number;
    readonly gpuMemory: number | null;
  };
  readonly quants: readonly QuantDocument[];
  readonly projectors: readonly {
    readonly path: string;
    readonly size: number;
    readonly downloaded: boolean;
  }[];
  readonly other: readonly {
    readonly path: string;
    readonly kind: string;
    readonly reason?: string;
  }[];
  readonly card?: string | null;
  readonly template?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tensors?: readonly TensorDocument[];
  /** What could not be learnt. */
  readonly problems: readonly ErrorDocument['error'][];
}

/** A tensor in the document of `info --tensors`. */
interface TensorDocument {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly size: number | null;
}

/** What of a model is wanted beside the overview. */
export interface InfoDetails {
  readonly card: boolean;
  readonly files: boolean;
  readonly metadata: boolean;
  readonly tensors: boolean;
  readonly template: boolean;
}

/** A model as `--json` prints it. */
export function infoDocument(info: ModelInfo, page: string, details: InfoDetails): InfoDocument {
  const { description, machine } = info;
  const { chatTemplate, fileType: _fileType, ...facts } = description;
  return {
    repo: info.repo,
    ...(info.asked === undefined ? {} : { quant: info.asked }),
    ...hubFacts(info, page),
    ...facts,
    chatTemplate: isTemplateKnown(info) ? chatTemplate !== undefined : null,
    judgedBy: {
      contextSize: info.contextSize,
      memory: machine.ram,
      gpuMemory: machine.gpu ?? null,
    },
    quants: info.quants.map((quant) => quantDocument(quant, info.choice?.reason)),
    projectors: info.projectors.map(({ isStored, path, size }) => ({
      path,
      size,
      downloaded: isStored,
    })),
    other: info.other,
    ...(details.card ? { card: info.card ?? null } : {}),
    ...(details.template ? { template: chatTemplate ?? null } : {}),
    ...(details.metadata ? { metadata: metadataDocument(info) } : {}),
    ...(details.tensors ? { tensors: tensorDocuments(info) } : {}),
    problems: info.problems.map((problem) => errorDocument(problem).error),
  };
}

function hubFacts({ listing }: ModelInfo, page: string): Partial<InfoDocument> {
  if (listing === undefined) return {};
  const { askedAt, model } = listing;
  const { createdAt, license, pipeline, updatedAt } = model;
  return {
    url: page,
    askedAt: askedAt.toISOString(),
    commit: model.commit,
    author: model.author,
    ...(license === undefined ? {} : { license }),
    gated: model.gated,
    private: model.private,
    ...(createdAt === undefined ? {} : { createdAt: createdAt.toISOString() }),
    ...(updatedAt === undefined ? {} : { updatedAt: updatedAt.toISOString() }),
    downloads: model.downloads,
    likes: model.likes,
    ...(pipeline === undefined ? {} : { pipeline }),
    baseModels: model.baseModels,
  };
}

function quantDocument(quant: QuantInfo, reason: string | undefined): QuantDocument {
  const { bitsPerWeight, fit, isDefault, isGone, isOtherVersion, missingShards, stored } = quant;
  return {
    quant: quant.label,
    ref: quant.ref,
    size: quant.size,
    bitsPerWeight: bitsPerWeight === undefined ? null : Math.round(bitsPerWeight * 100) / 100,
    files: quant.files,
    ...(missingShards.length === 0 ? {} : { missingShards }),
    downloaded: stored?.state === 'complete',
    ...(stored === undefined ? {} : { path: stored.path }),
    ...(isGone === undefined ? {} : { gone: isGone }),
    ...(isOtherVersion === undefined ? {} : { otherVersion: isOtherVersion }),
    fit: fit?.verdict ?? null,
    memory: fit?.memory ?? null,
    default: isDefault,
    ...(isDefault && reason !== undefined ? { reason } : {}),
  };
}

/** Values by their keys; of long lists, what they are. */
function metadataDocument({ header }: ModelInfo): Record<string, unknown> {
  const values = new Map<string, unknown>(header?.arrays);
  for (const [key, value] of header?.metadata ?? []) values.set(key, jsonValue(value));
  return Object.fromEntries(values);
}

/** JSON has no integers beyond 2^53: they stand as texts. */
function jsonValue(value: GgufValue): unknown {
  if (typeof value === 'object') return value.map(jsonValue);
  return typeof value === 'bigint' ? String(value) : value;
}

function tensorDocuments({ headers = [] }: ModelInfo): TensorDocument[] {
  return headers
    .flatMap(({ tensors = [] }) => tensors)
    .map(({ dimensions, name, type }) => ({
      name,
      type: tensorTypeName(type),
      shape: dimensions,
      size: tensorBytes(type, dimensions) ?? null,
    }));
}
