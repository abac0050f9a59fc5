import { oneLine } from './lib/plain-text.ts';

/** What oclif's errors have beside their message, as far as it is read; their classes are not exported. */
interface ParseError {
  readonly message: string;
  /** Arguments that are missing, or words that are too many. */
  readonly args?: readonly (string | MissingArgument)[];
  readonly flags?: readonly string[];
}

interface MissingArgument {
  readonly name: string;
  readonly options?: readonly string[];
}

/** What oclif says, and how it is said here. Its own words are in lib/parser and lib/flags.js. */
const SENTENCES: readonly (readonly [pattern: RegExp, say: (...parts: string[]) => string])[] = [
  [/^Flag (\S+) expects a value$/u, (flag) => `${flag} takes a value`],
  [/^Flag (\S+) expects one of these values: (.+)$/u, (flag, all) => `${flag} takes ${anyOf(all)}`],
  [/^Flag (\S+) can only be specified once$/u, (flag) => `${flag} may be given once`],
  [
    /^Expected (--[\w-]+)=(.*) to be one of: (.+)$/su,
    (flag, given, all) => `${flag} takes ${anyOf(all)}, not ${quoted(given)}`,
  ],
  [
    /^Expected (.*) to be one of: (.+)$/su,
    (given, all) => `${quoted(given)} is none of ${listed(wordsOf(all), 'and')}`,
  ],
  [
    /^Parsing (\S+) \n\tExpected an integer but received: (.*)$/su,
    (flag, given) => `${flag} takes a whole number, not ${quoted(given)}`,
  ],
  [
    /^Parsing (\S+) \n\tExpected an integer greater than or equal to (\S+) but received: (.*)$/su,
    (flag, least, given) => `${flag} takes a whole number from ${least} on, not ${quoted(given)}`,
  ],
  [
    /^Parsing (\S+) \n\tExpected an integer less than or equal to (\S+) but received: (.*)$/su,
    (flag, most, given) => `${flag} takes a whole number up to ${most}, not ${quoted(given)}`,
  ],
  [
    /^(--[\w-]+)=.* cannot also be provided when using (--[\w-]+)$/su,
    (other, flag) => `${flag} and ${other} exclude each other`,
  ],
  [/^Missing required flag (\S+)$/u, (flag) => `--${flag} is missing`],
];

/**
 * What oclif says of a command line that it cannot read, in one sentence: its own has the layout of a
 * terminal in it.
 *
 * @param command the words of the command, where one is known
 */
export function usageMessage(error: ParseError, command: string | undefined): string {
  const { args = [], flags = [] } = error;
  const words = args.filter((each) => typeof each === 'string');
  const missing = args.filter((each) => typeof each !== 'string');
  if (missing.length > 0) return missingArguments(missing);
  const name = command === undefined ? 'llamero' : `llamero ${command}`;
  if (words.length > 0) {
    return `\`${name}\` takes no ${listed(words.map(quoted), 'and')}`;
  }
  if (flags.length > 0) {
    return `\`${name}\` has no ${flags.length === 1 ? 'flag' : 'flags'} ${listed(flags.map(oneLine), 'and')}`;
  }
  const text = error.message
    .replace(/\n?See more help with --help$/u, '')
    .replace(/^The following errors? occurred:\n/u, '')
    .trim();
  for (const [pattern, say] of SENTENCES) {
    const match = pattern.exec(text);
    if (match !== null) return say(...match.slice(1));
  }
  return oneLine(text);
}

function missingArguments(missing: readonly MissingArgument[]): string {
  const names = missing.map(({ name }) => name.toUpperCase());
  const [first] = missing;
  const choices = first?.options === undefined ? '' : `: ${listed(first.options, 'or')}`;
  if (missing.length === 1) return `${names.join('')} is missing${choices}`;
  return `${listed(names, 'and')} are missing`;
}

function quoted(text = ''): string {
  return `«${oneLine(text)}»`;
}

/** `name, size or used`, of a list with commas. */
function anyOf(all = ''): string {
  return listed(wordsOf(all), 'or');
}

function wordsOf(all = ''): string[] {
  return all.split(', ');
}

function listed(words: readonly string[], joint: 'and' | 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1) ?? ''}`;
}
