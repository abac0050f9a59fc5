import { LlameroError } from '../errors.ts';
import { onDisk, readTextIfExists, writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { nearest } from '../nearest.ts';

/** Short names of stored models: names as they were written, with the models' references. */
export type AliasMap = ReadonlyMap<string, string>;

/** The short names that the user gave to models. */
export interface Aliases {
  /** All of them, by name. */
  list(): Promise<AliasMap>;
  /**
   * Gives a model a short name; a model may have several.
   *
   * @param ref `user/repo:QUANT`
   * @returns the reference of the model that had the name before, if one had
   * @throws LlameroError USAGE for a name that cannot be one
   */
  set(name: string, ref: string): Promise<string | undefined>;
  /**
   * Takes names away, in any case.
   *
   * @throws LlameroError ALIAS_NOT_FOUND, and then all stay
   */
  remove(names: readonly string[]): Promise<AliasMap>;
  /** Takes all names of some models away; answers what they were. */
  removeOf(refs: readonly string[]): Promise<AliasMap>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;
/** Far more than anybody gives, and little enough to hold. */
const MOST = 10_000;

/** The alias that a text is, in any case. */
export function findAlias(aliases: AliasMap, text: string): string | undefined {
  if (aliases.has(text)) return text;
  const wanted = text.toLowerCase();
  return [...aliases.keys()].find((name) => name.toLowerCase() === wanted);
}

/**
 * Opens the file of aliases; it need not exist. A damaged one counts as empty until it is written
 * again.
 */
export function createAliases({ file }: { readonly file: string }): Aliases {
  async function read(): Promise<Map<string, string>> {
    return parseAliases(await onDisk(file, () => readTextIfExists(file)));
  }

  async function change<T>(work: (aliases: Map<string, string>) => T): Promise<T> {
    return withLock(`${file}.lock`, { purpose: 'writing aliases', waitSeconds: 30 }, async () => {
      const aliases = await read();
      const before = serialise(aliases);
      const result = work(aliases);
      const after = serialise(aliases);
      if (after !== before) await writeFileAtomic(file, after);
      return result;
    });
  }

  return {
    list: read,
    set: (name, ref) => {
      requireAliasName(name);
      return change((aliases) => {
        const old = findAlias(aliases, name);
        const before = old === undefined ? undefined : aliases.get(old);
        if (old !== undefined) aliases.delete(old);
        aliases.set(name, ref);
        return before;
      });
    },
    remove: (names) =>
      change((aliases) =>
        take(
          aliases,
          names.map((name) => findAlias(aliases, name) ?? raiseUnknown(name, aliases)),
        ),
      ),
    removeOf: async (refs) => {
      const isTheirs = ([, ref]: readonly [string, string]): boolean => refs.includes(ref);
      // Most models have none: their removal need not wait for a lock.
      if (![...(await read())].some(isTheirs)) return new Map();
      return change((aliases) =>
        take(
          aliases,
          [...aliases].filter(isTheirs).map(([name]) => name),
        ),
      );
    },
  };
}

function take(aliases: Map<string, string>, names: readonly string[]): AliasMap {
  const taken = new Map<string, string>();
  for (const name of names) {
    const ref = aliases.get(name);
    if (ref !== undefined) taken.set(name, ref);
    aliases.delete(name);
  }
  return taken;
}

/** @throws LlameroError USAGE */
function requireAliasName(name: string): void {
  if (NAME.test(name)) return;
  throw new LlameroError('USAGE', `«${name}» cannot be an alias`, {
    hint: 'An alias is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or a digit: `llamero alias set fast user/repo:Q4_K_M`',
  });
}

function raiseUnknown(name: string, aliases: AliasMap): never {
  const near = nearest(aliases.keys(), name);
  throw new LlameroError('ALIAS_NOT_FOUND', `There is no alias ${name}`, {
    hint:
      near === undefined
        ? '`llamero alias list` shows them'
        : `Did you mean ${near}? \`llamero alias list\` shows them`,
  });
}

function parseAliases(text: string | undefined): Map<string, string> {
  if (text === undefined) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const { aliases } = (value ?? {}) as { readonly aliases?: unknown };
  if (typeof aliases !== 'object' || aliases === null) return new Map();
  // Anybody may have written the file: what no alias can be is none.
  return new Map(
    Object.entries(aliases)
      .filter((entry): entry is [string, string] => NAME.test(entry[0]) && isReference(entry[1]))
      .slice(0, MOST),
  );
}

function isReference(ref: unknown): boolean {
  return typeof ref === 'string' && /^[^\s/:\p{Cc}]+\/[^\s/:\p{Cc}]+:[^/:\p{Cc}]+$/u.test(ref);
}

function serialise(aliases: AliasMap): string {
  const sorted = [...aliases].sort(([one], [other]) => one.localeCompare(other, 'en'));
  return `${JSON.stringify({ version: 1, aliases: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}
