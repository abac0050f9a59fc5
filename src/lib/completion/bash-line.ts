import type { TypedLine } from './position.ts';

/** A line of bash, and how bash will put a candidate into it. */
export interface BashLine {
  readonly line: TypedLine;
  /** Characters at the start of the word at the cursor that bash leaves alone. */
  readonly kept: number;
  /** Whether the cursor is inside quotes. */
  readonly quoted: boolean;
}

/**
 * What bash cuts a word before, and not behind: `rl_special_prefixes`,
 * https://tiswww.case.edu/php/chet/readline/readline.html#Completion-Variables
 */
const REPLACED_BREAKS = '$@';

interface OpenWord {
  text: string;
  kept: number;
}

/**
 * Takes a line apart as bash does, free of quotes. Bash itself hands a completion its words cut at
 * every `:` and `=`, and replaces only what stands behind the last of them; the line as it was typed
 * tells more.
 *
 * @param before the line up to the cursor, the name of the program first
 * @param after the rest of it
 * @param breaks COMP_WORDBREAKS
 * @see https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
 */
export function readBashLine(before: string, after: string, breaks: string): BashLine {
  const { kept, quoted, words } = split(before, breaks);
  // What follows the cursor up to the next blank belongs to the word at the cursor.
  const rest = split(after.replace(/^\S+/u, ''), breaks).words.filter((word) => word !== '');
  return {
    line: { before: words.slice(1, -1), current: words.at(-1) ?? '', after: rest },
    kept,
    quoted,
  };
}

/** The words of a text; the last one is empty where the text ends in a blank. */
function split(text: string, breaks: string): Omit<BashLine, 'line'> & { words: string[] } {
  const words: string[] = [];
  let word: OpenWord | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote === '' && /\s/u.test(character)) {
      if (word !== undefined) words.push(word.text);
      word = undefined;
      continue;
    }
    word ??= { text: '', kept: 0 };
    if (quote === "'" ? character === "'" : quote !== '' && character === quote) {
      quote = '';
    } else if (quote === '' && (character === "'" || character === '"')) {
      quote = character;
      word.kept = word.text.length;
    } else if (character === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1;
      word.text += text.charAt(index);
    } else {
      if (quote === '' && breaks.includes(character)) {
        word.kept = word.text.length + (REPLACED_BREAKS.includes(character) ? 0 : 1);
      }
      word.text += character;
    }
  }
  return { words: [...words, word?.text ?? ''], kept: word?.kept ?? 0, quoted: quote !== '' };
}
