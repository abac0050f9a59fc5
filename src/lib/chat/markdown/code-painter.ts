import type { Highlighter } from './highlighter.ts';
import type { Theme } from './theme.ts';

/** A construct of code that is longer, or has longer lines, is painted as if it began anew. */
const LONGEST_WINDOW = 8000;
const LONGEST_LINE = 1000;

/** Colours code line by line. */
export interface CodePainter {
  /** The next line. */
  line(text: string): string;
  /** The next line as far as it has come. */
  peek(text: string): string;
}

/** Code without colours. */
export const PLAIN_PAINTER: CodePainter = { line: (text) => text, peek: (text) => text };

/**
 * Carries what is open (a comment, a string over several lines) from line to line: it keeps the
 * lines since the last place where nothing was open, and highlights the next line behind them. Until
 * the language is there, lines stay plain.
 */
export class HighlightPainter implements CodePainter {
  readonly #highlighter: Highlighter;
  readonly #language: string;
  readonly #theme: Theme;
  #window = '';

  constructor(highlighter: Highlighter, language: string, theme: Theme) {
    this.#highlighter = highlighter;
    this.#language = language;
    this.#theme = theme;
  }

  line(text: string): string {
    const { closed, drawn } = this.#paint(`${text}\n`);
    const window = `${this.#window}${text}\n`;
    this.#window = closed || window.length > LONGEST_WINDOW ? '' : window;
    return drawn;
  }

  peek(text: string): string {
    return this.#paint(text).drawn;
  }

  /** Paints what follows the window. `closed`: whether nothing is open behind it. */
  #paint(text: string): { drawn: string; closed: boolean } {
    const plain = text.replace(/\n$/u, '');
    if (text.length > LONGEST_LINE) return { drawn: plain, closed: true };
    const found = this.#highlighter.highlight(this.#language, this.#window + text);
    if (found === undefined) return { drawn: plain, closed: false };
    let drawn = '';
    let place = 0;
    for (const run of found.runs) {
      const visible = run.text.slice(Math.max(0, this.#window.length - place));
      place += run.text.length;
      const shown = visible.replace('\n', '');
      if (shown !== '') drawn += this.#theme.code(shown, run.scope);
    }
    return { drawn, closed: found.closed };
  }
}
