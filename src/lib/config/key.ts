import { oneLine } from '../plain-text.ts';
import { argumentProblem, settingOfFlag } from './engine-arguments.ts';
import type { Kind } from './kinds.ts';
import { argument } from './model-kinds.ts';
import { isModelPattern } from './model-pattern.ts';
import {
  MODEL_SETTING_KEYS,
  type ModelSettingName,
  generalKey,
  isModelSetting,
} from './model-settings.ts';
import { SETTING_KEYS, type SettingKey, definitionOf, isSettingKey, nearestKey } from './schema.ts';

/** What a key of the settings file is about. */
type KeyTarget =
  | { readonly type: 'setting'; readonly key: SettingKey }
  /** A setting of the models that a pattern fits. */
  | { readonly type: 'model'; readonly pattern: string; readonly name: ModelSettingName }
  /** A flag of llama-server by its own name; of all models where there is no pattern. */
  | { readonly type: 'argument'; readonly pattern?: string; readonly flag: string };

/** A key of the settings file that is valid. */
export interface ConfigKey {
  /** As it is typed: `server.port`, `models.user/repo:Q4_K_M.ctx-size`. */
  readonly text: string;
  /** The names in the file from the outermost in: `['server', 'port']`. */
  readonly path: readonly string[];
  readonly target: KeyTarget;
  readonly kind: Kind<unknown>;
  readonly description: string;
}

/**
 * Takes a typed key apart into the names that stand in the file. A pattern may hold dots: what
 * follows the last one is the setting.
 */
export function splitKey(text: string): readonly string[] {
  const ofModel = /^models\.(?<pattern>.+?)(?<args>\.args)?\.(?<name>[^.]*)$/su.exec(text)?.groups;
  if (ofModel !== undefined) {
    const { args, name = '', pattern = '' } = ofModel;
    return ['models', pattern, ...(args === undefined ? [] : ['args']), name];
  }
  if (text.startsWith('models.')) return ['models', text.slice('models.'.length)];
  if (text.startsWith('server.args.')) return ['server', 'args', text.slice('server.args.'.length)];
  const dot = text.indexOf('.');
  return dot === -1 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Whether settings stand under a path of the file, and not a value. */
export function isGroup(path: readonly string[]): boolean {
  const [section, second, third] = path;
  if (section === 'models') return path.length <= 2 || (path.length === 3 && third === 'args');
  return path.length === 1 || (path.length === 2 && section === 'server' && second === 'args');
}

/** The key at a path of the file; undefined when there is none such. */
export function keyAt(path: readonly string[]): ConfigKey | undefined {
  const text = path.join('.');
  const [section, pattern = ''] = path;
  const last = path.at(-1) ?? '';
  if (isSettingKey(text) && path.length === 2) {
    return { text, path, target: { type: 'setting', key: text }, ...kindOf(text) };
  }
  if (section === 'models' && !isModelPattern(pattern)) return undefined;
  if (isUnderArguments(path)) {
    if (argumentProblem(last) !== undefined || settingOfFlag(last) !== undefined) return undefined;
    const target = { type: 'argument', flag: last } as const;
    const description = `llama-server's own flag --${last}`;
    const scope = section === 'models' ? { pattern } : {};
    return { text, path, target: { ...target, ...scope }, kind: argument, description };
  }
  if (section !== 'models' || path.length !== 3 || !isModelSetting(last)) return undefined;
  return {
    text,
    path,
    target: { type: 'model', pattern, name: last },
    ...kindOf(generalKey(last)),
  };
}

function kindOf(key: SettingKey): Pick<ConfigKey, 'kind' | 'description'> {
  const { description, kind } = definitionOf(key);
  return { description, kind };
}

/** Whether a path is one of a flag of llama-server by its own name. */
function isUnderArguments(path: readonly string[]): boolean {
  const group = path.slice(0, -1);
  return group.at(-1) === 'args' && group.length > 1 && isGroup(group);
}

/** A value as it is shown under a key and may be typed again; undefined is the empty text. */
export function formatValue(key: string, value: unknown): string {
  const known = keyAt(splitKey(key));
  return value === undefined || known === undefined ? '' : known.kind.format(value);
}

/** Says what is wrong with a path of the file where there is no such key. */
export function keyProblem(path: readonly string[]): string {
  const shown = shownKey(path);
  const [section, pattern, name = ''] = path;
  if (isUnderArguments(path)) return flagProblem(path, shown);
  if (section !== 'models') {
    return unknown(shown, nearestKey(path.join('.')));
  }
  if (pattern === undefined) return unknown(shown, undefined);
  if (!isModelPattern(pattern)) {
    return `\`${shown}\` names no model: write \`models.user/repo\`, \`models.user/repo:QUANT\` or a pattern with \`*\` before the setting`;
  }
  if (isSettingKey(`server.${name}`)) {
    return `\`${shown}\` is no setting of one model: \`server.${name}\` holds for all`;
  }
  const nearest = nearestKey(`server.${name}`, MODEL_SETTING_KEYS);
  const mended = nearest === undefined ? undefined : `models.${pattern}.${lastName(nearest)}`;
  return unknown(shown, mended);
}

function flagProblem(path: readonly string[], shown: string): string {
  const flag = path.at(-1) ?? '';
  const setting = settingOfFlag(flag);
  if (setting !== undefined) {
    const [section, pattern] = path;
    const key = section === 'models' ? `models.${pattern}.${setting}` : generalKey(setting);
    return `\`${shown}\` has a setting of its own: \`${oneLine(key)}\``;
  }
  return `\`${shown}\` ${argumentProblem(flag) ?? 'is no flag'}`;
}

/** Says how a value that stands where settings belong should be written. */
export function misplacedProblem(path: readonly string[]): string {
  const text = path.join('.');
  if (isSettingKey(text)) {
    const [section, name] = text.split('.');
    return `\`${text}\` is written on two lines: \`${section}:\`, and under it \`${name}:\` with blanks before it`;
  }
  const isSection = text === 'models' || SETTING_KEYS.some((key) => key.startsWith(`${text}.`));
  return isSection || (path.length > 1 && isGroup(path))
    ? `\`${shownKey(path)}\` is a section: its settings stand on lines of their own under it`
    : keyProblem(path);
}

function unknown(shown: string, nearest: string | undefined): string {
  const guess = nearest === undefined ? '' : ` (did you mean \`${oneLine(nearest)}\`?)`;
  return `unknown setting \`${shown}\`${guess}`;
}

function shownKey(path: readonly string[]): string {
  return oneLine(path.join('.')).slice(0, 150);
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
