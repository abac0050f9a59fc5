const TAB_STOP = 4;

/** The blanks at the beginning of a text. */
export function indentOf(text: string): number {
  let end = 0;
  while (text.charAt(end) === ' ') end += 1;
  return end;
}

/**
 * A text with the tabs of its indentation as blanks.
 *
 * @param column the column at which the text begins; tab stops are every four columns
 */
export function expandIndent(text: string, column: number): string {
  const indent = /^[ \t]*/u.exec(text)?.[0] ?? '';
  if (!indent.includes('\t')) return text;
  let width = 0;
  for (const character of indent) {
    width += character === '\t' ? TAB_STOP - ((column + width) % TAB_STOP) : 1;
  }
  return ' '.repeat(width) + text.slice(indent.length);
}
