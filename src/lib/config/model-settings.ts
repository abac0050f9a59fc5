import { SETTING_KEYS, type SettingKey } from './schema.ts';

/**
 * The settings that take effect when a model is loaded, by their names without `server.`. All but
 * `keep-alive` are llama-server's own flags.
 */
export const LOAD_SETTINGS = [
  'ctx-size',
  'n-gpu-layers',
  'threads',
  'batch-size',
  'ubatch-size',
  'flash-attn',
  'cache-type-k',
  'cache-type-v',
  'parallel',
  'load-mode',
  'model-draft',
  'lora',
  'mmproj',
  'chat-template',
  'chat-template-file',
  'keep-alive',
] as const;

export type LoadSettingName = (typeof LOAD_SETTINGS)[number];

type RunKey = Extract<SettingKey, `run.${string}`>;

/** The name of a setting of `run` without `run.`: `temp`, `system`. */
export type RunSettingName = RunKey extends `run.${infer N}` ? N : never;

/** The settings that go with every request of `run`, by their names without `run.`. */
export const RUN_SETTINGS = SETTING_KEYS.filter((key) => key.startsWith('run.')).map((key) =>
  key.slice('run.'.length),
) as readonly RunSettingName[];

/** A setting that a model may have of its own. */
export type ModelSettingName = LoadSettingName | RunSettingName;

/** The setting of all models that a setting of one model takes the place of. */
export function generalKey(name: ModelSettingName): SettingKey {
  return isLoadSetting(name) ? `server.${name}` : `run.${name}`;
}

function isLoadSetting(name: string): name is LoadSettingName {
  return (LOAD_SETTINGS as readonly string[]).includes(name);
}

export function isModelSetting(name: string): name is ModelSettingName {
  return isLoadSetting(name) || (RUN_SETTINGS as readonly string[]).includes(name);
}

/** The settings that a model may have, by their keys for all models. */
export const MODEL_SETTING_KEYS: readonly SettingKey[] = [...LOAD_SETTINGS, ...RUN_SETTINGS].map(
  generalKey,
);
