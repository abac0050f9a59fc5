import { open, readFile } from 'node:fs/promises';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { onDisk, readTextIfExists, sizeIfExists, writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { nearest } from '../nearest.ts';

/** Short names of stored models: names as they were written, with the models' references. */
export type AliasMap = ReadonlyMap<string, string>;

/** The short names that the user gave to models. */
export interface Aliases {
  readonly file: string;
  /** All of them, by name. */
  list(): Promise<AliasMap>;
  /** Whether the file holds what is no alias, so that it is not known whether all are here. */
  isDamaged(): Promise<boolean>;
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

/** Where aliases are. */
export interface AliasesOptions {
  /** It need not exist. */
  readonly file: string;
  /** Hears of the copy of a damaged file, before that is written again. */
  readonly onKept?: ((copy: string) => void) | undefined;
}

/**
 * Opens the file of aliases. Of a damaged one what can be understood counts; when it is written
 * again, a copy of it as it was is kept beside it.
 */
export function createAliases({ file, onKept }: AliasesOptions): Aliases {
  async function read(): Promise<Reading> {
    return parseAliases(await readText(file));
  }

  async function list(): Promise<Map<string, string>> {
    return (await read()).aliases;
  }

  async function change<T>(work: (aliases: Map<string, string>) => T): Promise<T> {
    return withLock(`${file}.lock`, { purpose: 'writing aliases', waitSeconds: 30 }, async () => {
      const { aliases, isDamaged } = await read();
      const before = serialise(aliases);
      const result = work(aliases);
      const after = serialise(aliases);
      if (after === before) return result;
      if (isDamaged) {
        const copy = await keepCopy(file);
        onKept?.(copy);
      }
      await writeFileAtomic(file, after);
      return result;
    });
  }

  return {
    file,
    list,
    isDamaged: async () => (await read()).isDamaged,
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
      if (![...(await list())].some(isTheirs)) return new Map();
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

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readTextIfExists(file);
  } catch (error) {
    // Its folder is a file: then there are no aliases, as there are no models.
    if (systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A name beside the file of aliases under which a damaged one can be kept: nothing has it yet. */
export async function nameForDamaged(file: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? `${file}.damaged` : `${file}.damaged-${count}`;
    if ((await sizeIfExists(name)) === undefined) return name;
  }
}

/** Bytes, not text: what is damaged may be no text. */
async function keepCopy(file: string): Promise<string> {
  const copy = await nameForDamaged(file);
  await onDisk(copy, async () => {
    const handle = await open(copy, 'wx');
    try {
      await handle.writeFile(await readFile(file));
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
  return copy;
}

interface Reading {
  readonly aliases: Map<string, string>;
  readonly isDamaged: boolean;
}

function parseAliases(text: string | undefined): Reading {
  if (text === undefined) return { aliases: new Map(), isDamaged: false };
  const written = writtenIn(text);
  const entries = Object.entries(written ?? {});
  // Anybody may have written the file: what no alias can be is none.
  const known = entries
    .filter((entry): entry is [string, string] => NAME.test(entry[0]) && isReference(entry[1]))
    .slice(0, MOST);
  const isDamaged = written === undefined || known.length < entries.length;
  return { aliases: new Map(known), isDamaged };
}

/** What stands in the file as aliases; undefined when it is not such a file. */
function writtenIn(text: string): object | undefined {
  try {
    const { aliases } = JSON.parse(text) as { readonly aliases?: unknown };
    return typeof aliases === 'object' && aliases !== null ? aliases : undefined;
  } catch {
    // No JSON, or `null`.
    return undefined;
  }
}

function isReference(ref: unknown): boolean {
  return typeof ref === 'string' && /^[^/:\p{Cc}]+\/[^/:\p{Cc}]+:[^/:\p{Cc}]+$/u.test(ref);
}

function serialise(aliases: AliasMap): string {
  const sorted = [...aliases].sort(([one], [other]) => one.localeCompare(other, 'en'));
  return `${JSON.stringify({ version: 1, aliases: Object.fromEntries(sorted) }, undefined, 2)}\n`;
}
