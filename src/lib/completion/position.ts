import {
  type ArgumentEntry,
  type CommandEntry,
  type CommandTable,
  type FlagEntry,
  startsWith,
  TOP_FLAGS,
} from './command-table.ts';

/** A line that is being typed, without the name of the program; the words are free of quotes. */
export interface TypedLine {
  /** The words before the one at the cursor. */
  readonly before: readonly string[];
  /** The word at the cursor as far as it stands before the cursor. */
  readonly current: string;
  /** The words behind it. */
  readonly after: readonly string[];
}

/** What is wanted at the cursor. */
export type Position =
  /** The next word of a command; `path` are the words before it. */
  | { readonly type: 'command'; readonly path: readonly string[] }
  | { readonly type: 'flag'; readonly flags: readonly FlagEntry[] }
  /** The value of a flag; `start` stands before it in the same word: `--flag=`. */
  | {
      readonly type: 'value';
      readonly command: CommandEntry;
      readonly flag: FlagEntry;
      readonly start: string;
    }
  | {
      readonly type: 'argument';
      readonly command: CommandEntry;
      readonly argument: ArgumentEntry;
      /** The arguments before it. */
      readonly given: readonly string[];
    }
  | { readonly type: 'nothing' };

const NOTHING: Position = { type: 'nothing' };

/** Finds out what the word at the cursor is. */
export function locate(table: CommandTable, { after, before, current }: TypedLine): Position {
  const command = commandOf(table, before);
  const path = before.slice(0, command?.words.length ?? before.length);
  const rest = before.slice(path.length);
  if (rest.length === 0 && !current.startsWith('-') && isTopic(table, path)) {
    return { type: 'command', path };
  }
  if (command === undefined) {
    const atTop = current.startsWith('-') && isTopic(table, path);
    return atTop ? { type: 'flag', flags: TOP_FLAGS } : NOTHING;
  }
  const words = readWords(command, rest);
  if (words.waiting !== undefined)
    return { type: 'value', command, flag: words.waiting, start: '' };
  if (!words.flagsEnded && current.startsWith('-')) {
    const [start, name] = /^--([^=]+)=/u.exec(current) ?? [];
    if (start !== undefined && name !== undefined) {
      const flag = command.flags.find((each) => isNamed(each, name));
      return flag?.takesValue === true ? { type: 'value', command, flag, start } : NOTHING;
    }
    const given = [...words.flags, ...readWords(command, after).flags];
    return { type: 'flag', flags: possibleFlags(command, given) };
  }
  return argumentAt(command, words.given);
}

/** The command with the most words that the line begins with. */
function commandOf(table: CommandTable, before: readonly string[]): CommandEntry | undefined {
  return table.commands
    .filter(({ words }) => startsWith(before, words))
    .reduce<CommandEntry | undefined>(
      (best, each) => (each.words.length > (best?.words.length ?? 0) ? each : best),
      undefined,
    );
}

/** Whether commands stand below these words. */
function isTopic({ commands }: CommandTable, path: readonly string[]): boolean {
  return commands.some(({ words }) => words.length > path.length && startsWith(words, path));
}

interface ReadWords {
  readonly flags: readonly FlagEntry[];
  readonly given: readonly string[];
  /** A flag that waits for its value. */
  readonly waiting: FlagEntry | undefined;
  /** Whether a `--` stood among the words. */
  readonly flagsEnded: boolean;
}

function readWords(command: CommandEntry, words: readonly string[]): ReadWords {
  const flags: FlagEntry[] = [];
  const given: string[] = [];
  let waiting: FlagEntry | undefined;
  const end = words.indexOf('--');
  const flagsEnded = end !== -1;
  for (const word of flagsEnded ? words.slice(0, end) : words) {
    if (waiting !== undefined) {
      waiting = undefined;
    } else if (word.startsWith('-') && word !== '-') {
      const found = flagsOf(command, word);
      flags.push(...found.flags);
      waiting = found.waiting;
    } else {
      given.push(word);
    }
  }
  if (!flagsEnded) return { flags, given, waiting, flagsEnded };
  return { flags, given: [...given, ...words.slice(end + 1)], waiting: undefined, flagsEnded };
}

/** The flags in a word, `--flag=value`, `-abc`, and the one whose value is the next word. */
function flagsOf(command: CommandEntry, word: string): Pick<ReadWords, 'flags' | 'waiting'> {
  const [, name, value] = /^--([^=]+)(=.*)?$/su.exec(word) ?? [];
  if (name !== undefined) {
    const flag = command.flags.find((each) => isNamed(each, name));
    if (flag === undefined) return { flags: [], waiting: undefined };
    return { flags: [flag], waiting: flag.takesValue && value === undefined ? flag : undefined };
  }
  const flags: FlagEntry[] = [];
  const letters = word.slice(1);
  for (let index = 0; index < letters.length; index += 1) {
    const flag = command.flags.find(({ letter }) => letter === letters.charAt(index));
    if (flag === undefined) break;
    flags.push(flag);
    // What follows in the same word is its value.
    if (flag.takesValue) return { flags, waiting: index === letters.length - 1 ? flag : undefined };
  }
  return { flags, waiting: undefined };
}

function isNamed(flag: FlagEntry, name: string): boolean {
  return (
    flag.name === name ||
    flag.aliases.includes(name) ||
    (flag.negatable && `no-${flag.name}` === name)
  );
}

/** The flags that may still be given: each once, and none that a given one excludes. */
function possibleFlags(command: CommandEntry, given: readonly FlagEntry[]): FlagEntry[] {
  return command.flags.filter((flag) =>
    given.every(
      (other) =>
        (other !== flag || flag.repeats) &&
        !other.excludes.includes(flag.name) &&
        !flag.excludes.includes(other.name),
    ),
  );
}

function argumentAt(command: CommandEntry, given: readonly string[]): Position {
  const known = command.arguments;
  const argument = known[given.length] ?? (command.takesMore ? known.at(-1) : undefined);
  return argument === undefined ? NOTHING : { type: 'argument', command, argument, given };
}
