import { distance } from 'fastest-levenshtein';

import type { EnvironmentVariable } from './environment.ts';
import {
  type Kind,
  boolean,
  decimal,
  duration,
  endpoint,
  filePath,
  host,
  hubSwitch,
  integer,
  integerOrWord,
  name,
  oneOf,
  size,
  text,
} from './kinds.ts';
import { filePathOr, filePaths, keepAlive, modelOrFile } from './model-kinds.ts';

/** A variable that sets a key; it may be read by other rules than the file. */
export interface Variable<T> {
  readonly name: EnvironmentVariable;
  readonly kind?: Kind<T>;
}

/** What is known of a key; D is `undefined` for one that is not set unless the user does. */
export interface Definition<T, D extends T | undefined = T | undefined> {
  readonly kind: Kind<T>;
  readonly default: D;
  readonly description: string;
  /** The variables that set it, the first one that is there wins. */
  readonly environment: readonly Variable<T>[];
}

function setting<T>(
  kind: Kind<T>,
  initial: T,
  description: string,
  environment: readonly Variable<T>[] = [],
): Definition<T, T> {
  return { kind, default: initial, description, environment };
}

function optional<T>(
  kind: Kind<T>,
  description: string,
  environment: readonly Variable<T>[] = [],
): Definition<T, undefined> {
  return { kind, default: undefined, description, environment };
}

/** Types of a KV cache that llama-server takes: https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp */
const CACHE_TYPES = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q5_1',
  'q5_0',
  'q4_1',
  'q4_0',
  'iq4_nl',
] as const;

/** Every setting there is. Keys of `server` and `run` are spelt as llama-server's own flags. */
const SETTINGS = {
  'hub.endpoint': setting(endpoint, 'https://huggingface.co', 'Address of the hub', [
    { name: 'HF_ENDPOINT' },
  ]),
  'hub.offline': setting(boolean, false, 'Make no request to the hub', [
    { name: 'LLAMERO_OFFLINE' },
    { name: 'HF_HUB_OFFLINE', kind: hubSwitch },
  ]),
  'pull.quant': optional(name, 'Quant to pull where the reference names none'),
  'pull.context': setting(
    integer(256),
    8192,
    'Tokens of context that the quant to pull leaves room for',
  ),
  'pull.mmproj': setting(boolean, true, 'Pull the projector of a model that can see or hear'),
  'pull.reuse': setting(boolean, true, 'Link or copy files that other tools hold already'),
  'pull.connections': optional(integer(1, 8), 'Connections at once (unset: adapts itself)'),
  'pull.limit-rate': optional(size, 'Bytes a second that a pull fetches at most (0: no limit)'),
  'pull.reserve': setting(size, 1_000_000_000, 'Disk space that a pull leaves free'),
  'engine.channel': setting(
    oneOf(['stable', 'nightly']),
    'stable',
    'Builds of llama.cpp that updates take: stable, one every week or two, or nightly, every one',
  ),
  'engine.backend': setting(
    oneOf(['auto', 'metal', 'cuda', 'rocm', 'vulkan', 'sycl', 'cpu']),
    'auto',
    'What installed builds compute with (auto: the best that runs here)',
  ),
  'server.host': setting(host, '127.0.0.1', 'Address on which the server listens', [
    { name: 'LLAMERO_HOST' },
  ]),
  // 5526 is LLAM on a telephone's keypad, and no known tool's port.
  'server.port': setting(integer(1, 65_535), 5526, 'Port on which the server listens', [
    { name: 'LLAMERO_PORT' },
  ]),
  'server.api-key-file': optional(
    filePath,
    'File with the key that the server asks its clients for',
  ),
  'server.llama-server': optional(filePath, 'llama-server to run instead of an installed one', [
    { name: 'LLAMERO_LLAMA_SERVER' },
  ]),
  'server.models-max': setting(integer(0), 4, 'Models loaded at once (0: no limit)'),
  'server.start-timeout': setting(duration, 120, 'How long the server may take to start'),
  'server.ctx-size': optional(integer(0), "Context size in tokens (0: the model's own)"),
  'server.n-gpu-layers': optional(
    integerOrWord(0, ['auto', 'all']),
    'Layers kept in GPU memory: a number, auto or all',
  ),
  'server.load-mode': optional(
    oneOf(['auto', 'none', 'mmap', 'mlock', 'mmap+mlock', 'dio']),
    'How a model gets into memory: auto, none, mmap, mlock, mmap+mlock or dio',
  ),
  'server.threads': optional(integer(1, 4096), 'CPU threads that generate tokens'),
  'server.batch-size': optional(integer(1), 'Tokens of a prompt that are taken in at once'),
  'server.ubatch-size': optional(integer(1), 'Tokens of a prompt that are computed at once'),
  'server.flash-attn': optional(oneOf(['on', 'off', 'auto']), 'Flash attention: on, off or auto'),
  'server.cache-type-k': optional(oneOf(CACHE_TYPES), 'Type of the keys in the KV cache'),
  'server.cache-type-v': optional(oneOf(CACHE_TYPES), 'Type of the values in the KV cache'),
  'server.parallel': optional(
    integerOrWord(1, ['auto']),
    'Requests that a model works on at once: a number or auto',
  ),
  'server.model-draft': optional(modelOrFile, 'Draft model for speculative decoding'),
  'server.lora': optional(filePaths, 'LoRA adapters, with commas between them'),
  'server.mmproj': optional(
    filePathOr('off'),
    "Projector for images and sound, or off (unset: the repository's own)",
  ),
  'server.chat-template': optional(text, "Chat template, or the name of one of llama.cpp's own"),
  'server.chat-template-file': optional(filePath, 'File with the chat template'),
  // Half an hour: a model that sleeps has forgotten the conversation's prompt, so the next answer
  // waits for all of it to be processed again. Shorter would cost that over every coffee, never
  // would hold the memory overnight.
  'server.keep-alive': setting(
    keepAlive,
    1800,
    'How long an idle model keeps its memory (0: frees it at once, -1: keeps it)',
  ),
  'run.temp': optional(decimal(0, 10), 'Sampling temperature (0: always the likeliest token)'),
  'run.top-p': optional(
    decimal(0, 1),
    'Sample from the likeliest tokens up to this share (1: off)',
  ),
  'run.top-k': optional(integer(0), 'Sample from this many likeliest tokens (0: off)'),
  'run.min-p': optional(decimal(0, 1), 'Drop tokens below this share of the likeliest (0: off)'),
  'run.repeat-penalty': optional(decimal(0.1, 10), 'Penalty on repeated tokens (1: off)'),
  'run.seed': optional(integer(-1, 4_294_967_295), 'Seed of the random numbers (-1: a new one)'),
  'run.predict': optional(integer(-1), 'Tokens to generate at most (-1: until the model ends)'),
  'run.system': optional(text, 'System prompt'),
  'chat.markdown': setting(boolean, true, 'Lay out the Markdown of answers in a conversation'),
  'chat.stats': setting(boolean, false, 'Figures of each answer in a conversation'),
  'chat.think': optional(
    oneOf(['on', 'off', 'low', 'medium', 'high']),
    'How much a model thinks before it answers in a conversation',
  ),
  'chat.compact': setting(
    oneOf(['auto', 'off']),
    'auto',
    'Sum up a conversation by itself when its context fills: auto or off',
  ),
  'chat.compact-at': setting(
    decimal(0.2, 0.95),
    0.8,
    'Share of the context from which a conversation is summed up',
  ),
  'chat.compact-keep': setting(
    integer(1, 100),
    3,
    'Last questions that stay word for word, with their answers',
  ),
  'history.save': setting(boolean, true, 'Keep the conversations of the chat'),
  'history.keep-days': setting(
    integer(0, 36_500),
    0,
    'Days after which a conversation that rests is removed (0: never)',
  ),
} as const;

/** The name of a setting: `server.port`. */
export type SettingKey = keyof typeof SETTINGS;

/** The type of a setting's value; undefined is in it where there is no default. */
export type SettingValue<K extends SettingKey> =
  (typeof SETTINGS)[K] extends Definition<infer T, infer D> ? T | D : never;

/** Every key, in the order in which they are shown. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** The definition of a key without the type of its value, for code that treats all keys alike. */
export function definitionOf(key: SettingKey): Definition<unknown> {
  return SETTINGS[key];
}

/** A value as it is shown and may be typed again: `1GB`, `2m`; undefined is the empty text. */
export function formatSetting(key: SettingKey, value: unknown): string {
  return value === undefined ? '' : definitionOf(key).kind.format(value);
}

/**
 * The valid key that a mistyped one most likely means: a slip (`server.prot`), an underscore
 * (`server.ctx_size`), a wrong or missing section (`port`), a beginning (`server.ctx`).
 */
export function nearestKey(
  typed: string,
  keys: readonly SettingKey[] = SETTING_KEYS,
): SettingKey | undefined {
  const wanted = typed.toLowerCase().replaceAll('_', '-');
  const wantedLast = lastPart(wanted);
  let best: { readonly key: SettingKey; readonly score: number } | undefined;
  for (const key of keys) {
    const begins = wanted !== '' && (key.startsWith(wanted) || wanted.startsWith(key));
    const score = Math.min(
      distance(wanted, key),
      // Half a step behind, so that of two equal names the one in the section typed is meant.
      distance(wantedLast, lastPart(key)) + 0.5,
      begins ? 1 : Number.POSITIVE_INFINITY,
    );
    if (best === undefined || score < best.score) best = { key, score };
  }
  return best !== undefined && best.score <= 1 + wantedLast.length / 4 ? best.key : undefined;
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
