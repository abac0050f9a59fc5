import { distance } from 'fastest-levenshtein';

/**
 * The name that a mistyped one most likely means: the shortest that begins with it, or the one that is
 * fewest edits away, if those are few for its length.
 */
export function nearest(names: Iterable<string>, typed: string): string | undefined {
  const all = [...names];
  const begun = all.filter((name) => name.startsWith(typed));
  if (begun.length > 0) {
    return begun.reduce((short, name) => (name.length < short.length ? name : short));
  }
  let best: { readonly name: string; readonly steps: number } | undefined;
  for (const name of all) {
    const steps = distance(typed, name);
    if (best === undefined || steps < best.steps) best = { name, steps };
  }
  return best !== undefined && best.steps <= 1 + typed.length / 4 ? best.name : undefined;
}
