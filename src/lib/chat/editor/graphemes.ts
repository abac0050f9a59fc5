import stringWidth from 'string-width';

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * A lone surrogate, which no well-formed text holds: the sign that stands in the text for a folded
 * paste.
 */
const MARKS = /([\uDC00-\uDFFF])/u;

/** The characters of a text as a reader counts them. The sign of a folded paste is one always. */
export function graphemesOf(text: string): string[] {
  return text
    .split(MARKS)
    .flatMap((part) => Array.from(GRAPHEMES.segment(part), ({ segment }) => segment));
}

/** The border between characters behind an offset, in UTF-16 units; the end stays the end. */
export function borderAfter(text: string, offset: number): number {
  let border = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  for (const grapheme of graphemesOf(lineFrom(text, border))) {
    border += grapheme.length;
    if (border > offset) return border;
  }
  return Math.min(text.length, border + 1);
}

/** The border between characters before an offset, in UTF-16 units; the beginning stays. */
export function borderBefore(text: string, offset: number): number {
  if (offset <= 0) return 0;
  if (text[offset - 1] === '\n') return offset - 1;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  let border = start;
  for (const grapheme of graphemesOf(lineFrom(text, start))) {
    if (border + grapheme.length >= offset) return border;
    border += grapheme.length;
  }
  return border;
}

/** An offset moved behind the character it stands in, if it stands in one. */
export function onBorder(text: string, offset: number): number {
  if (offset <= 0) return 0;
  return borderAfter(text, borderBefore(text, Math.min(offset, text.length)));
}

/** The words of a text: [start, end) in UTF-16 units, as the language of the text has them. */
export function wordsOf(text: string): readonly (readonly [start: number, end: number])[] {
  return Array.from(WORDS.segment(text))
    .filter(({ isWordLike }) => isWordLike === true)
    .map(({ index, segment }) => [index, index + segment.length] as const);
}

/** The columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The beginning of a text that fits into some columns, with an ellipsis where it was cut. */
export function fitWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let fitted = '';
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    width += widthOf(grapheme);
    if (width > columns - 1) break;
    fitted += grapheme;
  }
  return columns < 1 ? '' : `${fitted}…`;
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.slice(start) : text.slice(start, end);
}
