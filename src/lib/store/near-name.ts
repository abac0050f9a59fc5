import { distance } from 'fastest-levenshtein';

import { nearest } from '../nearest.ts';
import type { AliasMap } from './aliases.ts';
import { type RepoNames, withoutFormat } from './repo-names.ts';

/** A shorter name is near to too many others. */
const SHORTEST = 4;

/**
 * The repositories whose names are the fewest edits away from a name in lower case, if those are few
 * for its length. Numbers are never taken for misspelled: Llama-3.3 is another model than Llama-3.2.
 */
export function nearestRepos(name: string, repos: readonly RepoNames[]): RepoNames[] {
  const { length } = withoutFormat(name);
  if (length < SHORTEST) return [];
  const numbers = numbersOf(name);
  let limit = 1 + Math.floor(length / 5);
  let found: RepoNames[] = [];
  for (const names of repos) {
    const candidates = name.includes('/') ? [names.whole] : [names.own, names.bare];
    for (const candidate of candidates) {
      if (Math.abs(candidate.length - name.length) > limit) continue;
      if (numbersOf(candidate) !== numbers) continue;
      const steps = distance(name, candidate);
      if (steps < limit) found = [];
      if (steps > limit || found.includes(names)) continue;
      limit = steps;
      found.push(names);
    }
  }
  return found;
}

function numbersOf(name: string): string {
  return name.match(/\d+/gu)?.join(' ') ?? '';
}

/** The alias, name or reference that a text is nearest to, as it is written, if it is near to any. */
export function nearestName(
  text: string,
  repos: readonly RepoNames[],
  aliases: AliasMap,
): string | undefined {
  const typed = text.toLowerCase().replace('@', ':');
  const [name = ''] = typed.split(':');
  // Edits can make a name only so much longer or shorter.
  const most = typed.length + 1 + typed.length / 4;
  const names = new Map<string, string>();
  const add = (name: string, written: string): void => {
    if (name.startsWith(typed) || (name.length <= most && !names.has(name))) {
      names.set(name, written);
    }
  };
  for (const alias of aliases.keys()) add(alias.toLowerCase(), alias);
  for (const { bare, models, own, repo, whole } of repos) {
    add(bare, repo);
    add(own, repo);
    add(whole, repo);
    if (!typed.includes(':')) continue;
    for (const { ref } of models) add(ref.toLowerCase(), ref);
  }
  // Where the repository is right, the quant alone is mistyped.
  const isRepo = repos.some(({ whole }) => whole === name);
  const near = nearest(names.keys(), typed, isRepo ? typed.length : withoutFormat(name).length);
  return near === undefined ? undefined : names.get(near);
}
