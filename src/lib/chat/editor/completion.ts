import type { ChalkInstance } from 'chalk';

import type { TextBuffer } from './buffer.ts';
import { borderBefore, fitWidth, onBorder, widthOf } from './graphemes.ts';
import { editable } from './paste.ts';

/** What the word before the cursor may become. */
export interface Completion {
  /** Where the word begins in the text before the cursor, in UTF-16 units. */
  readonly from: number;
  /** Whole words to choose from. */
  readonly choices: readonly string[];
}

const GAP = 2;

/**
 * The choices for a word, shown below the text. First what all have in common is put in, then one
 * after the other.
 */
export class CompletionMenu {
  readonly #buffer: TextBuffer;
  readonly #from: number;
  readonly #choices: readonly string[];
  /** The word as it was before choosing. */
  readonly #word: string;
  /** Where the word that is put in ends. */
  #end: number;
  #chosen = -1;

  private constructor(buffer: TextBuffer, from: number, choices: readonly string[]) {
    this.#buffer = buffer;
    this.#from = from;
    this.#choices = choices;
    this.#word = buffer.text.slice(from, buffer.cursor);
    this.#end = buffer.cursor;
  }

  /** Completes as far as it is clear; answers a menu when there is more than one choice. */
  static open(buffer: TextBuffer, { from, choices }: Completion): CompletionMenu | undefined {
    // A name with control characters can be neither shown nor typed.
    const usable = [...new Set(choices)].filter((choice) => choice === editable(choice));
    const word = buffer.text.slice(from, buffer.cursor);
    const common = commonBeginning(usable);
    const isLonger = common.length > word.length || usable.length === 1;
    if (isLonger && common !== word) buffer.replace(from, buffer.cursor, common);
    return usable.length > 1 ? new CompletionMenu(buffer, from, usable) : undefined;
  }

  /** Puts the next, or previous, choice in; behind the last comes the word as it was typed. */
  turn(step: 1 | -1): void {
    const places = this.#choices.length + 1;
    this.#choose(((this.#chosen + 1 + step + places) % places) - 1);
  }

  /** Puts back the word as it was typed. */
  cancel(): void {
    if (this.#chosen !== -1) this.#choose(-1);
  }

  /** The choices as rows of a screen. */
  rows(columns: number, mostRows: number, style: ChalkInstance): string[] {
    const widest = Math.max(...this.#choices.map(widthOf));
    const width = Math.min(widest, Math.max(1, columns - GAP));
    const inRow = Math.max(1, Math.floor((columns - 1 + GAP) / (width + GAP)));
    const all = Math.ceil(this.#choices.length / inRow);
    const shown = all <= mostRows ? all : Math.max(1, mostRows - 1);
    const first = Math.max(0, Math.floor(Math.max(0, this.#chosen) / inRow) - shown + 1);
    const rows = Array.from({ length: shown }, (_, row) => {
      const start = (first + row) * inRow;
      return this.#choices
        .slice(start, start + inRow)
        .map((choice, index) => {
          const text = fitWidth(choice, width);
          const padding = ' '.repeat(width - widthOf(text));
          const label = start + index === this.#chosen ? style.inverse(text) : text;
          return label + padding;
        })
        .join(' '.repeat(GAP))
        .trimEnd();
    });
    const left = this.#choices.length - (first + shown) * inRow;
    if (shown < all && mostRows > 1) {
      rows.push(style.dim(fitWidth(left > 0 ? `… ${left} more` : '…', columns - 1)));
    }
    return rows;
  }

  #choose(index: number): void {
    const text = this.#choices[index] ?? this.#word;
    this.#buffer.replace(this.#from, this.#end, text);
    this.#chosen = index;
    this.#end = this.#from + text.length;
  }
}

function commonBeginning(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) {
    let same = 0;
    while (same < length && word[same] === first[same]) same += 1;
    length = same;
  }
  const isBetweenCharacters = onBorder(first, length) === length;
  return first.slice(0, isBetweenCharacters ? length : borderBefore(first, length));
}
