import { oneLine } from '../plain-text.ts';
import { type BashLine, readBashLine } from './bash-line.ts';
import type { Answer, Candidate, Replacement } from './candidate.ts';
import type { TypedLine } from './position.ts';

/** The shells that can be completed. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

export function isShell(text: string | undefined): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

/** How a shell asks and wants to be answered. */
interface Protocol {
  readonly replacement: Replacement;
  read(words: readonly string[]): BashLine;
  /** A candidate as a line of the answer. */
  write(candidate: Candidate, line: BashLine): string;
}

const LONGEST_DESCRIPTION = 100;

const PROTOCOLS: Readonly<Record<Shell, Protocol>> = {
  bash: {
    replacement: 'spelling',
    read: ([before = '', after = '', breaks = '']) => readBashLine(before, after, breaks),
    // Bash is told to put no blank of its own: it could not tell the words that go on.
    write: ({ goesOn, value }, { kept, quoted }) =>
      `${value.slice(kept)}${goesOn === true || quoted ? '' : ' '}`,
  },
  zsh: {
    replacement: 'prefix',
    read: readWords,
    // As its `_describe` takes them, with a mark before those that go on.
    write: (candidate) => {
      const parts = [candidate.value, ...descriptionOf(candidate)];
      const escaped = parts.map((part) => part.replaceAll(/[\\:]/gu, String.raw`\$&`));
      return `${candidate.goesOn === true ? '+' : '-'}${escaped.join(':')}`;
    },
  },
  fish: { replacement: 'part', read: readWords, write: writeWithTab },
  powershell: { replacement: 'part', read: readWords, write: writeWithTab },
};

/** How a shell puts candidates into its line. */
export function replacementOf(shell: Shell): Replacement {
  return PROTOCOLS[shell].replacement;
}

/** What the script of a shell asks. */
export function readQuestion(shell: Shell, words: readonly string[]): BashLine {
  return PROTOCOLS[shell].read(words);
}

/** The answer for the script of a shell: `files` or `words`, then a line for each candidate. */
export function writeAnswer(shell: Shell, { candidates, files }: Answer, line: BashLine): string {
  const protocol = PROTOCOLS[shell];
  const lines = candidates.map((candidate) => protocol.write(candidate, line));
  return [files ? 'files' : 'words', ...lines].map((each) => `${each}\n`).join('');
}

/** The place of the word at the cursor among the words, and the words without the program. */
function readWords([index = '', ...words]: readonly string[]): BashLine {
  const at = Number.parseInt(index, 10);
  const line: TypedLine = {
    before: words.slice(0, at),
    // A quote that is still open is part of the word in some shells.
    current: (words[at] ?? '').replace(/^["']/u, ''),
    after: words.slice(at + 1),
  };
  return { line, kept: 0, quoted: false };
}

function writeWithTab(candidate: Candidate): string {
  return [candidate.value, ...descriptionOf(candidate)].join('\t');
}

/** The description on one line that no terminal can be misled by. */
function descriptionOf({ description = '' }: Candidate): string[] {
  const plain = oneLine(description);
  if (plain === '') return [];
  return [
    plain.length > LONGEST_DESCRIPTION ? `${plain.slice(0, LONGEST_DESCRIPTION - 1)}…` : plain,
  ];
}
