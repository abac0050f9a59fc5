import type { Capability } from '../lib/gguf/header-description.ts';
import type { Fit } from '../lib/gguf/fit.ts';
import type { FoundModel } from './search-models.ts';

/** The `--json` document of `search`. What the hub does not tell is null. */
export interface SearchDocument {
  readonly models: readonly SearchEntry[];
  /** The page after this one, where there may be more. */
  readonly next?: number;
  /** Whether the hub's list is longer than what of it was looked through. */
  readonly cut?: true;
  /** What else could be asked, where nothing was found: one sentence each. */
  readonly suggestions?: readonly string[];
}

/** A repository that was found. */
export interface SearchEntry {
  /** `user/repo`. */
  readonly repo: string;
  readonly downloads: number;
  readonly likes: number;
  /** ISO 8601. */
  readonly updatedAt: string | null;
  readonly createdAt: string | null;
  readonly gated: boolean;
  readonly license: string | null;
  /** Number of parameters. */
  readonly parameters: number | null;
  readonly architecture: string | null;
  /** Tokens of context that it was trained for. */
  readonly contextLength: number | null;
  readonly capabilities: readonly Capability[];
  /** The labels of its quants, the best default first. */
  readonly quants: readonly string[];
  /** What a pull would take; null where no quant is whole. */
  readonly default: {
    readonly quant: string;
    readonly reason: string;
    /** Bytes, estimated from the number of parameters. */
    readonly estimatedSize: number | null;
    /** How it fits this machine's memory. */
    readonly fit: Fit | null;
  } | null;
  /** References of what of it is stored here. */
  readonly installed: readonly string[];
}

/** A hit for scripts. */
export function searchEntry({ choice, hit, installed, quants }: FoundModel): SearchEntry {
  return {
    repo: hit.id,
    downloads: hit.downloads,
    likes: hit.likes,
    updatedAt: hit.updatedAt?.toISOString() ?? null,
    createdAt: hit.createdAt?.toISOString() ?? null,
    gated: hit.gated !== false,
    license: hit.license ?? null,
    parameters: hit.parameters ?? null,
    architecture: hit.architecture ?? null,
    contextLength: hit.contextLength ?? null,
    capabilities: hit.capabilities,
    quants,
    default:
      choice === undefined
        ? null
        : {
            quant: choice.quant,
            reason: choice.reason,
            estimatedSize: choice.estimatedSize ?? null,
            fit: choice.fit ?? null,
          },
    installed,
  };
}
