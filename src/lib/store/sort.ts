import { compareText } from '../gguf/file-name.ts';
import type { ModelFacts } from './facts.ts';
import type { StoredModel } from './model.ts';

/** The orders in which models can be listed. */
export const SORT_ORDERS = ['name', 'size', 'modified', 'used', 'params'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

/** What a model's header tells, by the model's reference. */
export type FactsByRef = ReadonlyMap<string, ModelFacts>;

/**
 * Since when nobody has touched a model: since its last use, or since it came where that is later. What
 * is known of its use outlives a removal of its files, and a file that was linked from another tool may
 * be much older than its pull.
 */
export function restingSince({ lastUsedAt, modifiedAt, pulledAt }: StoredModel): Date {
  const times = [modifiedAt, pulledAt, lastUsedAt].map((moment) => moment?.getTime() ?? 0);
  return new Date(Math.max(...times));
}

/**
 * Puts models in an order: names from A to Z, else the largest, newest or last used first. What is
 * not known comes last; equals stay as they were.
 */
export function sortModels(
  models: readonly StoredModel[],
  order: SortOrder,
  facts: FactsByRef = new Map(),
): StoredModel[] {
  if (order === 'name') {
    return models.toSorted((one, other) =>
      compareText(one.ref.toLowerCase(), other.ref.toLowerCase()),
    );
  }
  const keyed = models.map((model) => ({ model, key: keyOf(model, order, facts) }));
  return keyed.sort((one, other) => other.key - one.key).map(({ model }) => model);
}

function keyOf(model: StoredModel, order: Exclude<SortOrder, 'name'>, facts: FactsByRef): number {
  switch (order) {
    case 'size':
      return model.size;
    case 'modified':
      return model.modifiedAt.getTime();
    case 'used':
      return model.lastUsedAt?.getTime() ?? 0;
    case 'params':
      return facts.get(model.ref)?.parameters ?? 0;
  }
}
