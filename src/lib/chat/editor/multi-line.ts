/** What Enter does to a text. */
export type EnterMeans =
  | { readonly type: 'send'; readonly text: string }
  /** A new line, in the place of as many characters before the cursor. */
  | { readonly type: 'new line'; readonly insteadOf: number };

const QUOTES = '"""';
/** Quotes that open a block: at the very beginning, or as the argument of a slash command. */
const BLOCK = /^((?:\/[^\n"]*\s)?)"""/u;

/**
 * Enter sends, except behind a backslash, or inside of `"""` … `"""`, which are taken off what is
 * sent. Quotes in pairs inside the block belong to the text.
 */
export function enterOn(text: string, cursor: number): EnterMeans {
  const backslashes = /\\*$/u.exec(text.slice(0, cursor))?.[0].length ?? 0;
  if (backslashes % 2 === 1) return { type: 'new line', insteadOf: 1 };
  const head = BLOCK.exec(text)?.[1];
  if (head === undefined) return { type: 'send', text };
  if ((text.split(QUOTES).length - 1) % 2 === 1) return { type: 'new line', insteadOf: 0 };
  const block = text.slice(head.length + QUOTES.length).trimEnd();
  if (!block.endsWith(QUOTES)) return { type: 'send', text };
  const inside = block.slice(0, -QUOTES.length).replace(/^\n/u, '').replace(/\n$/u, '');
  return { type: 'send', text: head + inside };
}
