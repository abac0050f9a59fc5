import { settingOfFlag } from '../../config/engine-arguments.ts';
import type { Engine } from '../../engine/engine.ts';
import type { HelpOption } from '../../engine/help.ts';
import type { StoredModel } from '../../store/model.ts';
import { type PresetEntry, entriesProblem, presetEntries } from './preset-entries.ts';
import type { ResolvedSetting, SettingSource } from './resolve.ts';

/** A flag of llama-server with its value and where that comes from. */
export interface ExplainedFlag {
  /** With its dashes. */
  readonly flag: string;
  /** What follows it; a switch has none. */
  readonly value?: string;
  readonly source: SettingSource;
  readonly origin: string;
}

/** How a model is loaded, and why so. */
export interface LoadExplanation {
  /** The command line: the program and its words. */
  readonly command: readonly string[];
  /** The flags of the command line in their order, then the interesting ones that are not given. */
  readonly flags: readonly ExplainedFlag[];
  /** Why llama-server cannot be given these settings, if so. */
  readonly problem?: string;
}

/** What an explanation is made from. */
export interface LoadToExplain {
  readonly model: StoredModel;
  /** All stored models, among which the draft model may be. */
  readonly models: readonly StoredModel[];
  readonly engine: Engine;
  readonly help: readonly HelpOption[];
  readonly settings: readonly ResolvedSetting[];
}

/** Flags whose defaults people ask for. */
const INTERESTING = [
  '--ctx-size',
  '--n-gpu-layers',
  '--threads',
  '--batch-size',
  '--ubatch-size',
  '--flash-attn',
  '--cache-type-k',
  '--cache-type-v',
  '--parallel',
  '--load-mode',
];

/** Explains the command line with which a model is loaded. */
export function explainLoad(load: LoadToExplain): LoadExplanation {
  const { engine, help, model, models, settings } = load;
  const bySetting = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  const entries = presetEntries(model, bySetting, { flags: engine.flags, models });
  const problem = entriesProblem(entries, engine.flags);
  const given = entries.flatMap((entry): ExplainedFlag[] => {
    const words = wordsOf(entry, help);
    return words === undefined ? [] : [{ ...words, ...sourceOf(entry, settings) }];
  });
  const words = given.flatMap(({ flag, value }) => (value === undefined ? [flag] : [flag, value]));
  return {
    command: [...engine.command, ...words],
    flags: [...given, ...defaultsBeside(given, help)],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** A flag as it stands on the command line; undefined for a switch that is off by itself. */
function wordsOf(
  { flag, value }: PresetEntry,
  help: readonly HelpOption[],
): Pick<ExplainedFlag, 'flag' | 'value'> | undefined {
  const option = optionOf(`--${flag}`, help) ?? optionOf(`-${flag}`, help);
  const name = option?.names.includes(`--${flag}`) === false ? `-${flag}` : `--${flag}`;
  if (option === undefined && value === 'true') return { flag: name };
  if (option === undefined || option.value !== undefined) return { flag: name, value };
  if (!/^(?:0|off|false|disabled)$/u.test(value)) return { flag: name };
  const opposite = flag.startsWith('no-') ? `--${flag.slice('no-'.length)}` : `--no-${flag}`;
  return option.names.includes(opposite) ? { flag: opposite } : undefined;
}

function optionOf(name: string, help: readonly HelpOption[]): HelpOption | undefined {
  return help.find(({ names }) => names.includes(name));
}

function sourceOf(
  { flag, setting }: PresetEntry,
  settings: readonly ResolvedSetting[],
): Pick<ExplainedFlag, 'source' | 'origin'> {
  const found = settings.find(({ name }) => name === setting);
  if (found !== undefined) return { source: found.source, origin: found.origin };
  const origin = flag === 'mmproj' ? "the repository's projector" : 'the store';
  return { source: 'llamero', origin };
}

function defaultsBeside(
  given: readonly ExplainedFlag[],
  help: readonly HelpOption[],
): ExplainedFlag[] {
  return INTERESTING.flatMap((flag) => {
    const option = optionOf(flag, help);
    if (option?.default === undefined) return [];
    if (given.some((entry) => option.names.includes(entry.flag))) return [];
    return [
      { flag, value: option.default, source: 'engine', origin: "llama-server's default" } as const,
    ];
  });
}

/** A flag with which a model runs otherwise than its settings say; a missing value is no such flag. */
export interface RunningDifference {
  readonly flag: string;
  readonly running?: string;
  readonly settings?: string;
}

/** Whether a flag is that of a setting; others come and go with the server. */
function isOfSetting({ names }: HelpOption): boolean {
  return names.some(
    (name) =>
      name === '--sleep-idle-seconds' || settingOfFlag(name.replace(/^-+/u, '')) !== undefined,
  );
}

/**
 * Compares the command line of a running model with the one it would be loaded with now. Of what it
 * runs with beside that, only the flags of settings count: others come from the server itself.
 *
 * @param running the words of its process without the program
 */
export function runningDifferences(
  running: readonly string[],
  { command, flags }: LoadExplanation,
  help: readonly HelpOption[],
): RunningDifference[] {
  const runs = byOption(running, help);
  const wanted = byOption(command, help);
  const differences: RunningDifference[] = [];
  for (const option of help.filter((option) => wanted.has(option) || isOfSetting(option))) {
    const [now, then] = [wanted.get(option), runs.get(option)];
    if (now === then) continue;
    const flag =
      flags.find((entry) => option.names.includes(entry.flag))?.flag ?? option.names.at(-1) ?? '';
    differences.push({
      flag,
      ...(then === undefined ? {} : { running: then }),
      ...(now === undefined ? {} : { settings: now }),
    });
  }
  return differences;
}

/** The values of a command line by their flags, under whichever name; of a switch `on` or `off`. */
function byOption(
  words: readonly string[],
  help: readonly HelpOption[],
): ReadonlyMap<HelpOption, string> {
  const values = new Map<HelpOption, string>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const option = optionOf(word, help);
    if (option === undefined) continue;
    if (option.value === undefined) {
      values.set(option, word.startsWith('--no-') ? 'off' : 'on');
    } else {
      index += 1;
      values.set(option, words[index] ?? '');
    }
  }
  return values;
}
