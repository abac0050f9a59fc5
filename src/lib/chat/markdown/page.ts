import type { Container } from './container.ts';
import type { Span } from './span.ts';
import type { SpanPainter, Theme } from './theme.ts';
import { widthOf } from './width.ts';
import { trimLine } from './wrap.ts';

const QUOTE_BAR = '│ ';
const NARROWEST = 10;

/** How a document is drawn. */
export interface Look {
  readonly theme: Theme;
  readonly paint: SpanPainter;
}

/** Takes the finished lines of a document, with what its containers put before them. */
export class Page {
  readonly look: Look;
  /** The width that lines are laid out for. */
  columns = 80;
  #lines: string[] = [];
  /** The containers that a blank line stands in which is shown before the next line. */
  #blank: readonly Container[] | undefined;
  #empty = true;

  constructor(look: Look) {
    this.look = look;
  }

  /** The finished lines since the last call. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** The columns that a line within containers has for itself. */
  room(stack: readonly Container[]): number {
    const taken = stack.reduce((sum, container) => sum + prefixWidth(container), 0);
    return Math.max(NARROWEST, this.columns - taken);
  }

  /** Asks for a blank line before the next line, if there is one; several are one. */
  separate(stack: readonly Container[]): void {
    if (this.#empty || stack.some((container) => waits(container))) return;
    this.#blank = [...stack];
  }

  /** A finished line. */
  line(stack: readonly Container[], spans: readonly Span[]): void {
    this.#finish(stack, this.#prefix(stack, true), this.look.paint(trimLine(spans)));
    for (const container of stack) if (container.type === 'item') container.markerShown = true;
  }

  /** A finished line of code: it keeps clear of the indentation of lists, so that it can be copied. */
  code(stack: readonly Container[], drawn: string): void {
    this.#finish(stack, this.#quotes(stack), drawn);
  }

  /** Shows the marks of items that have nothing on their first line. */
  markers(stack: readonly Container[]): void {
    if (stack.some((container) => waits(container))) this.line(stack, []);
  }

  /** Lines that are not finished, as {@link line} would show them. */
  preview(stack: readonly Container[], lines: readonly (readonly Span[])[]): string[] {
    const drawn = lines.map((spans, index) =>
      (this.#prefix(stack, index === 0) + this.look.paint(trimLine(spans))).trimEnd(),
    );
    return this.#withBlank(stack, drawn);
  }

  /** Lines that are not finished, as {@link code} would show them. */
  previewCode(stack: readonly Container[], drawn: readonly string[]): string[] {
    return this.#withBlank(
      stack,
      drawn.map((line) => this.#quotes(stack) + line),
    );
  }

  #withBlank(stack: readonly Container[], lines: string[]): string[] {
    if (this.#blank === undefined || lines.length === 0) return lines;
    return [this.#blankLine(this.#blank, stack), ...lines];
  }

  #finish(stack: readonly Container[], prefix: string, drawn: string): void {
    if (this.#blank !== undefined) this.#lines.push(this.#blankLine(this.#blank, stack));
    this.#blank = undefined;
    this.#empty = false;
    this.#lines.push((drawn === '' ? prefix.trimEnd() : prefix) + drawn);
  }

  /** A blank line shows the quotes that go on from before it to after it. */
  #blankLine(before: readonly Container[], after: readonly Container[]): string {
    const common = before.filter((container, index) => container === after[index]);
    return this.#quotes(common).trimEnd();
  }

  #quotes(stack: readonly Container[]): string {
    return this.#bar(stack.filter(({ type }) => type === 'quote').length);
  }

  #bar(count: number): string {
    return count === 0 ? '' : this.look.theme.muted(QUOTE_BAR.repeat(count).trimEnd()) + ' ';
  }

  #prefix(stack: readonly Container[], first: boolean): string {
    let prefix = '';
    for (const container of stack) {
      if (container.type === 'quote') prefix += this.#bar(1);
      else if (first && waits(container)) prefix += container.marker;
      else prefix += ' '.repeat(widthOf(container.marker));
    }
    return prefix;
  }
}

function waits(container: Container): boolean {
  return container.type === 'item' && !container.markerShown;
}

function prefixWidth(container: Container): number {
  return container.type === 'quote' ? widthOf(QUOTE_BAR) : widthOf(container.marker);
}
