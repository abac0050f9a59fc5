/**
 * The order in which people look for names of models and files: by letters, whatever their case. Not
 * that of a language: the tables of one take longer to load than a thousand names to sort.
 */
export function compareNames(one: string, other: string): number {
  return compare(one.toLowerCase(), other.toLowerCase()) || compare(one, other);
}

/** Names in that order; of many each is put into small letters once. */
export function sortNames(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, small: name.toLowerCase() }))
    .sort((one, other) => compare(one.small, other.small) || compare(one.name, other.name))
    .map(({ name }) => name);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
