import { stripVTControlCharacters } from 'node:util';

import stringWidth from 'string-width';

const graphemeSegmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ASCII = /^[\u0020-\u007E]*$/u;
/** Characters of one code unit which nothing joins: Latin ones, and ideographs, which are wide. */
const SIMPLE = /^[\u0020-\u007E\u3001-\u3029\u3041-\u3096\u30A1-\u30FA\u4E00-\u9FFF]*$/u;
const TAB_STOP = 8;
/** Code units of a family of emoji with skin tones, with some to spare. */
const LONGEST_CHARACTER = 40;

/** Whether every character is one column wide. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** The characters as a reader counts them: a letter with its accents is one. */
export function graphemes(text: string): readonly string[] {
  if (SIMPLE.test(text)) return text.split('');
  return Array.from(graphemeSegmenter.segment(text), ({ segment }) => segment);
}

/** Whether a text goes on with the last character of the one before, as an accent does. */
export function continuesCharacter(before: string, after: string): boolean {
  if (after === '' || isAscii(after.charAt(0))) return false;
  const end = before.slice(-LONGEST_CHARACTER);
  const joined = graphemeSegmenter.segment(end + after.slice(0, LONGEST_CHARACTER));
  return joined.containing(end.length)?.index !== end.length;
}

/** Columns that a text without control sequences takes. */
export function widthOf(text: string): number {
  if (isAscii(text)) return text.length;
  if (text.length === 1 && SIMPLE.test(text)) return 2;
  return stringWidth(text);
}

/** The end of a line, without its styles, that fits into so many rows. */
export function lastPart(line: string, columns: number, rows: number): string {
  const all = graphemes(stripVTControlCharacters(line).replaceAll('\t', ' '));
  // A wide character that does not fit leaves a column empty in every row.
  let room = Math.max(1, columns - 1) * rows;
  let first = all.length;
  while (first > 0) {
    room -= widthOf(all[first - 1] ?? '');
    if (room < 0) break;
    first -= 1;
  }
  return all.slice(first).join('');
}

/**
 * The rows that a line takes on a terminal which breaks it by itself. A wide character that does
 * not fit at the edge goes to the next row.
 */
export function rowsOf(line: string, width: number): number {
  const columns = Math.max(1, width);
  const text = stripVTControlCharacters(line);
  if (isAscii(text)) return Math.max(1, Math.ceil(text.length / columns));
  let rows = 1;
  let column = 0;
  for (const grapheme of graphemes(text)) {
    if (grapheme === '\t') {
      column = Math.min(columns - 1, (Math.floor(column / TAB_STOP) + 1) * TAB_STOP);
      continue;
    }
    const width = widthOf(grapheme);
    if (column + width > columns) {
      rows += 1;
      column = 0;
    }
    column += width;
  }
  return rows;
}
