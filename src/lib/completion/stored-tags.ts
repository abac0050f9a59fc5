import path from 'node:path';

import type { Paths } from '../config/paths.ts';
import { formatCount } from '../format.ts';
import { sortNames } from '../name-order.ts';
import { createStore } from '../store/store.ts';
import type { Candidate } from './candidate.ts';

/**
 * The tags that stored models have, each with how many have it.
 *
 * @param name a model, a repository or an alias whose tags alone are wanted; of another name all are
 */
export async function storedTags(
  { models: folder, run }: Paths,
  name?: string,
): Promise<Candidate[]> {
  const store = createStore({ models: folder, memory: { file: path.join(run, 'repos.jsonl') } });
  const { models } = await store.survey();
  const ref = name === undefined ? undefined : ((await store.aliases.list()).get(name) ?? name);
  const named = models.filter((model) => model.ref === ref || model.repo === ref);
  const counts = new Map<string, number>();
  for (const { tags = [] } of named.length > 0 ? named : models) {
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return sortNames([...counts.keys()]).map((value) => ({
    value,
    description: formatCount(counts.get(value) ?? 0, 'model'),
  }));
}
