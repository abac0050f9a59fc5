import { loadHighlighter, renderMarkdown } from '../lib/chat/markdown/render.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** Lines of a card that stand below an overview. */
const LINES = 16;
const WIDEST = 100;

/** A model card without the data in front of it, which is for the hub. */
function textOf(card: string): string {
  return card.replace(/^\uFEFF?---\r?\n[\s\S]*?\n---[ \t]*(?:\r?\n|$)/u, '').trim();
}

/** A model card for the terminal, or as it is written for a pipe; empty for a card without text. */
export async function renderCard(card: string, terminal: Terminal): Promise<string> {
  const text = textOf(card);
  return renderMarkdown(text, {
    columns: Math.min(terminal.columns, WIDEST),
    style: terminal.outStyle,
    highlighter: await loadHighlighter(text),
  });
}

/** The beginning of a rendered card, and whether there is more of it. */
export function beginning(rendered: string): { readonly text: string; readonly isAll: boolean } {
  const lines = rendered.split('\n');
  return { text: lines.slice(0, LINES).join('\n').trimEnd(), isAll: lines.length <= LINES };
}
