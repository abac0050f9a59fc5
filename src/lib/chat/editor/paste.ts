import { stripControls } from '../../plain-text.ts';

/** A paste of more lines, or more UTF-16 units, is folded. */
const SHOWN_LINES = 5;
const SHOWN_LENGTH = 500;
/** Lone low surrogates: no well-formed text holds one, so none is mistaken for a sign. */
const FIRST_MARK = 0xdc_00;
const MARKS = /[\uDC00-\uDFFF]/gu;
const MOST_FOLDED = 1024;

/**
 * A text from outside, fit for the editor: well-formed, lines ended by `\n`, tabs kept, controls and
 * direction overrides dropped.
 */
export function editable(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?|[\u2028\u2029]/gu, '\n');
  return stripControls(lines);
}

/**
 * The long texts pasted into one question. In the text being edited each is one sign, shown as a
 * label and deleted as one character.
 */
export class FoldedPastes {
  #texts: string[] = [];

  /** What goes into the text for a paste: its sign if it is long, otherwise the paste itself. */
  fold(pasted: string): string {
    const text = editable(pasted).replace(/\n$/u, '');
    const isLong = text.length > SHOWN_LENGTH || lineCount(text) > SHOWN_LINES;
    return isLong ? this.keep(text) : text;
  }

  /** The sign for a text; the text itself when there are no more signs. */
  keep(text: string): string {
    if (this.#texts.length === MOST_FOLDED) return text;
    this.#texts.push(text);
    return String.fromCharCode(FIRST_MARK + this.#texts.length - 1);
  }

  /** The text with the pastes in the place of their signs. */
  unfold(text: string): string {
    return text.replace(MARKS, (mark) => this.#texts[mark.charCodeAt(0) - FIRST_MARK] ?? '');
  }

  /** What is shown for a sign: `[Pasted #1: 42 lines]`; undefined for any other character. */
  labelOf(character: string): string | undefined {
    const index = character.charCodeAt(0) - FIRST_MARK;
    const text = this.#texts[index];
    if (text === undefined || character.length !== 1) return undefined;
    const lines = lineCount(text);
    const size = lines > SHOWN_LINES ? `${lines} lines` : `${text.length} characters`;
    return `[Pasted #${index + 1}: ${size}]`;
  }
}

/** The text with a neutral character in the place of each sign: offsets stay. */
export function withoutMarks(text: string): string {
  return text.replace(MARKS, '\uFFFC');
}

function lineCount(text: string): number {
  return text.split('\n').length;
}
