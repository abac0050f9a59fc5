import type { Container } from './container.ts';
import { inlineSpans } from './inline.ts';
import type { Page } from './page.ts';
import { BREAK, PLAIN, type Span } from './span.ts';
import {
  align,
  type Alignment,
  type Cell,
  fitColumns,
  naturalWidth,
  SEPARATOR_WIDTH,
  splitRow,
} from './table-layout.ts';
import { trimLine, wrap } from './wrap.ts';

/** So many rows decide the widths; the rows after them are drawn as they come. */
const MOST_HELD_ROWS = 200;
/** So many rows are drawn at most while the table is not finished. */
const PREVIEWED_ROWS = 60;

/** Widths that were settled, or that there is no room for columns. */
interface Layout {
  readonly widths: readonly number[] | undefined;
  readonly ruled: boolean;
}

/** A table while it is written: it is held until it ends, for its widest cell may come last. */
export class TableBlock {
  readonly stack: readonly Container[];
  readonly #page: Page;
  readonly #alignments: readonly Alignment[];
  readonly #header: readonly Cell[];
  readonly #natural: number[];
  #rows: (readonly Cell[])[] = [];
  #layout: Layout | undefined;

  constructor(
    page: Page,
    stack: readonly Container[],
    header: string,
    alignments: readonly Alignment[],
  ) {
    this.#page = page;
    this.stack = stack;
    this.#alignments = alignments;
    this.#header = this.#cells(header).map((cell) =>
      cell.map((span) =>
        span === BREAK ? span : { text: span.text, marks: { ...span.marks, bold: true } },
      ),
    );
    this.#natural = this.#header.map(naturalWidth);
    page.markers(stack);
    page.separate(stack);
  }

  add(row: string): void {
    const cells = this.#cells(row);
    if (this.#layout !== undefined) {
      this.#show(this.#rowLines(cells, this.#layout));
      return;
    }
    for (const [index, cell] of cells.entries()) {
      this.#natural[index] = Math.max(this.#natural[index] ?? 0, naturalWidth(cell));
    }
    this.#rows.push(cells);
    if (this.#rows.length === MOST_HELD_ROWS) this.#settle(true);
  }

  close(): void {
    if (this.#layout === undefined) this.#settle(false);
    this.#page.separate(this.stack);
  }

  tail(): string[] {
    if (this.#layout !== undefined) return [];
    const rows = this.#rows.slice(-PREVIEWED_ROWS);
    return this.#page.preview(this.stack, this.#lines(this.#decide(rows), rows));
  }

  #settle(goesOn: boolean): void {
    this.#layout = this.#decide(this.#rows);
    if (goesOn) this.#layout = this.#spread(this.#layout);
    this.#show(this.#lines(this.#layout, this.#rows));
    this.#rows = [];
  }

  #decide(rows: readonly (readonly Cell[])[]): Layout {
    const widths = fitColumns(this.#natural, this.#page.room(this.stack));
    const ruled =
      widths !== undefined &&
      rows.some((row) => row.some((cell, index) => wrap(cell, widths[index] ?? 1).length > 1));
    return { widths, ruled };
  }

  /** Gives the last column all the room there is, for the rows that are not known. */
  #spread({ ruled, widths }: Layout): Layout {
    if (widths === undefined) return { ruled, widths };
    const others = widths.slice(0, -1);
    const taken = others.reduce((sum, width) => sum + width + SEPARATOR_WIDTH, 0);
    return { ruled, widths: [...others, this.#page.room(this.stack) - taken] };
  }

  #show(lines: readonly Span[][]): void {
    for (const line of lines) this.#page.line(this.stack, line);
  }

  #lines(layout: Layout, rows: readonly (readonly Cell[])[]): Span[][] {
    const { widths } = layout;
    if (widths === undefined) return rows.flatMap((row) => this.#record(row));
    const body = rows.flatMap((row, index) => {
      const lines = this.#drawRow(row, widths);
      return layout.ruled && index > 0 ? [rule(widths, '┼'), ...lines] : lines;
    });
    return [...this.#drawRow(this.#header, widths), rule(widths, '┼'), ...body];
  }

  /** One more row of a table whose widths are settled. */
  #rowLines(row: readonly Cell[], { ruled, widths }: Layout): Span[][] {
    if (widths === undefined) return this.#record(row);
    const lines = this.#drawRow(row, widths);
    return ruled ? [rule(widths, '┼'), ...lines] : lines;
  }

  #drawRow(row: readonly Cell[], widths: readonly number[]): Span[][] {
    const cells = widths.map((width, index) =>
      wrap(row[index] ?? [], width).map((line) => trimLine(line)),
    );
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, index) =>
      cells.flatMap((lines, column) => {
        const width = widths[column] ?? 0;
        const filled = align(lines[index] ?? [], width, this.#alignments[column] ?? 'left');
        return column === 0 ? filled : [muted(' │ '), ...filled];
      }),
    );
  }

  /** A row where there is no room for columns: a line for every cell. */
  #record(row: readonly Cell[]): Span[][] {
    const room = this.#page.room(this.stack);
    const lines = this.#header.flatMap((name, index) =>
      wrap([...name, { text: ': ', marks: PLAIN }, ...(row[index] ?? [])], room),
    );
    return [...lines, rule([Math.min(room, NARROW_RULE)], '')];
  }

  #cells(row: string): Cell[] {
    const texts = splitRow(row);
    return this.#alignments.map((_, index) =>
      inlineSpans(texts[index] ?? '', PLAIN, this.#page.look.theme),
    );
  }
}

const NARROW_RULE = 10;

function muted(text: string): Span {
  return { text, marks: { muted: true } };
}

function rule(widths: readonly number[], crossing: string): Span[] {
  return [muted(widths.map((width) => '─'.repeat(width)).join(`─${crossing}─`))];
}
