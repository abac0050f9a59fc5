import path from 'node:path';

import type { Context } from '../lib/context.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { ModelFilter } from '../lib/store/filter.ts';
import type { StoredModel } from '../lib/store/model.ts';
import type { FactsByRef } from '../lib/store/sort.ts';

/** The models that all of some filters accept. */
export function filterModels(
  models: readonly StoredModel[],
  filters: readonly ModelFilter[],
  facts: FactsByRef,
): StoredModel[] {
  return models.filter((model) =>
    filters.every((filter) => filter.accepts(model, facts.get(model.ref))),
  );
}

/**
 * What only the headers of models tell. They are read once and remembered by their files; nothing is
 * read where nobody asks.
 */
export async function factsFor(
  context: Context,
  models: readonly StoredModel[],
  needed: boolean,
): Promise<FactsByRef> {
  if (!needed) return new Map();
  const { paths, signal, terminal } = context;
  const { createFactsMemory } = await import('../lib/store/facts.ts');
  return createFactsMemory({ file: path.join(paths.run, 'headers.json') }).read(models, {
    signal,
    onSkip: (file, reason) => terminal.trace(oneLine(`Not read: ${file} (${reason})`)),
  });
}
