import { oneLine } from '../plain-text.ts';
import { textWidth } from './text-width.ts';

/** A column of a table. */
export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Whether this column gives way, with an ellipsis, when the terminal is too narrow. */
  readonly shrinks?: boolean;
}

/** A cell: text, and a colour that is put on after the text was measured and padded. */
export type Cell = string | { readonly text: string; readonly style: (text: string) => string };

/** How a table is drawn. */
export interface TableOptions {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** The width to fit into; without it nothing is ever cut. */
  readonly width?: number | undefined;
  /** The style of the header line. */
  readonly headerStyle?: (text: string) => string;
}

const GAP = '  ';
const NARROWEST = 8;

/**
 * Lays a table out: columns as wide as their widest cell, two blanks between them. Cell texts are
 * made safe for the terminal here. Fitted into `width` by shortening the columns that shrink.
 */
export function renderTable(options: TableOptions): string {
  const header: readonly Cell[] = options.columns.map(({ header: text }) => ({
    text,
    style: options.headerStyle ?? ((plain: string) => plain),
  }));
  const lines = [header, ...options.rows].map((row) => row.map(readCell));
  const widths = options.columns.map((_, index) =>
    Math.max(...lines.map((line) => textWidth(line[index]?.text ?? ''))),
  );
  if (options.width !== undefined) fit(widths, options.columns, options.width);
  return lines
    .map((line) => {
      const cells = options.columns.map((column, index) => {
        const cell = line[index] ?? { text: '', style: (plain: string) => plain };
        return drawCell(cell, widths[index] ?? 0, column.align ?? 'left');
      });
      return cells.join(GAP).trimEnd();
    })
    .join('\n');
}

interface StyledText {
  readonly text: string;
  readonly style: (text: string) => string;
}

function readCell(cell: Cell): StyledText {
  return typeof cell === 'string'
    ? { text: oneLine(cell), style: (plain) => plain }
    : { text: oneLine(cell.text), style: cell.style };
}

function drawCell(cell: StyledText, width: number, align: 'left' | 'right'): string {
  const text = shorten(cell.text, width);
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? padding + cell.style(text) : cell.style(text) + padding;
}

/** Shortens a text to a number of columns, the last of them an ellipsis. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const size = textWidth(character);
    if (used + size > width - 1) break;
    kept += character;
    used += size;
  }
  return `${kept}…`;
}

function fit(widths: number[], columns: readonly Column[], available: number): void {
  const total = (): number =>
    widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  while (total() > available) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (column.shrinks !== true || width <= NARROWEST) continue;
      if (widest === -1 || width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = Math.max(NARROWEST, (widths[widest] ?? 0) - (total() - available));
  }
}
