import { Flags } from '@oclif/core';

import { THINK_LEVELS } from '../lib/chat/request.ts';
import { OUTPUTS } from './one-shot-output.ts';
import type { FlagSettings } from '../lib/config/config.ts';

const SAMPLING = 'SAMPLING';
const ANSWER = 'ANSWER';
const CONVERSATION = 'CONVERSATION';

/** The flags that decide how tokens are chosen. Each overrides the setting `run.<name>`. */
export const samplingFlags = {
  temp: Flags.string({
    aliases: ['temperature'],
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
    aliases: ['max-tokens', 'n-predict'],
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

/** The flags that say what is asked and how the answer is given. */
export const answerFlags = {
  prompt: Flags.string({
    char: 'p',
    summary: 'What to ask, as the words after the model',
    helpValue: '<text>',
    helpGroup: ANSWER,
  }),
  image: Flags.string({
    summary: 'A picture that goes with the prompt; may be given several times',
    helpValue: '<file>',
    helpGroup: ANSWER,
    multiple: true,
    multipleNonGreedy: true,
  }),
  think: Flags.option({
    options: THINK_LEVELS,
    summary: 'How much a thinking model thinks before it answers',
    helpGroup: ANSWER,
  })(),
  'hide-thinking': Flags.boolean({
    summary: 'Do not show thoughts, which else go to stderr',
    helpGroup: ANSWER,
  }),
  format: Flags.string({
    summary: 'Hold the answer to a form: json, a JSON schema or a grammar (.gbnf)',
    helpValue: 'json|<file>',
    helpGroup: ANSWER,
  }),
  raw: Flags.boolean({
    summary: "Go on with the prompt as it is, without the model's chat template",
    helpGroup: ANSWER,
  }),
  output: Flags.option({
    options: OUTPUTS,
    summary: 'Form of the output: text, json (as --json), stream-json (one event a line)',
    helpGroup: ANSWER,
  })(),
  stats: Flags.boolean({
    summary: 'Say on stderr what an answer took: speed, tokens, context',
    helpGroup: ANSWER,
  }),
};

/** The flags that matter to a conversation alone. */
export const conversationFlags = {
  interactive: Flags.boolean({
    char: 'i',
    summary: 'Stay in the conversation after a prompt',
    helpGroup: CONVERSATION,
  }),
  continue: Flags.boolean({
    summary: 'Go on with the latest conversation',
    helpGroup: CONVERSATION,
  }),
  resume: Flags.string({
    summary: 'Go on with the conversation of this id, or the latest; `history list` shows ids',
    helpValue: '[<id>]',
    helpGroup: CONVERSATION,
  }),
  save: Flags.boolean({
    summary: 'Keep the conversation (--no-save: do not)',
    helpGroup: CONVERSATION,
    allowNo: true,
  }),
  markdown: Flags.boolean({
    summary: 'Lay out Markdown on a terminal (--no-markdown: as the model writes it)',
    helpGroup: CONVERSATION,
    allowNo: true,
  }),
};

type Given = Readonly<Record<string, unknown>>;

/** The sampling flags as settings of this run; the configuration checks their values. */
export function samplingSettings(given: Given): FlagSettings {
  const names = Object.keys(samplingFlags);
  return Object.fromEntries(
    names.map((name) => [`run.${name}`, { flag: `--${name}`, value: given[name] }]),
  );
}
