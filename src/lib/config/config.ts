import { LlameroError } from '../errors.ts';
import { type Environment, readVariable } from './environment.ts';
import { readConfigText } from './file.ts';
import { type ConfigKey, keyAt, keyProblem, splitKey } from './key.ts';
import { type Paths, placeOfUser } from './paths.ts';
import {
  SETTING_KEYS,
  type SettingKey,
  type SettingValue,
  type Variable,
  definitionOf,
} from './schema.ts';
import { unsetLine } from './shell-word.ts';
import { parseValue } from './value.ts';

/** Where a value comes from; a later one of the list wins. */
type SettingSource = 'default' | 'file' | 'environment' | 'flag';

/** A value of the file that is no setting of all models: see {@link Config.scoped}. */
export interface ScopedSetting extends Setting<unknown> {
  readonly key: ConfigKey;
  readonly origin: string;
}

/** A value with its source. */
export interface Setting<T> {
  readonly value: T;
  readonly source: SettingSource;
  /** The place in the source: `config.yaml:12`, `HF_ENDPOINT`, `--port`. */
  readonly origin?: string;
}

/** A setting as `llamero config list` shows it. */
interface ListedSetting extends Setting<unknown> {
  readonly key: string;
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
  /** All settings in the order of the schema, then what the file sets for some models. */
  settings(): readonly ListedSetting[];
  /**
   * What the file sets beside these, in its order: settings of some models, and flags of
   * llama-server by their own names.
   */
  scoped(): readonly ScopedSetting[];
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

  const scoped: ScopedSetting[] = [];
  const isNamed = readVariable(environment, 'LLAMERO_CONFIG') !== undefined;
  const text = await readConfigText(paths.configFile, isNamed);
  if (text !== undefined) {
    // Most calls of the program find no file, and need no YAML parser then.
    const [{ parseConfigDocument }, { checkFile }] = await Promise.all([
      import('./document.ts'),
      import('./check-file.ts'),
    ]);
    for (const setting of checkFile(parseConfigDocument(text, paths.configFile), paths)) {
      const { key, ...rest } = setting;
      if (key.target.type === 'setting') settings.set(key.target.key, rest);
      else scoped.push(setting);
    }
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
        {
          hint: `Give ${variable.name} such a value, or \`${unsetLine([variable.name], process.platform)}\``,
        },
      );
      settings.set(key, { value, source: 'environment', origin: variable.name });
    }
    const given = flags[key];
    if (given?.value !== undefined) {
      const value = parseValue(definition.kind, given.value, here, given.flag, {});
      settings.set(key, { value, source: 'flag', origin: given.flag });
    }
  }
  return new LoadedConfig(settings, scoped);
}

class LoadedConfig implements Config {
  readonly #settings: ReadonlyMap<SettingKey, Setting<unknown>>;
  readonly #scoped: readonly ScopedSetting[];

  constructor(
    settings: ReadonlyMap<SettingKey, Setting<unknown>>,
    scoped: readonly ScopedSetting[],
  ) {
    this.#settings = settings;
    this.#scoped = scoped;
  }

  get<K extends SettingKey>(key: K): SettingValue<K> {
    return this.setting(key).value;
  }

  setting<K extends SettingKey>(key: K): Setting<SettingValue<K>> {
    // Every value in the map has passed the kind of its own key, which is what the type says.
    return this.#settings.get(key) as Setting<SettingValue<K>>;
  }

  settings(): readonly ListedSetting[] {
    const known = SETTING_KEYS.map((key) => {
      const { default: initial, description } = definitionOf(key);
      return { key, ...this.setting(key), default: initial, description };
    });
    const scoped = this.#scoped.map(({ key: { description, text }, ...setting }) => {
      return { key: text, ...setting, default: undefined, description };
    });
    return [...known, ...scoped];
  }

  scoped(): readonly ScopedSetting[] {
    return this.#scoped;
  }
}

/**
 * A key that a user has typed.
 *
 * @throws LlameroError CONFIG_INVALID when there is no such setting
 */
export function requireKey(typed: string): ConfigKey {
  const path = splitKey(typed);
  const key = keyAt(path);
  if (key !== undefined) return key;
  const message = keyProblem(path);
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
