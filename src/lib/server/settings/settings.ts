import type { Config, ScopedSetting, Setting } from '../../config/config.ts';
import { type Exactness, fits, lessExact } from '../../config/model-pattern.ts';
import {
  LOAD_SETTINGS,
  type ModelSettingName,
  RUN_SETTINGS,
  type RunSettingName,
  generalKey,
} from '../../config/model-settings.ts';
import type { StoredModel } from '../../store/model.ts';
import type { LoadSettings } from '../presets.ts';
import { type ResolvedSetting, type SettingSource, resolve } from './resolve.ts';

/** How the next token is chosen, by llama-server's names; what is not there is left to it. */
export type SamplingDefaults = {
  readonly [N in Exclude<RunSettingName, 'system'>]?: number | undefined;
};

/** Load settings beside those of the configuration. */
export interface GivenSettings {
  /** What flags asked for when the model was loaded or the server was started. */
  readonly running?: LoadSettings | undefined;
  /** Flags of this command. */
  readonly flags?: LoadSettings | undefined;
}

/** The settings of every model, as far as they are known without llama-server. */
export interface ModelSettings {
  /** What a model is loaded with unless flags say otherwise. */
  settingsFor(model: StoredModel): LoadSettings;
  /** How tokens are chosen in requests of `run`. */
  samplingFor(model: StoredModel): SamplingDefaults;
  /** The system prompt of requests of `run`. */
  systemFor(model: StoredModel): string | undefined;
  /** The load settings, each with where its value comes from. */
  explainLoad(model: StoredModel, given?: GivenSettings): ResolvedSetting[];
  /** Sampling and system prompt of requests of `run`, each with where its value comes from. */
  explainRun(model: StoredModel): ResolvedSetting[];
}

/**
 * Puts together what holds for a model, the least first: defaults of llamero, the settings of all
 * models (`server.*`, `run.*`), those of the patterns that fit it (`models.*`) from the least to the
 * most exact, of equals the later in the file, and flags.
 */
export function createSettings(config: Config): ModelSettings {
  const explainLoad = (model: StoredModel, given: GivenSettings = {}): ResolvedSetting[] =>
    resolve([
      ...generalSettings(config, LOAD_SETTINGS),
      ...generalArguments(config),
      ...ofModel(config, model, (name) => name !== 'system'),
      ...fromFlags(given.running, () => 'a flag of an earlier run or serve'),
      ...fromFlags(given.flags, (name) => `--${name}`),
    ]);
  const explainRun = (model: StoredModel): ResolvedSetting[] => {
    const general = generalSettings(config, RUN_SETTINGS);
    const names: readonly string[] = RUN_SETTINGS;
    return resolve([
      ...general.filter(({ source }) => source !== 'flag'),
      ...ofModel(config, model, (name) => names.includes(name)),
      ...general.filter(({ source }) => source === 'flag'),
    ]);
  };
  return {
    explainLoad,
    explainRun,
    settingsFor: (model) =>
      Object.fromEntries(explainLoad(model).map(({ name, value }) => [name, value])),
    samplingFor: (model) =>
      // The kinds of these settings are numbers, all but that of the system prompt.
      Object.fromEntries(
        explainRun(model).flatMap(({ name, value }) => (name === 'system' ? [] : [[name, value]])),
      ),
    systemFor: (model) => {
      const system = explainRun(model).find(({ name }) => name === 'system');
      return system === undefined ? undefined : String(system.value);
    },
  };
}

const SOURCES: Readonly<Record<Setting<unknown>['source'], SettingSource>> = {
  default: 'llamero',
  file: 'config',
  environment: 'config',
  flag: 'flag',
};

/** The settings of all models; `undefined` ones, which llama-server decides, are left out. */
function generalSettings(config: Config, names: readonly ModelSettingName[]): ResolvedSetting[] {
  return names.flatMap((name) => {
    const key = generalKey(name);
    const { origin, source, value } = config.setting(key);
    if (value === undefined) return [];
    const place = source === 'file' ? `${key} in ${origin}` : (origin ?? `default of ${key}`);
    return [{ name, value: value as string | number, source: SOURCES[source], origin: place }];
  });
}

function generalArguments(config: Config): ResolvedSetting[] {
  return config.scoped().flatMap((setting) => {
    const { target } = setting.key;
    if (target.type !== 'argument' || target.pattern !== undefined) return [];
    return [fromFile(setting, target.flag, 'config', 'server.args')];
  });
}

/** What the patterns set that fit a model, from the least to the most exact. */
function ofModel(
  config: Config,
  model: StoredModel,
  wanted: (name: string) => boolean,
): ResolvedSetting[] {
  const found: { readonly setting: ResolvedSetting; readonly exactness: Exactness }[] = [];
  for (const setting of config.scoped()) {
    const { target } = setting.key;
    if (target.type === 'setting' || target.pattern === undefined) continue;
    const exactness = fits(target.pattern, model);
    const name = target.type === 'model' ? target.name : target.flag;
    if (exactness === undefined || !wanted(name)) continue;
    const place = `models.${target.pattern}`;
    found.push({ setting: fromFile(setting, name, 'model', place), exactness });
  }
  // The order of the file stays among equals: sorting is stable.
  return found
    .sort((one, other) => lessExact(one.exactness, other.exactness))
    .map(({ setting }) => setting);
}

function fromFile(
  { origin, value }: ScopedSetting,
  name: string,
  source: SettingSource,
  place: string,
): ResolvedSetting {
  return {
    name,
    value: value as string | number | boolean,
    source,
    origin: `${place} in ${origin}`,
  };
}

function fromFlags(
  settings: LoadSettings | undefined,
  origin: (name: string) => string,
): ResolvedSetting[] {
  return Object.entries(settings ?? {}).map(([name, value]) => {
    return { name, value, source: 'flag', origin: origin(name) };
  });
}
