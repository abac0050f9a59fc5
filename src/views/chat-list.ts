import { widthOf } from '../lib/chat/markdown/width.ts';
import { wrap } from '../lib/chat/markdown/wrap.ts';
import type { ListRow } from '../lib/chat/session/io.ts';
import { oneLine } from '../lib/plain-text.ts';

const GAP = 2;
/** A wider name has its text below; it would push all others away from theirs. */
const WIDEST_NAME = 26;

/** A text on lines of at most so many columns, broken between words. */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines = wrap([{ text: oneLine(text), marks: {} }], columns);
  return lines.map((line) =>
    line
      .map((span) => span.text)
      .join('')
      .trimEnd(),
  );
}

/**
 * Names with what is said of each beside them, within so many columns; below a name that is too
 * wide for that.
 */
export function listLines(rows: readonly ListRow[], columns: number): readonly string[] {
  const named = rows.map(([name, text]) => ({ name: oneLine(name), text }));
  const widest = Math.min(WIDEST_NAME, Math.floor(columns / 2));
  const widths = named.map(({ name }) => widthOf(name)).filter((width) => width <= widest);
  const indent = Math.max(GAP, ...widths) + GAP;
  return named.flatMap(({ name, text }) => {
    const lines = wrapText(text, Math.max(2, columns - indent));
    const [first = '', ...others] = lines.map((line) => `${' '.repeat(indent)}${line}`);
    if (widthOf(name) > indent - GAP) return [name, first, ...others];
    return [name + ' '.repeat(indent - widthOf(name)) + first.slice(indent), ...others];
  });
}
