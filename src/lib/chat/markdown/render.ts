import type { ChalkInstance } from 'chalk';

import { stripControls } from '../../plain-text.ts';
import { MarkdownDocument } from './document.ts';
import { Highlighter } from './highlighter.ts';

/** How a whole document is drawn. */
export interface RenderOptions {
  readonly columns: number;
  readonly style: ChalkInstance;
  /** Whether links become OSC 8 hyperlinks; else their address stands after them. */
  readonly links?: boolean;
  /** Colours of code: {@link loadHighlighter}. Without it code stays plain. */
  readonly highlighter?: Highlighter;
}

/**
 * A whole Markdown document as lines for a terminal, without a line break at the end: a model card,
 * an answer of an older conversation. Control characters in it never reach the terminal.
 */
export function renderMarkdown(text: string, options: RenderOptions): string {
  const { columns, highlighter, links = false, style } = options;
  const document = new MarkdownDocument({ style, links, highlighter });
  const lines = document.add(stripControls(text).toWellFormed(), columns);
  return [...lines, ...document.end(columns)].join('\n');
}

/** Loads what colours the code blocks of a text. */
export async function loadHighlighter(text: string): Promise<Highlighter> {
  const highlighter = new Highlighter();
  const tags = Array.from(
    text.matchAll(/^[\s>]*(?:```|~~~)[`~]*[ \t]*([^\s`{,:]+)/gmu),
    ([, tag]) => tag,
  );
  await Promise.all([...new Set(tags)].map((tag) => highlighter.load(tag ?? '')));
  return highlighter;
}
