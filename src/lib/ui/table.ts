import { arePlainLines, isPlainLine, oneLine } from '../plain-text.ts';
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
  readonly headerStyle?: ((text: string) => string) | undefined;
}

const GAP = '  ';
const NARROWEST = 8;

/** A column with all its cells, from the top down. */
export interface FilledColumn extends Column {
  readonly cells: readonly Cell[];
}

/**
 * Lays a table out: columns as wide as their widest cell, two blanks between them. Cell texts are
 * made safe for the terminal here. Fitted into `width` by shortening the widest of the columns that shrink.
 */
export function renderTable({ columns, rows, ...options }: TableOptions): string {
  const filled = columns.map((column, index) => ({
    ...column,
    cells: rows.map((row) => row[index] ?? ''),
  }));
  return renderColumns(filled, options);
}

/** As {@link renderTable}, of columns, which for thousands of rows takes half the time. */
export function renderColumns(
  columns: readonly FilledColumn[],
  { headerStyle, width }: Pick<TableOptions, 'headerStyle' | 'width'>,
): string {
  const measured = columns.map(({ cells, header }) => {
    const top = headerStyle === undefined ? header : { text: header, style: headerStyle };
    return [readCell(top), ...readCells(cells)];
  });
  const widths = measured.map((cells) => {
    let widest = 0;
    for (const cell of cells) {
      const own = typeof cell === 'string' ? cell.length : cell.width;
      if (own > widest) widest = own;
    }
    return widest;
  });
  if (width !== undefined) fit(widths, columns, width);
  const [first = [], ...others] = measured.map((cells, index) =>
    drawCells(cells, widths[index] ?? 0, columns[index]?.align),
  );
  const lines = first.map((text, row) => {
    let line = text;
    for (const cells of others) line += GAP + (cells[row] ?? '');
    return line.trimEnd();
  });
  return lines.join('\n');
}

/** A cell whose text may be shown, with the columns it takes; words of ASCII are their own measure. */
type MeasuredCell = string | StyledCell;

interface StyledCell {
  readonly text: string;
  readonly width: number;
  readonly style: ((text: string) => string) | undefined;
}

/** Nearly all columns are words of ASCII, which one look at all of them tells. */
function readCells(cells: readonly Cell[]): readonly MeasuredCell[] {
  return cells.every((cell) => typeof cell === 'string') && arePlainLines(cells)
    ? cells
    : cells.map(readCell);
}

function readCell(cell: Cell): MeasuredCell {
  const { style, text } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
  if (isPlainLine(text)) return style === undefined ? text : { text, width: text.length, style };
  const shown = oneLine(text);
  return { text: shown, width: textWidth(shown), style };
}

function drawCells(
  cells: readonly MeasuredCell[],
  width: number,
  align: Column['align'],
): readonly string[] {
  return cells.map((cell) => {
    if (typeof cell !== 'string' || cell.length > width) return drawCell(cell, width, align);
    return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
  });
}

function drawCell(cell: MeasuredCell, width: number, align: Column['align']): string {
  const { style, text: whole } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
  const text = shorten(whole, width);
  const styled = style === undefined ? text : style(text);
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? padding + styled : styled + padding;
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

/** As {@link shorten}; of a reference its quant stays: `user/Some-Mo…:Q4_K_M`. */
export function shortenReference(text: string, width: number): string {
  const quant = text.slice(text.lastIndexOf(':'));
  const left = width - textWidth(quant);
  if (!text.includes(':') || left < NARROWEST) return shorten(text, width);
  return shorten(text.slice(0, -quant.length), left) + quant;
}

function fit(widths: number[], columns: readonly Column[], available: number): void {
  const total = (): number =>
    widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  while (total() > available) {
    const [widest, next] = columns
      .flatMap(({ shrinks }, index) => (shrinks === true ? [index] : []))
      .map((index) => ({ index, width: widths[index] ?? 0 }))
      .filter(({ width }) => width > NARROWEST)
      .sort((one, other) => other.width - one.width);
    if (widest === undefined) return;
    // Not below the next one at once: the two give way in turns from there.
    const least = Math.min(next?.width ?? NARROWEST, widest.width - 1);
    widths[widest.index] = Math.max(least, widest.width - (total() - available));
  }
}
