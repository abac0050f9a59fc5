import { isPlainLine, oneLine } from '../plain-text.ts';
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

/**
 * Lays a table out: columns as wide as their widest cell, two blanks between them. Cell texts are
 * made safe for the terminal here. Fitted into `width` by shortening the widest of the columns that shrink.
 */
export function renderTable({ columns, headerStyle, rows, width }: TableOptions): string {
  const header = columns.map(({ header: text }) =>
    headerStyle === undefined ? text : { text, style: headerStyle },
  );
  const widths = columns.map(() => 0);
  const lines = [header, ...rows].map((row) =>
    row.map((each, index) => {
      const cell = readCell(each);
      if (cell.width > (widths[index] ?? 0)) widths[index] = cell.width;
      return cell;
    }),
  );
  if (width !== undefined) fit(widths, columns, width);
  return lines
    .map((line) => {
      const cells = columns.map((column, index) =>
        drawCell(line[index] ?? EMPTY, widths[index] ?? 0, column.align),
      );
      return cells.join(GAP).trimEnd();
    })
    .join('\n');
}

/** A cell whose text may be shown, with the columns it takes. */
interface MeasuredCell {
  readonly text: string;
  readonly width: number;
  readonly style: ((text: string) => string) | undefined;
}

const EMPTY: MeasuredCell = { text: '', width: 0, style: undefined };

function readCell(cell: Cell): MeasuredCell {
  const { style, text } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
  // Nearly every cell is such a line, and takes as many columns as it has letters.
  if (isPlainLine(text)) return { text, width: text.length, style };
  const shown = oneLine(text);
  return { text: shown, width: textWidth(shown), style };
}

function drawCell(cell: MeasuredCell, width: number, align: Column['align']): string {
  const isWider = cell.width > width;
  const text = isWider ? shorten(cell.text, width) : cell.text;
  const styled = cell.style === undefined ? text : cell.style(text);
  const missing = width - (isWider ? textWidth(text) : cell.width);
  if (missing <= 0) return styled;
  const padding = ' '.repeat(missing);
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
