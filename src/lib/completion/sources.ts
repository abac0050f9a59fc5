import type { Paths } from '../config/paths.ts';
import { type Answer, type Candidate, NOTHING, type Replacement } from './candidate.ts';
import {
  type CommandEntry,
  type CommandTable,
  type FlagEntry,
  startsWith,
} from './command-table.ts';
import { aliasNames, modelNames, type NamesWanted } from './model-names.ts';
import { readPlaceholder } from './placeholder.ts';
import { conversationIds, installedBuilds, knownRepos, servedModels } from './records.ts';

/** What values are looked for with. */
export interface Search {
  readonly table: CommandTable;
  readonly paths: Paths;
  /** What was typed of the value. */
  readonly typed: string;
  readonly replacement: Replacement;
}

/** An argument that is to be completed. */
export interface ArgumentWanted {
  readonly command: CommandEntry;
  readonly name: string;
  /** The arguments before it. */
  readonly given: readonly string[];
}

type Source = (search: Search, given: readonly string[]) => Promise<Answer>;

const RUNNABLE: NamesWanted = { wholeRepos: 'never', unfinished: false, shortNames: true };
const STORED: NamesWanted = { wholeRepos: 'of several', unfinished: true, shortNames: true };
const NAMED_IN_FULL: NamesWanted = { ...STORED, shortNames: false };

const runnable: Source = async (search) => only(await modelNames(search, RUNNABLE));
const stored: Source = async (search) => only(await modelNames(search, STORED));
const aliases: Source = async ({ paths }) => only(await aliasNames(paths));
const served: Source = async ({ paths }) => only(servedModels(paths));
const conversations: Source = async ({ paths }) => only(conversationIds(paths));
const builds: Source = async ({ paths }) => only(installedBuilds(paths));
const files: Source = async () => ({ candidates: [], files: true });

/** The tags of models; what it is to be taken away from goes before. */
const tags: Source = async ({ paths }, [model]) => {
  const { storedTags } = await import('./stored-tags.ts');
  return only(await storedTags(paths, model));
};
const allTags: Source = (search) => tags(search, []);

/** What is removed, and its aliases, which stand for it in full. */
const removable: Source = async (search) =>
  only([...(await aliasNames(search.paths)), ...(await modelNames(search, NAMED_IN_FULL))]);

/** What can be fetched, by its full name. */
const fetchable: Source = async (search) => {
  const known = await knownRepos(search.paths, search.typed);
  return only(merge(known, await modelNames(search, NAMED_IN_FULL)));
};

const anyModel: Source = async (search) => {
  const known = await knownRepos(search.paths, search.typed);
  return only(merge(known, await modelNames(search, STORED)));
};

const settings: Source = async (search) => {
  const { settingKeys } = await import('./setting-names.ts');
  const wanted: NamesWanted = { ...NAMED_IN_FULL, wholeRepos: 'always' };
  const models = (typed: string) => modelNames({ ...search, typed }, wanted);
  return only(await settingKeys(search.typed, models));
};

const quants: Source = async () => {
  const { QUANT_NAMES } = await import('../gguf/bits-per-weight.ts');
  return only(QUANT_NAMES.map((value) => ({ value })));
};

const settingValues: Source = async (search, [key = '']) => {
  if (key === 'pull.quant') return quants(search, []);
  const setting = await import('./setting-names.ts');
  return setting.settingValues(key);
};

/** What `help` explains besides commands. */
const HELP_TOPICS = ['exit-codes', 'environment', 'references'];

const helpTopics: Source = async ({ table }, given) =>
  only([
    ...nextWords(table, given),
    ...(given.length === 0 ? HELP_TOPICS.map((value) => ({ value })) : []),
  ]);

/** Free text. */
const anything: Source = async () => NOTHING;

/** What an argument is, by its name; that of a command goes before. */
export const ARGUMENTS: Readonly<Record<string, Source>> = {
  ref: runnable,
  'info ref': anyModel,
  'pull ref': fetchable,
  'rm ref': removable,
  'stop ref': served,
  'tag add ref': stored,
  'tag rm ref': stored,
  'verify ref': stored,
  'alias rm alias': aliases,
  build: builds,
  id: conversations,
  key: settings,
  'config set value': settingValues,
  'help topic': helpTopics,
  alias: anything,
  prompt: anything,
  query: anything,
  'tag rm tag': tags,
  tag: allTags,
  words: anything,
};

/** What flags take whose help names no kind of value. */
const FLAGS: Readonly<Record<string, Source>> = { quant: quants };

/** What can stand for a kind of value in a flag's help. */
const KINDS: Readonly<Record<string, Source>> = {
  dir: files,
  file: files,
  files,
  folder: files,
  id: conversations,
  key: settings,
  ref: runnable,
  tag: allTags,
};

/** How an argument can go on. */
export function argumentValues(
  search: Search,
  { command, given, name }: ArgumentWanted,
): Promise<Answer> {
  const source = ARGUMENTS[`${command.name} ${name}`] ?? ARGUMENTS[name] ?? anything;
  return source(search, given);
}

/** How the value of a flag can go on: what its help says, else what the setting of its name takes. */
export async function flagValues(search: Search, flag: FlagEntry): Promise<Answer> {
  if (flag.values.length > 0) return only(flag.values.map((value) => ({ value })));
  const source = FLAGS[flag.name];
  if (source !== undefined) return source(search, []);
  const { kinds, words } = readPlaceholder(flag.placeholder);
  const answers = await Promise.all(kinds.map((kind) => (KINDS[kind] ?? anything)(search, [])));
  const candidates = [
    ...words.map((value) => ({ value })),
    ...answers.flatMap((answer) => answer.candidates),
  ];
  const answer = { candidates, files: answers.some((each) => each.files) };
  if (answer.candidates.length > 0 || answer.files) return answer;
  const setting = await import('./setting-names.ts');
  return setting.flagSettingValues(flag.name);
}

/** The words that make commands of the words before them. */
export function nextWords(
  { commands, topics }: CommandTable,
  path: readonly string[],
): Candidate[] {
  const next = new Map<string, Candidate>();
  for (const { shown, summary, words } of commands) {
    const value = words[path.length];
    if (!shown || value === undefined || !startsWith(words, path)) continue;
    const isWhole = words.length === path.length + 1;
    const topic = topics.get(words.slice(0, path.length + 1).join(' '));
    if (isWhole || !next.has(value)) {
      next.set(value, { value, description: topic ?? (isWhole ? summary : undefined) });
    }
  }
  return [...next.values()].sort((one, other) => (one.value < other.value ? -1 : 1));
}

/** Both, each name once and as the latter has it. */
function merge(some: readonly Candidate[], others: readonly Candidate[]): Candidate[] {
  return [...new Map([...some, ...others].map((each) => [each.value, each])).values()];
}

function only(candidates: readonly Candidate[]): Answer {
  return { candidates, files: false };
}
