import { bitsPerWeight } from '../gguf/bits-per-weight.ts';
import { foldersOf, nameOf, withoutExtension } from '../gguf/file-name.ts';
import { describeModel } from '../gguf/header-description.ts';
import type { Quant } from '../gguf/inventory.ts';
import { locateQuant } from '../gguf/quant-name.ts';
import { withoutShardCount } from '../gguf/shards.ts';
import { isSameLabel } from './here.ts';
import type { FoundHeaders } from './quant-headers.ts';
import type { InfoFile } from './types.ts';

/** What tells how many weights a model has. */
export interface Weights {
  /** By a header, or by what the hub has read. */
  readonly parameters: number | undefined;
  readonly found: FoundHeaders | undefined;
}

/**
 * Makes what tells the bits that a weight of a quant takes: by its size where the number of its weights
 * is known, else of its type in general, undefined for a file whose name tells none.
 *
 * A repository may hold several models, and one header counts the weights of its own model alone. Which
 * of them the hub has counted is not known.
 */
export function createBitsOf(
  quants: readonly Quant<InfoFile>[],
  { found, parameters }: Weights,
): (quant: Quant<InfoFile>) => number | undefined {
  const isOneModel = new Set(quants.map(modelOf)).size === 1;
  const counted = isOneModel ? parameters : parametersIn(found);
  const own = quants.find(({ label }) => isSameLabel(label, found?.label ?? ''));
  const model = own === undefined ? undefined : modelOf(own);
  return (quant) =>
    counted !== undefined && (isOneModel || modelOf(quant) === model)
      ? (8 * quant.size) / counted
      : bitsPerWeight(quant.name);
}

/** How many weights the headers of a whole quant count. */
function parametersIn(found: FoundHeaders | undefined): number | undefined {
  const [first, ...others] = found?.headers ?? [];
  if (first === undefined || found?.isAll !== true) return undefined;
  return describeModel(first, others).parameters;
}

/** What the files of a model in several quants have in common: their path without the quant. */
function modelOf({ files: [file] }: Quant<InfoFile>): string {
  const stem = withoutShardCount(withoutExtension(file?.path ?? ''));
  const parts = [...foldersOf(stem), nameOf(stem)].map((part) => locateQuant(part)?.before ?? part);
  return parts
    .filter((part) => part !== '')
    .join('/')
    .toLowerCase();
}
