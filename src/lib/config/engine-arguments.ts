import { type ModelSettingName, isModelSetting } from './model-settings.ts';

const THE_LIST = 'it comes from the list of models that llamero writes';
const THE_LOG = 'llamero reads the log';
const THE_STORE = 'models come from `llamero pull`';
const THE_END = 'llama-server prints something and ends';
const THE_ADDRESS = 'llamero would no longer find the server';

/** Flags that are not the user's to give, and why or what to use instead. */
const RESERVED: Readonly<Record<string, string>> = {
  host: 'use `server.host`',
  port: 'use `server.port`',
  'models-max': 'use `server.models-max`',
  'sleep-idle-seconds': 'use `keep-alive`',
  'api-key': '`llamero serve --help` tells how a key is given',
  'api-key-file': '`llamero serve --help` tells how a key is given',
  'mmproj-auto': 'use `mmproj`',
  offline: 'the server has no business on the network',
  ...all(['model', 'm', 'alias', 'a'], THE_LIST),
  ...all(['models-dir', 'models-preset', 'models-autoload', 'no-models-autoload'], THE_LIST),
  ...all(['log-colors', 'log-file', 'log-disable', 'log-jsonl', 'no-log-jsonl'], THE_LOG),
  ...all(['log-prefix', 'no-log-prefix', 'log-timestamps', 'no-log-timestamps'], THE_LOG),
  ...all(['hf', 'hfr', 'hf-repo', 'hff', 'hf-file', 'hft', 'hf-token'], THE_STORE),
  ...all(['mu', 'model-url', 'dr', 'docker-repo', 'mmu', 'mmproj-url'], THE_STORE),
  ...all(['hfd', 'hfrd', 'hf-repo-draft', 'spec-draft-hf'], THE_STORE),
  ...all(['h', 'help', 'usage', 'version', 'list-devices'], THE_END),
  ...all(['cl', 'cache-list', 'completion-bash'], THE_END),
  ...all(['ssl-key-file', 'ssl-cert-file', 'api-prefix', 'reuse-port'], THE_ADDRESS),
};

function all(names: readonly string[], reason: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

/** Flags with two values, which the list of models cannot hold: its keys have one each. */
const WITH_TWO_VALUES = ['control-vector-layer-range'];

/**
 * Other names that llama-server has for the flags of our settings.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp
 */
const OTHER_NAMES: Readonly<Record<string, ModelSettingName>> = {
  c: 'ctx-size',
  ngl: 'n-gpu-layers',
  'gpu-layers': 'n-gpu-layers',
  t: 'threads',
  b: 'batch-size',
  ub: 'ubatch-size',
  fa: 'flash-attn',
  ctk: 'cache-type-k',
  ctv: 'cache-type-v',
  np: 'parallel',
  lm: 'load-mode',
  md: 'model-draft',
  'spec-draft-model': 'model-draft',
  mm: 'mmproj',
  temperature: 'temp',
  n: 'predict',
  'n-predict': 'predict',
  s: 'seed',
};

/** Flags without a value that stand for a value of a setting; the last four are of older builds. */
const SWITCHES: Readonly<Record<string, readonly [ModelSettingName, string]>> = {
  'no-mmproj': ['mmproj', 'off'],
  'no-mmproj-auto': ['mmproj', 'off'],
  mmap: ['load-mode', 'mmap'],
  'no-mmap': ['load-mode', 'none'],
  mlock: ['load-mode', 'mmap+mlock'],
  'direct-io': ['load-mode', 'dio'],
};

/** The value that a flag without one gives to its setting, where it stands for a setting. */
export function valueOfSwitch(flag: string): string | undefined {
  return Object.hasOwn(SWITCHES, flag) ? SWITCHES[flag]?.[1] : undefined;
}

/**
 * The setting that a flag of llama-server stands for, where there is one.
 *
 * @param flag without its dashes
 */
export function settingOfFlag(flag: string): ModelSettingName | undefined {
  if (Object.hasOwn(SWITCHES, flag)) return SWITCHES[flag]?.[0];
  if (Object.hasOwn(OTHER_NAMES, flag)) return OTHER_NAMES[flag];
  // These two are no flags of llama-server.
  return isModelSetting(flag) && flag !== 'system' && flag !== 'keep-alive' ? flag : undefined;
}

/**
 * Why a flag of llama-server may not be given by its own name, if so. Whether llama-server knows
 * the flag is not checked here.
 *
 * @param flag without its dashes
 */
export function argumentProblem(flag: string): string | undefined {
  if (!/^[a-z][\w-]*$/iu.test(flag)) return 'is no flag: it is written without the dashes';
  if (Object.hasOwn(RESERVED, flag)) return `is llamero's own to set: ${RESERVED[flag]}`;
  if (WITH_TWO_VALUES.includes(flag)) {
    return "takes two values, and llama-server's list of models holds one a flag";
  }
  return undefined;
}
