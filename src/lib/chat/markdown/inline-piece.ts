import { formulaAt, LONGEST_FORMULA, LONGEST_SINGLE } from './math.ts';

/**
 * No piece is longer: a mark that is still open after so many characters is none. It bounds what is
 * held back and what the lexer gets at once.
 */
export const LONGEST_PIECE = 1000;
const LONGEST_TAG = 400;

/** The first piece of a text, or what is missing to its end. */
export type Piece =
  | { readonly settled: true; readonly end: number }
  /** `closers`: what would close the marks that are open. */
  | { readonly settled: false; readonly closers: string };

interface Opener {
  readonly mark: string;
  count: number;
}

const WHITE = /\s/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;
// Without the combining voiced marks U+3099 and U+309A, which belong to what is before them.
const IDEOGRAPHIC = /[\u3001-\u3096\u309B-\u30FF\u3400-\u9FFF\uF900-\uFAFF\uFF01-\uFF60]/u;

/**
 * Finds the end of the first piece of a text: up to the first blank (or place between two
 * ideographs) where no inline mark is open. Pieces are lexed one by one, so that what comes later
 * cannot change what is shown. Where a piece ends depends on the text alone, not on how much of it
 * was there when it was looked at.
 *
 * @param start a place that is no blank
 */
export function firstPiece(source: string, start: number): Piece {
  // Nothing beyond is looked at, or it would matter whether it was there yet.
  const view = source.slice(start, start + LONGEST_PIECE);
  const scan = new Scan(view);
  const end = scan.run();
  if (end !== undefined) return { settled: true, end: start + end };
  if (view.length === LONGEST_PIECE) return { settled: true, end: start + forcedEnd(view) };
  return { settled: false, closers: scan.closers };
}

/** One look at a piece. Every step says where to go on, or nothing when it has to wait. */
class Scan {
  readonly #source: string;
  #open: Opener[] = [];
  /** A run of backticks whose end is not there yet. */
  #ticks = '';

  constructor(source: string) {
    this.#source = source;
  }

  get closers(): string {
    const marks = this.#open.map(({ count, mark }) => (mark === '[' ? '' : mark.repeat(count)));
    return this.#ticks + marks.toReversed().join('');
  }

  run(): number | undefined {
    let place: number | undefined = 0;
    while (place !== undefined && place < this.#source.length) {
      const character = this.#source.charAt(place);
      if (this.#open.length === 0 && this.#mayEnd(character, place)) {
        return WHITE.test(character) ? place : place + 1;
      }
      place = this.#step(character, place);
    }
    return undefined;
  }

  #mayEnd(character: string, place: number): boolean {
    if (WHITE.test(character)) return true;
    return IDEOGRAPHIC.test(character) && IDEOGRAPHIC.test(this.#source.charAt(place + 1));
  }

  #step(character: string, place: number): number | undefined {
    switch (character) {
      case '\\':
      case '$':
        return this.#escapeOrFormula(character, place);
      case '`':
        return this.#code(place);
      case '<':
        return this.#tag(place);
      case '[':
        this.#open.push({ mark: '[', count: 1 });
        return place + 1;
      case ']':
        return this.#bracketEnd(place);
      case '*':
      case '_':
      case '~':
        return this.#delimiters(character, place);
      default:
        return place + 1;
    }
  }

  #escapeOrFormula(character: string, place: number): number | undefined {
    const next = this.#source.charAt(place + 1);
    if (next === '') return undefined;
    const after = place + (character === '\\' ? 2 : 1);
    if (character === '\\' && next !== '(' && next !== '[') return after;
    const formula = formulaAt(this.#source, place);
    if (formula !== undefined) {
      const end = place + formula.length;
      // A digit right after a dollar would say that it is a price.
      return end < this.#source.length ? end : undefined;
    }
    const longest = character === '$' && next !== '$' ? LONGEST_SINGLE : LONGEST_FORMULA;
    const text = this.#source.slice(place, place + longest);
    return text.length === longest || text.includes('\n') ? after : undefined;
  }

  #code(place: number): number | undefined {
    const ticks = runLength(this.#source, place, '`');
    let end = place + ticks;
    if (end === this.#source.length) return undefined;
    while (end < this.#source.length) {
      const next = this.#source.indexOf('`', end);
      if (next === -1) break;
      const length = runLength(this.#source, next, '`');
      end = next + length;
      if (length !== ticks) continue;
      // More backticks may follow and make the run a longer one.
      return end < this.#source.length ? end : undefined;
    }
    this.#ticks = '`'.repeat(ticks);
    return undefined;
  }

  #tag(place: number): number | undefined {
    const next = this.#source.charAt(place + 1);
    if (next === '') return undefined;
    if (!/[a-z/!?]/iu.test(next)) return place + 1;
    const text = this.#source.slice(place, place + LONGEST_TAG);
    const end = text.search(/[>\n]/u);
    if (end === -1) return text.length === LONGEST_TAG ? place + 1 : undefined;
    return text.charAt(end) === '>' ? place + end + 1 : place + 1;
  }

  #bracketEnd(place: number): number | undefined {
    const opener = this.#open.findLastIndex(({ mark }) => mark === '[');
    const next = this.#source.charAt(place + 1);
    if (opener === -1) return place + 1;
    if (next === '(') {
      const end = destinationEnd(this.#source, place + 1);
      if (end === undefined) return undefined;
      this.#open.length = opener;
      return end;
    }
    if (next === '') return undefined;
    this.#open.length = opener;
    return place + 1;
  }

  #delimiters(mark: string, place: number): number | undefined {
    const length = runLength(this.#source, place, mark);
    const end = place + length;
    const next = this.#source.charAt(end);
    if (next === '') return undefined;
    if (mark === '~' && length !== 2) return end;
    const before = place === 0 ? ' ' : this.#source.charAt(place - 1);
    const { closes, opens } = flanks(mark, before, next);
    const left = closes ? this.#close(mark, length) : length;
    if (left > 0 && opens) this.#open.push({ mark, count: left });
    return end;
  }

  /** Closes what a run of delimiters can close, and says how many of them are left. */
  #close(mark: string, length: number): number {
    let left = length;
    while (left > 0) {
      const index = this.#open.findLastIndex((opener) => opener.mark === mark);
      const opener = this.#open[index];
      if (opener === undefined) break;
      const used = Math.min(left, opener.count);
      opener.count -= used;
      left -= used;
      this.#open.length = opener.count === 0 ? index : index + 1;
    }
    return left;
  }
}

function loose(character: string): boolean {
  return PUNCTUATION.test(character);
}

/** What a run of delimiters may do. Rules: https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run */
function flanks(mark: string, before: string, next: string): { opens: boolean; closes: boolean } {
  const left = !WHITE.test(next) && (!loose(next) || WHITE.test(before) || loose(before));
  const right = !WHITE.test(before) && (!loose(before) || WHITE.test(next) || loose(next));
  if (mark !== '_') return { opens: left, closes: right };
  return { opens: left && (!right || loose(before)), closes: right && (!left || loose(next)) };
}

/**
 * The place after the `)` that ends a link's destination and title; the place of `(` when it is
 * none; undefined when it may go on.
 */
function destinationEnd(source: string, start: number): number | undefined {
  let depth = 0;
  let quote: string | undefined;
  for (let place = start; place < source.length; place += 1) {
    const character = source.charAt(place);
    if (character === '\n') return start;
    if (character === '\\') place += 1;
    else if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (/["']/u.test(character) && WHITE.test(source.charAt(place - 1))) quote = character;
    else if (character === '(') depth += 1;
    else if (character === ')') {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return undefined;
}

function runLength(source: string, place: number, character: string): number {
  let end = place;
  while (source.charAt(end) === character) end += 1;
  return end - place;
}

/** Where a piece that is too long is cut: before its last blank, else between two characters. */
function forcedEnd(piece: string): number {
  const blank = piece.search(/\s\S*$/u);
  if (blank > 0) return blank;
  const last = piece.charCodeAt(piece.length - 1);
  return piece.length - (last >= 0xd8_00 && last <= 0xdb_ff ? 1 : 0);
}
