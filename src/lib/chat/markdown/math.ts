/**
 * A formula within a line: `$…$` (no blank inside the dollars and no digit after them, so that
 * prices are none), `$$…$$`, `\(…\)`, `\[…\]`. Rule of the dollars:
 * https://pandoc.org/MANUAL.html#extension-tex_math_dollars
 */
const SINGLE = /\$(?![\s$])(?:\\.|[^$\n\\]){0,120}(?<!\s)\$(?!\d)/uy;
const DOUBLE = /\$\$(?:\\.|[^$\n\\]){1,400}\$\$/uy;
const BRACKETED = /\\\((?:[^\n\\]|\\[^)\n]){0,400}\\\)|\\\[(?:[^\n\\]|\\[^\]\n]){0,400}\\\]/uy;

/** The longest formula in single dollars, and the longest of any kind, in characters. */
export const LONGEST_SINGLE = 242;
export const LONGEST_FORMULA = 804;

/** The formula that begins at a place of a text. */
export function formulaAt(text: string, place: number): string | undefined {
  for (const pattern of [DOUBLE, SINGLE, BRACKETED]) {
    pattern.lastIndex = place;
    const found = pattern.exec(text);
    if (found !== null) return found[0];
  }
  return undefined;
}
