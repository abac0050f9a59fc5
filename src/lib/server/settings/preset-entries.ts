import { isModelReference } from '../../config/model-kinds.ts';
import { inWordsOf } from '../../engine/flag-names.ts';
import { nearest } from '../../nearest.ts';
import type { StoredModel } from '../../store/model.ts';
import type { LoadSettings } from '../presets.ts';
import { mergeLoadSettings } from './resolve.ts';

/** A line of a model's section in the list of presets: a flag of llama-server without its dashes. */
export interface PresetEntry {
  readonly flag: string;
  readonly value: string;
  /** The name of the load setting it comes from; what has none comes from the store. */
  readonly setting?: string;
}

/** What the words of a setting depend on. */
interface Surroundings {
  /** The flags the engine accepts, with their dashes. */
  readonly flags: ReadonlySet<string>;
  /** The models among which a draft model may be. */
  readonly models: readonly StoredModel[];
}

/** The load settings of a model in the words of a build of llama-server, its files first. */
export function presetEntries(
  model: StoredModel,
  settings: LoadSettings,
  surroundings: Surroundings,
): PresetEntry[] {
  const entries: PresetEntry[] = [{ flag: 'model', value: model.path }];
  if (settings['mmproj'] === undefined && model.projector !== undefined) {
    entries.push({ flag: 'mmproj', value: model.projector });
  }
  for (const [name, value] of Object.entries(mergeLoadSettings(settings))) {
    for (const [flag, text] of inFlags(name, value, surroundings)) {
      entries.push({ flag, value: text, setting: name });
    }
  }
  return entries;
}

function inFlags(
  name: string,
  value: string | number | boolean,
  { flags, models }: Surroundings,
): readonly (readonly [string, string])[] {
  const text = String(value);
  switch (name) {
    case 'keep-alive':
      return idleSeconds(Number(value), flags);
    case 'mmproj':
      return text === 'off' ? [] : [[name, text]];
    case 'parallel':
      return [[name, text === 'auto' ? '-1' : text]];
    case 'model-draft':
      return [[name, draftModel(text, models)?.path ?? text]];
    default:
      // What the build has no word for is refused by the name that the user knows.
      return inWordsOf(flags, name, text) ?? [[name, text]];
  }
}

/**
 * When a model goes to sleep. llama-server takes no 0, so a model that is to be freed at once sleeps
 * after a second, should nobody unload it before; one that is to stay needs no word. A build
 * without this flag never frees a model by itself, and harms nothing by that.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp, `--sleep-idle-seconds`
 */
function idleSeconds(
  seconds: number,
  flags: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  if (seconds < 0 || !flags.has('--sleep-idle-seconds')) return [];
  return [['sleep-idle-seconds', String(Math.max(1, Math.ceil(seconds)))]];
}

/** The stored model that a reference names, where it names one alone. */
function draftModel(text: string, models: readonly StoredModel[]): StoredModel | undefined {
  const wanted = text.toLowerCase().replace('@', ':');
  const found = models.filter(({ ref, repo }) =>
    [ref.toLowerCase(), repo.toLowerCase()].includes(wanted),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** Why these entries cannot be given to llama-server in its list of models, if so. */
export function entriesProblem(
  entries: readonly PresetEntry[],
  flags: ReadonlySet<string>,
): string | undefined {
  for (const { flag, setting, value } of entries) {
    if (!flags.has(`--${flag}`) && !flags.has(`-${flag}`)) {
      return `this llama-server has no flag --${flag}${guess(flag, flags)}`;
    }
    if (setting === 'model-draft' && isModelReference(value)) {
      return `the draft model ${value} is not stored on this machine, or in more than one quant`;
    }
    const problem = valueProblem(value);
    if (problem !== undefined) {
      const way = setting === 'chat-template' ? '; put it into a file (`chat-template-file`)' : '';
      return `llama-server's list of models cannot hold \`${flag} = ${value}\`: ${problem}${way}`;
    }
  }
  return undefined;
}

function guess(flag: string, flags: ReadonlySet<string>): string {
  const names = [...flags].filter((name) => name.startsWith('--'));
  const near = nearest(names, `--${flag.replaceAll('_', '-').toLowerCase()}`);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

/**
 * Why a value cannot stand in the INI file, if so. There is no quoting: a value ends at the first
 * `#` or `;` and loses blanks at its ends, and quotes around it become part of it.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/preset.cpp
 */
export function valueProblem(value: string): string | undefined {
  if (value === '') return 'it is empty';
  const cutAt = /[#;]/u.exec(value)?.[0];
  if (cutAt !== undefined) return `it would be cut at the first ${cutAt}`;
  if (/[\u0000-\u001F\u007F]/u.test(value)) return 'it has a line break or a control character';
  if (value.startsWith(' ') || value.endsWith(' ')) return 'it begins or ends with a blank';
  if (/^["']/u.test(value)) return 'it begins with a quotation mark';
  return undefined;
}
