import { Flags } from '@oclif/core';

import { type FlagSettings, parseValue } from '../lib/config/config.ts';
import { type Paths, placeOfUser } from '../lib/config/paths.ts';
import { type SettingKey, definitionOf } from '../lib/config/schema.ts';
import type { Sampling } from '../lib/chat/conversation.ts';
import type { Config } from '../lib/config/config.ts';
import type { LoadSettings } from '../lib/server/presets.ts';

const SAMPLING = 'SAMPLING';
const LOADING = 'LOADING';

/** The flags that decide how tokens are chosen. Each overrides the setting `run.<name>`. */
export const samplingFlags = {
  temp: Flags.string({
    summary: 'Temperature; 0 takes the likeliest token',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  'top-p': Flags.string({
    summary: 'Sample from the likeliest tokens up to this share',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  'top-k': Flags.string({
    summary: 'Sample from this many likeliest tokens',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  'min-p': Flags.string({
    summary: 'Drop tokens below this share of the likeliest',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  'repeat-penalty': Flags.string({
    summary: 'Penalty on repeated tokens; 1 is none',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  seed: Flags.string({
    summary: 'Seed of the random numbers',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  predict: Flags.string({
    char: 'n',
    summary: 'Tokens to generate at most',
    helpValue: '<n>',
    helpGroup: SAMPLING,
  }),
  system: Flags.string({
    char: 's',
    summary: 'System prompt',
    helpValue: '<text>',
    helpGroup: SAMPLING,
  }),
};

/** The flags that take effect when the model is loaded. */
export const loadFlags = {
  'ctx-size': Flags.string({
    char: 'c',
    aliases: ['ctx'],
    summary: "Context size in tokens; 0 is the model's own",
    helpValue: '<n>',
    helpGroup: LOADING,
  }),
  'n-gpu-layers': Flags.string({
    summary: 'Layers kept in GPU memory: a number, auto or all',
    helpValue: '<n>',
    helpGroup: LOADING,
  }),
  threads: Flags.string({ summary: 'CPU threads', helpValue: '<n>', helpGroup: LOADING }),
};

type Given = Readonly<Record<string, unknown>>;

/** The sampling flags as settings of this run; the configuration checks their values. */
export function samplingSettings(given: Given): FlagSettings {
  const names = Object.keys(samplingFlags);
  return Object.fromEntries(
    names.map((name) => [`run.${name}`, { flag: `--${name}`, value: given[name] }]),
  );
}

/** How tokens are chosen, from flags and configuration. */
export function samplingOf(config: Config): Sampling {
  return {
    temp: config.get('run.temp'),
    'top-p': config.get('run.top-p'),
    'top-k': config.get('run.top-k'),
    'min-p': config.get('run.min-p'),
    'repeat-penalty': config.get('run.repeat-penalty'),
    seed: config.get('run.seed'),
    predict: config.get('run.predict'),
  };
}

/**
 * The load settings that were given as flags. They are no settings of every model, as those of the
 * configuration are.
 *
 * @throws LlameroError CONFIG_INVALID naming the flag
 */
export function loadSettingsOf(given: Given, paths: Paths): LoadSettings {
  const settings: Record<string, string | number> = {};
  for (const name of Object.keys(loadFlags)) {
    if (given[name] === undefined) continue;
    const { kind } = definitionOf(`server.${name}` as SettingKey);
    const value = parseValue(kind, given[name], placeOfUser(paths), `--${name}`, {});
    settings[name] = value as string | number;
  }
  return settings;
}
