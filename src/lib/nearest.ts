import { distance } from 'fastest-levenshtein';

/**
 * The name that a mistyped one most likely means, in any case: the shortest that begins with it, or the
 * one that is fewest edits away, if those are few for its length.
 *
 * @param length how many of the typed letters tell a name from others; all of them unless told
 */
export function nearest(
  names: Iterable<string>,
  typed: string,
  length = typed.length,
): string | undefined {
  if (typed === '') return undefined;
  const wanted = typed.toLowerCase();
  const all = [...names].map((name) => ({ name, key: name.toLowerCase() }));
  const begun = all.filter(({ key }) => key.startsWith(wanted));
  if (begun.length > 0) {
    return begun.reduce((short, each) => (each.name.length < short.name.length ? each : short))
      .name;
  }
  let best: { readonly name: string; readonly steps: number } | undefined;
  for (const { key, name } of all) {
    const steps = distance(wanted, key);
    if (best === undefined || steps < best.steps) best = { name, steps };
  }
  // Of a single letter any other would be one edit away.
  const most = Math.min(1 + length / 4, length / 2);
  return best !== undefined && best.steps <= most ? best.name : undefined;
}
