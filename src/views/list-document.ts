import type { StoredFile, StoredModel } from '../lib/store/model.ts';
import type { ModelRemarks } from './model-table.ts';

/** The `--json` document of `list`. Sizes are bytes, times ISO 8601. */
export interface ListDocument {
  readonly models: readonly {
    readonly ref: string;
    readonly repo: string;
    readonly quant: string;
    readonly size: number;
    readonly path: string;
    readonly files: readonly StoredFile[];
    readonly projector?: string;
    readonly state: 'complete' | 'partial';
    readonly percent?: number;
    /** Of an unfinished model: what its files will take, where that is known. */
    readonly expectedSize?: number;
    readonly modifiedAt: string;
    readonly pulledAt?: string;
    readonly lastUsedAt?: string;
    readonly timesUsed?: number;
    readonly tags?: readonly string[];
    /** Short names. */
    readonly aliases?: readonly string[];
    /** These where the order or a filter asks for what only the files tell. */
    readonly architecture?: string;
    readonly parameters?: number;
    readonly capabilities?: readonly string[];
  }[];
  readonly total: { readonly count: number; readonly size: number };
}

/** The document of some models. */
export function listDocument(
  models: readonly StoredModel[],
  size: number,
  { aliases, facts }: ModelRemarks,
): ListDocument {
  return {
    models: models.map(({ lastUsedAt, modifiedAt, pulledAt, ...model }) => {
      const names = aliases.get(model.ref);
      return {
        ...model,
        modifiedAt: modifiedAt.toISOString(),
        ...(pulledAt === undefined ? {} : { pulledAt: pulledAt.toISOString() }),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt: lastUsedAt.toISOString() }),
        ...(names === undefined ? {} : { aliases: names }),
        ...facts?.get(model.ref),
      };
    }),
    total: { count: models.length, size },
  };
}
