import { BREAK, type Marks, type Span } from './span.ts';
import { graphemes, isAscii, widthOf } from './width.ts';

/** What may not begin a line, and what may not end one, next to a wide character. */
const NO_START =
  /^[,.!?:;)\]}%»”’、。，．・：；？！）］｝〉》」』】〕゛゜ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const NO_END = /[([{«“‘（［｛〈《「『【〔]$/u;

/** Something that is never broken unless it is wider than a whole line. */
interface Atom {
  readonly text: string;
  readonly marks: Marks;
  readonly width: number;
  readonly wide: boolean;
}

/**
 * Breaks spans into lines of at most so many columns: at blanks, beside wide characters, and inside
 * a word only where it is longer than a line. Blanks at a break are dropped.
 *
 * What is appended later changes nothing before the last line, so that all others may be shown for
 * good, and the last one wrapped again together with what follows it. Characters without a width
 * cannot make a line endless: it also has a bound in code units.
 */
export function wrap(spans: readonly Span[], width: number): Span[][] {
  const lines = new LineBreaker(width);
  for (const span of spans) {
    if (span === BREAK) lines.break();
    else for (const atom of atoms(span)) lines.add(atom);
  }
  return lines.finish();
}

/** Without the blanks at its end. */
export function trimLine(line: readonly Span[]): Span[] {
  const kept = [...line];
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const text = last.text.trimEnd();
    if (text === '') continue;
    kept.push(text === last.text ? last : { text, marks: last.marks });
    break;
  }
  return kept;
}

/** The columns that a line takes. */
export function lineWidth(line: readonly Span[]): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

class LineBreaker {
  readonly #width: number;
  readonly #mostUnits: number;
  readonly #lines: Span[][] = [];
  #line: Span[] = [];
  #lineWidth = 0;
  #lineUnits = 0;
  #blanks: Atom[] = [];
  #word: Atom[] = [];

  constructor(width: number) {
    this.#width = Math.max(2, width);
    this.#mostUnits = 256 + 16 * this.#width;
  }

  add(atom: Atom): void {
    if (atom.text.startsWith(' ')) {
      this.#endWord();
      this.#blanks.push(atom);
      return;
    }
    const previous = this.#word.at(-1);
    if (previous !== undefined && mayBreak(previous, atom)) this.#endWord();
    this.#word.push(atom);
  }

  break(): void {
    this.#endWord();
    this.#blanks = [];
    this.#endLine();
  }

  finish(): Span[][] {
    this.#endWord();
    // Blanks at the end count again when more follows.
    this.#line.push(...this.#blanks);
    this.#lines.push(this.#line);
    return this.#lines;
  }

  #endWord(): void {
    const word = this.#word;
    if (word.length === 0) return;
    this.#word = [];
    const blanks = this.#line.length === 0 ? [] : this.#blanks;
    this.#blanks = [];
    if (this.#fits([...blanks, ...word])) {
      for (const atom of [...blanks, ...word]) this.#put(atom);
      return;
    }
    if (this.#line.length > 0) this.#endLine();
    if (this.#fits(word)) for (const atom of word) this.#put(atom);
    else for (const atom of word) this.#putBroken(atom);
  }

  #fits(atoms: readonly Atom[]): boolean {
    const width = atoms.reduce((sum, atom) => sum + atom.width, this.#lineWidth);
    const units = atoms.reduce((sum, atom) => sum + atom.text.length, this.#lineUnits);
    return width <= this.#width && units <= this.#mostUnits;
  }

  #put({ marks, text, width }: Atom): void {
    this.#line.push({ text, marks });
    this.#lineWidth += width;
    this.#lineUnits += text.length;
  }

  #putBroken(atom: Atom): void {
    if (this.#fits([atom])) {
      this.#put(atom);
      return;
    }
    if (isAscii(atom.text)) {
      let rest = atom.text;
      while (rest !== '') {
        if (this.#lineWidth >= this.#width) this.#endLine();
        const text = rest.slice(0, this.#width - this.#lineWidth);
        this.#put({ ...atom, text, width: text.length });
        rest = rest.slice(text.length);
      }
      return;
    }
    for (const text of graphemes(atom.text)) {
      const piece = { ...atom, text, width: widthOf(text) };
      if (this.#line.length > 0 && !this.#fits([piece])) this.#endLine();
      this.#put(piece);
    }
  }

  #endLine(): void {
    this.#lines.push(this.#line);
    this.#line = [];
    this.#lineWidth = 0;
    this.#lineUnits = 0;
  }
}

function mayBreak(previous: Atom, next: Atom): boolean {
  if (!previous.wide && !next.wide) return false;
  return !NO_START.test(next.text) && !NO_END.test(previous.text);
}

function* atoms({ marks, text }: Span): Generator<Atom> {
  if (isAscii(text)) {
    for (const [run] of text.matchAll(/ +|[^ ]+/gu)) {
      yield { text: run, marks, width: run.length, wide: false };
    }
    return;
  }
  let run = '';
  const word = (): Atom => ({ text: run, marks, width: widthOf(run), wide: false });
  for (const grapheme of graphemes(text)) {
    const width = widthOf(grapheme);
    const blank = grapheme === ' ' || grapheme === '\t';
    if (!blank && width < 2) {
      run += grapheme;
      continue;
    }
    if (run !== '') yield word();
    run = '';
    if (blank) yield { text: ' ', marks, width: 1, wide: false };
    else yield { text: grapheme, marks, width, wide: true };
  }
  if (run !== '') yield word();
}
