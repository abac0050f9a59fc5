import { PLAIN, type Span } from './span.ts';
import { lineWidth, wrap } from './wrap.ts';

/** A cell: what stands in it. */
export type Cell = readonly Span[];
export type Alignment = 'left' | 'center' | 'right';

/** The columns between two cells. */
export const SEPARATOR_WIDTH = 3;
const NARROWEST = 6;

/**
 * The cells of a row of a table. `\|` and a bar within code are no borders, as in GitHub's tables
 * the first and in what models write both.
 */
export function splitRow(row: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let code = false;
  const inner = row.trim().replace(/^\|/u, '');
  for (let place = 0; place < inner.length; place += 1) {
    const character = inner.charAt(place);
    if (character === '\\' && inner.charAt(place + 1) === '|') {
      cell += '|';
      place += 1;
    } else if (character === '|' && !code) {
      cells.push(cell.trim());
      cell = '';
    } else {
      if (character === '`') code = !code && inner.includes('`', place + 1);
      cell += character;
    }
  }
  if (cell.trim() !== '') cells.push(cell.trim());
  return cells;
}

/** The alignments that the second row of a table gives, or undefined when it is no such row. */
export function readAlignments(row: string): Alignment[] | undefined {
  const cells = splitRow(row);
  if (cells.length === 0 || !cells.every((cell) => /^:?-+:?$/u.test(cell))) return undefined;
  return cells.map((cell) => {
    if (!cell.endsWith(':')) return 'left';
    return cell.startsWith(':') ? 'center' : 'right';
  });
}

/** The width a cell has when it is not wrapped. */
export function naturalWidth(cell: Cell): number {
  return Math.max(...wrap(cell, Number.MAX_SAFE_INTEGER).map((line) => lineWidth(line)));
}

/**
 * The widths of columns fitted into a room: the widest give way until it fits. Undefined when they
 * would become too narrow to be read.
 */
export function fitColumns(natural: readonly number[], room: number): number[] | undefined {
  const available = room - SEPARATOR_WIDTH * (natural.length - 1);
  const capped = (most: number): number[] => natural.map((width) => Math.min(width, most));
  const fits = (most: number): boolean => sumOf(capped(most)) <= available;
  let low = NARROWEST;
  let high = Math.max(low, ...natural);
  if (!fits(low)) return undefined;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return capped(low).map((width) => Math.max(1, width));
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

/** Fills a line of a cell up to the width of its column. */
export function align(line: Span[], width: number, alignment: Alignment): Span[] {
  const free = Math.max(0, width - lineWidth(line));
  const before = alignment === 'left' ? 0 : alignment === 'right' ? free : Math.floor(free / 2);
  return [...blanks(before), ...line, ...blanks(free - before)];
}

function blanks(count: number): Span[] {
  return count === 0 ? [] : [{ text: ' '.repeat(count), marks: PLAIN }];
}
