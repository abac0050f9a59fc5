import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { oneLine, redact } from '../plain-text.ts';
import type { ConfigDocument } from './document.ts';
import { type Environment, readVariable } from './environment.ts';
import { readConfigText } from './file.ts';
import type { Kind } from './kinds.ts';
import { type Paths, type Place, placeOfFile, placeOfUser } from './paths.ts';
import {
  SETTING_KEYS,
  type SettingKey,
  type SettingValue,
  type Variable,
  definitionOf,
  isSettingKey,
  nearestKey,
} from './schema.ts';

/** Where a value comes from; a later one of the list wins. */
type SettingSource = 'default' | 'file' | 'environment' | 'flag';

/** A value with its source. */
export interface Setting<T> {
  readonly value: T;
  readonly source: SettingSource;
  /** The place in the source: `config.yaml:12`, `HF_ENDPOINT`, `--port`. */
  readonly origin?: string;
}

/** A setting as `llamero config list` shows it. */
interface ListedSetting extends Setting<unknown> {
  readonly key: SettingKey;
  readonly default: unknown;
  readonly description: string;
}

/** A value that was given on the command line; one that is undefined was not given. */
interface FlagValue {
  /** The flag as typed: `--port`. */
  readonly flag: string;
  readonly value: unknown;
}

/** The flags of a command that override settings. */
export type FlagSettings = Readonly<Partial<Record<SettingKey, FlagValue>>>;

/** The settings that hold for this run. */
export interface Config {
  get<K extends SettingKey>(key: K): SettingValue<K>;
  setting<K extends SettingKey>(key: K): Setting<SettingValue<K>>;
  /** All settings in the order of the schema. */
  settings(): readonly ListedSetting[];
}

/** What settings are made from. */
export interface ConfigSources {
  readonly paths: Paths;
  readonly environment: Environment;
  readonly flags?: FlagSettings;
}

/**
 * Puts the settings together: defaults, then the file, then the environment, then flags. A missing
 * file is fine.
 *
 * @throws LlameroError CONFIG_INVALID for an unknown key or a bad value, naming where it stands;
 * CONFIG_DAMAGED when the file is no YAML mapping
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { paths, environment, flags = {} } = sources;
  const settings = new Map<SettingKey, Setting<unknown>>();
  for (const key of SETTING_KEYS) {
    settings.set(key, { value: definitionOf(key).default, source: 'default' });
  }

  const text = await readConfigText(paths.configFile);
  if (text !== undefined) {
    // Most calls of the program find no file, and need no YAML parser then.
    const { parseConfigDocument } = await import('./document.ts');
    const document = parseConfigDocument(text, paths.configFile);
    for (const [key, setting] of checkFile(document, paths)) settings.set(key, setting);
  }

  const here = placeOfUser(paths);
  for (const key of SETTING_KEYS) {
    const definition = definitionOf(key);
    const variable = overridingVariable(key, environment);
    if (variable !== undefined) {
      const value = parseValue(
        variable.kind ?? definition.kind,
        readVariable(environment, variable.name),
        here,
        variable.name,
        { hint: `Give ${variable.name} such a value, or unset it` },
      );
      settings.set(key, { value, source: 'environment', origin: variable.name });
    }
    const given = flags[key];
    if (given?.value !== undefined) {
      const value = parseValue(definition.kind, given.value, here, given.flag, {});
      settings.set(key, { value, source: 'flag', origin: given.flag });
    }
  }
  return new LoadedConfig(settings);
}

class LoadedConfig implements Config {
  readonly #settings: ReadonlyMap<SettingKey, Setting<unknown>>;

  constructor(settings: ReadonlyMap<SettingKey, Setting<unknown>>) {
    this.#settings = settings;
  }

  get<K extends SettingKey>(key: K): SettingValue<K> {
    return this.setting(key).value;
  }

  setting<K extends SettingKey>(key: K): Setting<SettingValue<K>> {
    // Every value in the map has passed the kind of its own key, which is what the type says.
    return this.#settings.get(key) as Setting<SettingValue<K>>;
  }

  settings(): readonly ListedSetting[] {
    return SETTING_KEYS.map((key) => {
      const { default: initial, description } = definitionOf(key);
      return { key, ...this.setting(key), default: initial, description };
    });
  }
}

const PROBLEMS_TOLD = 10;

/**
 * Checks every entry of the file and gives the values that hold.
 *
 * @throws LlameroError CONFIG_INVALID with what is wrong, a line each
 */
function checkFile(document: ConfigDocument, paths: Paths): Map<SettingKey, Setting<unknown>> {
  const fileName = path.basename(paths.configFile);
  const place = placeOfFile(paths);
  const settings = new Map<SettingKey, Setting<unknown>>();
  const problems = document.misplaced.map(({ key, line }) => ({
    key,
    line,
    reason: misplacedKey(key),
  }));
  for (const { key, raw, line } of document.entries) {
    if (!isSettingKey(key)) {
      problems.push({ key, line, reason: unknownKey(key) });
      continue;
    }
    const { kind } = definitionOf(key);
    const value = kind.parse(raw, place);
    if (value === undefined) {
      problems.push({ key, line, reason: badValue(`\`${key}\``, kind, raw) });
    } else {
      settings.set(key, { value, source: 'file', origin: `${fileName}:${line}` });
    }
  }
  const [first] = problems.sort((a, b) => a.line - b.line);
  if (first === undefined) return settings;
  throw new LlameroError(
    'CONFIG_INVALID',
    [
      ...problems
        .slice(0, PROBLEMS_TOLD)
        .map(({ line, reason }) => `${paths.configFile}:${line}: ${reason}`),
      ...(problems.length > PROBLEMS_TOLD ? [`and ${problems.length - PROBLEMS_TOLD} more`] : []),
    ].join('\n'),
    {
      hint: /^[\w.-]+$/u.test(first.key)
        ? `Mend it with \`llamero config edit\`, or take it out with \`llamero config unset ${first.key}\``
        : 'Mend it with `llamero config edit`',
    },
  );
}

/** Says how a value that stands outside a section should be written. */
function misplacedKey(key: string): string {
  if (isSettingKey(key)) {
    const [section, name] = key.split('.');
    return `\`${key}\` is written on two lines: \`${section}:\`, and under it \`${name}:\` with blanks before it`;
  }
  return SETTING_KEYS.some((known) => known.startsWith(`${key}.`))
    ? `\`${key}\` is a section: its settings stand on lines of their own under it`
    : unknownKey(key);
}

/** Says that a key is unknown, and which one it may mean. */
function unknownKey(key: string): string {
  const nearest = nearestKey(key);
  const guess = nearest === undefined ? '' : ` (did you mean \`${nearest}\`?)`;
  return `unknown setting \`${oneLine(key).slice(0, 100)}\`${guess}`;
}

/**
 * A key that a user has typed.
 *
 * @throws LlameroError CONFIG_INVALID when there is no such setting
 */
export function requireSettingKey(key: string): SettingKey {
  if (isSettingKey(key)) return key;
  const message = unknownKey(key);
  throw new LlameroError('CONFIG_INVALID', `${message[0]?.toUpperCase()}${message.slice(1)}`, {
    hint: 'All settings: `llamero config list`',
  });
}

/** The variable that sets a key now, whatever stands in the file. */
export function overridingVariable(
  key: SettingKey,
  environment: Environment,
): Variable<unknown> | undefined {
  return definitionOf(key).environment.find(
    ({ name }) => readVariable(environment, name) !== undefined,
  );
}

/**
 * The value of a raw one.
 *
 * @param where what the error names: a variable, a flag, a key
 * @throws LlameroError CONFIG_INVALID
 */
export function parseValue<T>(
  kind: Kind<T>,
  raw: unknown,
  place: Place,
  where: string,
  details: { readonly hint?: string },
): T {
  const value = kind.parse(raw, place);
  if (value === undefined) {
    throw new LlameroError('CONFIG_INVALID', badValue(where, kind, raw), details);
  }
  return value;
}

function badValue(where: string, kind: Kind<unknown>, raw: unknown): string {
  return `${where} must be ${kind.expects}, not ${showRaw(raw)}`;
}

function showRaw(raw: unknown): string {
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
    return 'a list or a mapping';
  }
  const shown = redact(oneLine(String(raw))).replace(/\/\/[^/@]*@/gu, '//[redacted]@');
  return shown.length > 60 ? `\`${shown.slice(0, 59)}…\`` : `\`${shown}\``;
}
