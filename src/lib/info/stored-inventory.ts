import path from 'node:path';

import { sizeIfExists } from '../files.ts';
import type { Inventory, Projector, Quant } from '../gguf/inventory.ts';
import { parseQuantName } from '../gguf/quant-name.ts';
import { rankQuants } from '../gguf/ranking.ts';
import type { StoredModel } from '../store/model.ts';
import type { InfoFile } from './types.ts';

/** The stored quants of a repository as its inventory, for when the hub is not there to tell. */
export async function storedInventory(
  repo: string,
  models: readonly StoredModel[],
): Promise<Inventory<InfoFile>> {
  const quants = models.map((model): Quant<InfoFile> => ({
    label: model.quant,
    name: parseQuantName(model.quant)?.name ?? model.quant,
    files: model.files.map(({ name, sha256, size }) => ({
      path: name,
      size,
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
    size: model.expectedSize ?? model.size,
    // An unfinished model is no choice, as one is not whose shards are missing.
    ...(model.state === 'complete' ? {} : { shards: { total: 1, missing: [1] } }),
  }));
  return {
    quants: rankQuants(quants, { repo }),
    projectors: await storedProjectors(models),
    other: [],
  };
}

/** Whether it is known how large a model is: of an unfinished one the files that are here do not tell. */
export function isSizeKnown({ expectedSize, state }: StoredModel): boolean {
  return state === 'complete' || expectedSize !== undefined;
}

/** The store tells of one projector a repository. */
async function storedProjectors(models: readonly StoredModel[]): Promise<Projector<InfoFile>[]> {
  const file = models.find(({ projector }) => projector !== undefined)?.projector;
  if (file === undefined) return [];
  const name = path.basename(file);
  const label = name.replace(/^mmproj-|\.gguf$/gu, '');
  return [{ label, file: { path: name, size: (await sizeIfExists(file)) ?? 0 } }];
}
