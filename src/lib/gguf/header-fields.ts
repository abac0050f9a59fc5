import type { GgufHeader } from './header.ts';
import type { GgufScalar } from './header-values.ts';

/** The keys of a model's own architecture, `llama.block_count`, by their second half. */
export interface HeaderFields {
  readonly architecture: string;
  /** A number of zero or more; undefined where there is none. Of an array, the first. */
  number(name: string): number | undefined;
  /**
   * A value for each block. A key that has one value holds for all; an array that is too short holds
   * nothing for the last.
   */
  perBlock(name: string): ((block: number) => number | undefined) | undefined;
  has(name: string): boolean;
  /** Whether it has an entry for each block. */
  isList(name: string): boolean;
}

/** Looks up what a header says about its architecture. */
export function fieldsOf(header: GgufHeader): HeaderFields {
  const architecture = textOf(header, 'general.architecture') ?? '';
  const find = (name: string) => header.metadata.get(`${architecture}.${name}`);
  return {
    architecture,
    number: (name) => {
      const value = find(name);
      return countOf(isList(value) ? value[0] : value);
    },
    perBlock: (name) => {
      const value = find(name);
      if (isList(value)) return (block) => countOf(value[block]);
      const all = countOf(value);
      return all === undefined ? undefined : () => all;
    },
    has: (name) => find(name) !== undefined,
    isList: (name) => isList(find(name)),
  };
}

/** A text of the metadata by its whole key. */
export function textOf(header: GgufHeader, key: string): string | undefined {
  const value = header.metadata.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** A number of zero or more of the metadata by its whole key. */
export function numberOf(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  return isList(value) ? undefined : countOf(value);
}

function isList(
  value: GgufScalar | readonly GgufScalar[] | undefined,
): value is readonly GgufScalar[] {
  return Array.isArray(value);
}

/** Switches for each block stand as booleans in some files and as numbers in others. */
function countOf(value: GgufScalar | undefined): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  const isCount = typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
  return isCount ? value : undefined;
}
