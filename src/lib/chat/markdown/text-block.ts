import type { Container } from './container.ts';
import { firstPiece } from './inline-piece.ts';
import { inlineSpans } from './inline.ts';
import type { Page } from './page.ts';
import { BREAK, type Marks, PLAIN, type Span } from './span.ts';
import { wrap } from './wrap.ts';

/** More blanks in a row say nothing more. */
const MOST_BLANKS = 256;

/**
 * A paragraph or a heading while it is written. A visual line is finished as soon as the next one
 * has begun; what may yet turn out to be bold, code or a link stays in the tail. Line breaks stay
 * where the model put them.
 */
export class TextBlock {
  readonly stack: readonly Container[];
  readonly #page: Page;
  readonly #marks: Marks;
  /** What is not settled yet. */
  #source = '';
  /** What is settled and not shown for good: the beginning of the last visual line. */
  #line: Span[] = [];

  constructor(page: Page, stack: readonly Container[], marks: Marks = PLAIN) {
    this.#page = page;
    this.stack = stack;
    this.#marks = marks;
    if (marks.heading !== undefined && page.look.theme.plain) {
      this.#line.push({ text: `${'#'.repeat(marks.heading)} `, marks });
    }
  }

  /** More of the line that is being written. */
  add(text: string): void {
    this.#source += text;
    this.#settle();
  }

  /** A line of a paragraph ended. */
  endLine(): void {
    this.#source = this.#source.trimEnd();
    this.#settle();
    this.#source += '\n';
  }

  /** The one line of a heading ended, maybe with a row of `#`. */
  endHeading(): void {
    this.#source = this.#source.replace(/(?:^|[ \t]+)#+[ \t]*$/u, '');
    this.close();
  }

  /** Nothing more comes. */
  close(): void {
    this.#source = this.#source.trimEnd();
    this.#settle();
    if (this.#source !== '') this.#line.push(...this.#read(this.#source));
    this.#source = '';
    this.#show();
    if (this.#line.length > 0) this.#page.line(this.stack, this.#line);
    this.#line = [];
  }

  /** The lines that may still change, as they look now. */
  tail(): string[] {
    const lines = wrap([...this.#line, ...this.#open()], this.#page.room(this.stack));
    while (lines.at(-1)?.every(({ text }) => text.trim() === '') === true) lines.pop();
    return this.#page.preview(this.stack, lines);
  }

  /** What is not settled, with its open marks closed. */
  #open(): Span[] {
    const start = this.#source.length - this.#source.trimStart().length;
    if (start === this.#source.length) return [];
    const piece = firstPiece(this.#source, start);
    const closers = piece.settled ? '' : piece.closers;
    // The marks at the end have nothing to show yet.
    const begun = this.#source
      .trimEnd()
      .replace(/[*_~`]+$/u, '')
      .trimEnd();
    return begun.trim() === '' ? [] : this.#read(begun + closers);
  }

  #settle(): void {
    let place = 0;
    for (;;) {
      const start = this.#skipBlanks(place);
      if (start === this.#source.length) break;
      const piece = firstPiece(this.#source, start);
      if (!piece.settled) break;
      this.#line.push(...this.#read(this.#source.slice(place, piece.end)));
      place = piece.end;
    }
    this.#source = this.#source.slice(place);
    this.#dropBlanks();
    this.#show();
  }

  #skipBlanks(place: number): number {
    let end = place;
    while (end < this.#source.length && /\s/u.test(this.#source.charAt(end))) end += 1;
    return end;
  }

  #dropBlanks(): void {
    const start = this.#skipBlanks(0);
    if (start > MOST_BLANKS) this.#source = this.#source.slice(start - MOST_BLANKS);
  }

  /** Reads a piece together with the blanks before it. */
  #read(text: string): Span[] {
    const begun = text.trimStart();
    const blanks = text.slice(0, text.length - begun.length);
    const spans = inlineSpans(begun, this.#marks, this.#page.look.theme);
    if (blanks.includes('\n')) return [BREAK, ...spans];
    return blanks === ''
      ? spans
      : [{ text: ' '.repeat(blanks.length), marks: this.#marks }, ...spans];
  }

  /** Shows all visual lines but the last. */
  #show(): void {
    const lines = wrap(this.#line, this.#page.room(this.stack));
    const last = lines.pop() ?? [];
    for (const line of lines) this.#page.line(this.stack, line);
    this.#line = last;
  }
}
