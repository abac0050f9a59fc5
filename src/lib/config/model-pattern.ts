/**
 * Whether a text can stand before the settings of a model: a reference (`user/repo`,
 * `user/repo:Q4_K_M`), or a pattern with `*` for any characters and `?` for one.
 */
export function isModelPattern(pattern: string): boolean {
  return /^[^\s\p{Cc}]+$/u.test(pattern) && /^[^/]+\/[^/]+$|[*?]/u.test(pattern);
}

/** How exactly a pattern names a model: compared by {@link lessExact}. */
export interface Exactness {
  /** 2 for the reference of one quant, 1 for that of a repository, 0 for a pattern. */
  readonly rank: 0 | 1 | 2;
  readonly length: number;
}

/**
 * Whether and how exactly a pattern fits a model. Case does not matter, and `@` before a quant is
 * the same as `:`. A pattern without `:` is held against `user/repo`, one with it against the whole
 * reference.
 *
 * @returns undefined when it does not fit
 */
export function fits(pattern: string, model: ModelName): Exactness | undefined {
  return fitting(pattern)(model);
}

/** What a pattern is held against. */
interface ModelName {
  readonly ref: string;
  readonly repo: string;
}

/** As {@link fits}, for who holds one pattern against many models. */
export function fitting(pattern: string): (model: ModelName) => Exactness | undefined {
  const wanted = pattern.toLowerCase().replace(/^([^@:]*)@/u, '$1:');
  const { length } = wanted;
  const isGlob = /[*?]/u.test(wanted);
  const isOfQuant = wanted.includes(':');
  return ({ ref, repo }) => {
    const name = (isOfQuant ? ref : repo).toLowerCase();
    if (isGlob) return matchesGlob(wanted, name) ? { rank: 0, length } : undefined;
    if (wanted !== name) return undefined;
    return { rank: isOfQuant ? 2 : 1, length };
  };
}

/** Less than 0 where the first is less exact: pattern, longer pattern, repository, quant. */
export function lessExact(one: Exactness, other: Exactness): number {
  return one.rank - other.rank || one.length - other.length;
}

/**
 * Whether a text is of the form of a glob: `*` for any characters, `?` for one. Steps back to the last star alone, so that no pattern
 * takes long.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const only = glob.indexOf('*');
  if (only !== -1 && only === glob.lastIndexOf('*') && !glob.includes('?')) {
    // Nearly all patterns, and for thousands of names in a fraction of the time.
    return (
      text.length >= glob.length - 1 &&
      text.startsWith(glob.slice(0, only)) &&
      text.endsWith(glob.slice(only + 1))
    );
  }
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (glob[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (glob[at] === '?' || glob[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star === -1) {
      return false;
    } else {
      resume += 1;
      index = resume;
      at = star + 1;
    }
  }
  return /^\**$/u.test(glob.slice(at));
}
