// An underscore within a word is no sign of emphasis.
const SIGNS = /[\\<>*[\]|~]|(?<!\w)_|_(?!\w)/gu;

/**
 * Plain text as Markdown that shows it as it is; what stands in backticks stays code.
 */
export function markdownText(text: string): string {
  return text
    .split(/(`[^`\n]+`)/u)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(SIGNS, '\\$&')))
    .join('');
}

/** Code within a line. */
export function markdownCode(text: string): string {
  return `\`${text}\``;
}

/** A table; cells are Markdown. Prettier lines the columns up. */
export function markdownTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [headers, headers.map(() => '---'), ...rows].map(tableLine).join('\n');
}

function tableLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => cell.replaceAll(/(?<!\\)\|/gu, '\\|').replaceAll('\n', ' '));
  return `| ${safe.join(' | ')} |`;
}

const BEGIN = /<!-- generated: ([a-z-]+) -->/gu;

/**
 * A page with its generated sections made anew: what stands between `<!-- generated: name -->` and
 * `<!-- end -->`.
 *
 * @throws Error for a section that nobody makes, or that has no end
 */
export function fillSections(page: string, sections: Readonly<Record<string, string>>): string {
  const pieces: string[] = [];
  let from = 0;
  for (const match of page.matchAll(BEGIN)) {
    const [begin, name = ''] = match;
    const text = sections[name];
    const end = page.indexOf('<!-- end -->', match.index);
    if (text === undefined) throw new Error(`Nothing makes the section «${name}»`);
    if (end === -1) throw new Error(`The section «${name}» has no <!-- end -->`);
    pieces.push(page.slice(from, match.index), `${begin}\n\n${text}\n\n`);
    from = end;
  }
  return pieces.join('') + page.slice(from);
}
