import type { LoadSettings } from '../presets.ts';

/**
 * Where the value of a setting comes from; a later one of the list wins. `model`: what the settings
 * file has for some models. `flag`: the command line, now or when the model was loaded.
 */
export type SettingSource = 'engine' | 'llamero' | 'config' | 'model' | 'flag';

/** A setting with its value and where that comes from. */
export interface ResolvedSetting {
  /** The name without section: `ctx-size`, or that of a flag of llama-server. */
  readonly name: string;
  readonly value: string | number | boolean;
  readonly source: SettingSource;
  /** The place for people: `models.bartowski/* in config.yaml:12`, `--ctx-size`. */
  readonly origin: string;
}

/** Settings of which one alone can hold. */
const RIVALS: Readonly<Record<string, string>> = {
  'chat-template': 'chat-template-file',
  'chat-template-file': 'chat-template',
};

/** The settings that a setting puts an end to: another way to say the same, and its opposite. */
function rivalsOf(name: string): readonly string[] {
  const opposite = name.startsWith('no-') ? name.slice('no-'.length) : `no-${name}`;
  const rival = RIVALS[name];
  return rival === undefined ? [opposite] : [opposite, rival];
}

/**
 * The settings that hold, in the order in which they were first given, of settings in which a later
 * one takes the place of an earlier one.
 */
export function resolve(settings: Iterable<ResolvedSetting>): ResolvedSetting[] {
  const holding = new Map<string, ResolvedSetting>();
  for (const setting of settings) {
    for (const rival of rivalsOf(setting.name)) holding.delete(rival);
    holding.set(setting.name, setting);
  }
  return [...holding.values()];
}

/** Load settings of which later ones take the place of earlier ones. */
export function mergeLoadSettings(...layers: readonly (LoadSettings | undefined)[]): LoadSettings {
  const merged: Record<string, string | number | boolean> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      for (const rival of rivalsOf(name)) delete merged[rival];
      merged[name] = value;
    }
  }
  return merged;
}
