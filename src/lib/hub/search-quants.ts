import { bitsPerWeight } from '../gguf/bits-per-weight.ts';
import { type Inventory, type Quant, type RepoFile, takeInventory } from '../gguf/inventory.ts';
import type { HubSearchHit } from './types.ts';

/**
 * The quants of a search hit. A search tells names of files and no sizes: the sizes are estimated
 * from the number of parameters, and 0 where that is not known.
 */
export function quantsOf(hit: HubSearchHit): Inventory<RepoFile> {
  const files = hit.ggufFiles.map((path) => ({ path, size: 0 }));
  const inventory = takeInventory(files, { repo: hit.id });
  return {
    ...inventory,
    quants: inventory.quants.map((quant) => ({ ...quant, size: estimatedSize(hit, quant) ?? 0 })),
  };
}

/** About how many bytes a quant of a search hit has; undefined where nothing tells. */
export function estimatedSize(
  { parameters }: Pick<HubSearchHit, 'parameters'>,
  { name }: Pick<Quant<RepoFile>, 'name'>,
): number | undefined {
  const bits = bitsPerWeight(name);
  return parameters === undefined || bits === undefined
    ? undefined
    : Math.round((parameters * bits) / 8);
}
