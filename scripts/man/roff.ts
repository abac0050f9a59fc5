/**
 * Text in the language of manual pages, with the macros of man(7), so that groff and mandoc both
 * show it: https://man7.org/linux/man-pages/man7/man.7.html
 */

/** Text as it is: nothing in it is read as a request or an escape. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll(/[^\n\u0020-\u007E]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
    })
    .replaceAll(/^(?=[.'])/gmu, '\\&');
}

/** What is typed: its hyphens stay the ones that a shell knows, also when they are copied. */
export function roffCode(text: string): string {
  return roffText(text).replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('`', '\\(ga');
}

/** Bold, for what is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${roffCode(text)}\\fP`;
}

/** Italic, for what is typed in its place. */
export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fP`;
}

/** Sentences in which code stands between backticks; an empty line begins a paragraph. */
export function roffProse(text: string): string {
  return text
    .split(/\n{2,}/u)
    .map((paragraph) =>
      paragraph
        .split(/`([^`]+)`/u)
        .map(proseOrCode)
        .join(''),
    )
    .map((paragraph) => paragraph.replaceAll(/^ +/gmu, ''))
    .join('\n.PP\n');
}

function proseOrCode(text: string, index: number): string {
  return index % 2 === 1 ? bold(text.replaceAll('\n', ' ')) : roffText(text);
}

/** A section, unless it would be empty. */
export function section(title: string, body: string): string {
  return body === '' ? '' : `.SH ${title}\n${body.replace(/^\.PP\n/u, '')}\n`;
}

/** A list of terms, each with what it means. */
export function definitions(
  entries: readonly (readonly [term: string, meaning: string])[],
): string {
  return entries.map(([term, meaning]) => `.TP\n${term}\n${meaning}`).join('\n');
}

/** The head of a page. */
export function pageHead(name: string, version: string): string {
  const title = roffCode(name.toUpperCase());
  return `.TH ${title} 1 "" "llamero ${version}" "llamero"\n.nh\n.ad l\n`;
}
