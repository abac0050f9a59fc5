import { Flags } from '@oclif/core';

import { argumentProblem, settingOfFlag, valueOfSwitch } from '../lib/config/engine-arguments.ts';
import { type LoadSettingName, generalKey } from '../lib/config/model-settings.ts';
import { type Paths, placeOfUser } from '../lib/config/paths.ts';
import { definitionOf } from '../lib/config/schema.ts';
import { parseValue } from '../lib/config/value.ts';
import { LlameroError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { LoadSettings } from '../lib/server/presets.ts';
import { mergeLoadSettings } from '../lib/server/settings/resolve.ts';

const helpGroup = 'LOADING';

/** The flags that take effect when the model is loaded, by the names of their settings. */
export const loadFlags = {
  'ctx-size': Flags.string({
    char: 'c',
    aliases: ['ctx'],
    summary: "Context size in tokens; 0 is the model's own",
    helpValue: '<n>',
    helpGroup,
  }),
  'n-gpu-layers': Flags.string({
    aliases: ['ngl', 'gpu-layers'],
    summary: 'Layers kept in GPU memory: a number, auto or all',
    helpValue: '<n>',
    helpGroup,
  }),
  threads: Flags.string({ summary: 'CPU threads', helpValue: '<n>', helpGroup }),
  'batch-size': Flags.string({
    summary: 'Tokens of a prompt that are taken in at once',
    helpValue: '<n>',
    helpGroup,
  }),
  'ubatch-size': Flags.string({
    summary: 'Tokens of a prompt that are computed at once',
    helpValue: '<n>',
    helpGroup,
  }),
  'flash-attn': Flags.string({
    summary: 'Flash attention',
    helpValue: '<on|off|auto>',
    helpGroup,
  }),
  'cache-type-k': Flags.string({
    summary: 'Type of the keys in the KV cache: f16, q8_0 …',
    helpValue: '<type>',
    helpGroup,
  }),
  'cache-type-v': Flags.string({
    summary: 'Type of the values in the KV cache',
    helpValue: '<type>',
    helpGroup,
  }),
  parallel: Flags.string({
    summary: 'Requests worked on at once: a number or auto',
    helpValue: '<n>',
    helpGroup,
  }),
  'load-mode': Flags.string({
    summary: 'How the model gets into memory: auto, none, mmap, mlock, mmap+mlock or dio',
    helpValue: '<mode>',
    helpGroup,
  }),
  'model-draft': Flags.string({
    summary: 'Draft model for speculative decoding, stored or a file',
    helpValue: '<ref|file>',
    helpGroup,
  }),
  lora: Flags.string({
    summary: 'LoRA adapters, with commas between them',
    helpValue: '<files>',
    helpGroup,
  }),
  mmproj: Flags.string({
    summary: 'Projector for images and sound, or off',
    helpValue: '<file|off>',
    helpGroup,
  }),
  'chat-template': Flags.string({
    summary: "Chat template, or the name of one of llama.cpp's own",
    helpValue: '<template>',
    helpGroup,
  }),
  'chat-template-file': Flags.string({
    summary: 'File with the chat template',
    helpValue: '<file>',
    helpGroup,
    exclusive: ['chat-template'],
  }),
  'keep-alive': Flags.string({
    summary: 'How long the idle model keeps its memory: 30m; 0 frees it at once, -1 never',
    helpValue: '<time>',
    helpGroup,
  }),
} as const satisfies Readonly<Record<LoadSettingName, unknown>>;

/** Values of flags by their names; `undefined` where one was not given. */
type Given = Readonly<Record<string, unknown>>;

/**
 * The load settings that were given as flags. They are no settings of every model, as those of the
 * configuration are.
 *
 * @throws LlameroError CONFIG_INVALID naming the flag
 */
export function loadSettingsOf(given: Given, paths: Paths): LoadSettings {
  const settings: Record<string, string | number> = {};
  for (const name of Object.keys(loadFlags) as LoadSettingName[]) {
    if (given[name] === undefined) continue;
    const { kind } = definitionOf(generalKey(name));
    const value = parseValue(kind, given[name], placeOfUser(paths), `--${name}`, {});
    settings[name] = value as string | number;
  }
  return settings;
}

/**
 * Load settings from the words after `--`, which are flags of llama-server: `--flag value`,
 * `--flag=value`, `--switch`, `-ngl 10`. A flag that has a setting of its own becomes that setting,
 * so that its path is made absolute; all others stay as they are. Whether llama-server knows them is
 * found when the model is loaded.
 *
 * @throws LlameroError USAGE for a word that is no flag, a flag that llamero sets itself, or one
 *   with two values
 */
export function passthroughSettings(words: readonly string[], paths: Paths): LoadSettings {
  let settings: LoadSettings = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const match = /^--?(?<flag>[a-z][\w-]*)(?:=(?<value>.*))?$/isu.exec(word)?.groups;
    const flag = match?.['flag'];
    if (flag === undefined) throw notAFlag(word);
    let value = match?.['value'];
    const next = words[index + 1];
    if (value === undefined && next !== undefined && !/^--?[a-z]/iu.test(next)) {
      value = next;
      index += 1;
    }
    settings = mergeLoadSettings(settings, verbatim(flag, value, paths));
  }
  return settings;
}

function verbatim(flag: string, value: string | undefined, paths: Paths): LoadSettings {
  const problem = argumentProblem(flag);
  if (problem !== undefined) {
    throw new LlameroError('USAGE', `The flag --${flag} ${problem}`, {
      hint: 'What follows -- is given to llama-server with this model alone',
    });
  }
  const setting = settingOfFlag(flag);
  if (setting === undefined) return { [flag]: value ?? true };
  const switched = valueOfSwitch(flag);
  if (switched !== undefined) return { [setting]: switched };
  // What llama-server takes and the setting does not, a newer word, goes through as it is.
  const { kind } = definitionOf(generalKey(setting));
  const parsed = kind.parse(value, placeOfUser(paths)) as string | number | undefined;
  return { [setting]: parsed ?? value ?? true };
}

function notAFlag(word: string): LlameroError {
  return new LlameroError('USAGE', `«${oneLine(word).slice(0, 60)}» is no flag of llama-server`, {
    hint: 'After -- stand flags of llama-server, each with one value at most: -- --rope-scaling yarn',
  });
}
