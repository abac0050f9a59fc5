import type { ChalkInstance } from 'chalk';

import { formatDuration } from '../../format.ts';
import type { Screen } from '../markdown/screen.ts';
import { wrap } from '../markdown/wrap.ts';
import type { ThinkingView } from './io.ts';

/** How thoughts are drawn. */
export interface ThoughtViewOptions {
  readonly screen: Screen;
  readonly style: ChalkInstance;
  readonly view: ThinkingView;
  /** Whether lines may be drawn over; otherwise only their end is told. */
  readonly draws: boolean;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

const FOLDED_ROWS = 3;
const FRAME_MS = 33;
const BEGIN_FRAME = '\u001B[?2026h';
const END_FRAME = '\u001B[?2026l';

/**
 * Shows what a model thinks before it answers: dim, and only the last lines while it thinks, which
 * give way to `Thought 12 s`; or all of it.
 */
export class ThoughtView {
  readonly #options: ThoughtViewOptions;
  readonly #begun: number;
  /** As much of the end as the lines that are shown may need. */
  #tail = '';
  /** What is drawn now, without colours. */
  #drawn: readonly string[] = [];
  #lastFrame = Number.NEGATIVE_INFINITY;
  #lineIsOpen = false;
  #ended = false;

  constructor(options: ThoughtViewOptions) {
    this.#options = options;
    this.#begun = options.now();
  }

  /** A piece without control characters. */
  add(piece: string): void {
    const { draws, now, screen, style, view } = this.#options;
    if (view === 'all') {
      const text = this.#tail === '' ? piece.trimStart() : piece;
      if (text === '') return;
      this.#tail = text;
      this.#lineIsOpen = !text.endsWith('\n');
      screen.write(style.dim(text));
      return;
    }
    this.#tail = (this.#tail + piece).slice(-screen.columns * FOLDED_ROWS * 4);
    if (!draws || now() - this.#lastFrame < FRAME_MS) return;
    this.#lastFrame = now();
    this.#draw(view === 'none' ? ['Thinking …'] : this.#lastLines());
  }

  /** The answer begins, or the end has come. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { now, screen, style } = this.#options;
    this.#erase();
    if (this.#lineIsOpen) screen.write('\n');
    const seconds = (now() - this.#begun) / 1000;
    screen.write(`${style.dim(`Thought ${formatDuration(seconds)}`)}\n`);
  }

  #lastLines(): readonly string[] {
    const { columns } = this.#options.screen;
    const lines = this.#tail
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-FOLDED_ROWS)
      .flatMap((line) => wrap([{ text: line.trim(), marks: {} }], Math.max(2, columns - 3)))
      .map((line) => line.map(({ text }) => text).join(''));
    return lines.slice(-FOLDED_ROWS).map((line) => `  ${line}`);
  }

  #draw(lines: readonly string[]): void {
    const { screen, style } = this.#options;
    const body = lines.map((line) => `${style.dim(line)}\n`).join('');
    screen.write(`${BEGIN_FRAME}${this.#upAndClear()}${body}${END_FRAME}`);
    this.#drawn = lines;
  }

  #erase(): void {
    if (this.#drawn.length > 0) this.#options.screen.write(this.#upAndClear());
    this.#drawn = [];
  }

  #upAndClear(): string {
    if (this.#drawn.length === 0) return '';
    // A row each, as they were drawn. Of the terminals whose window has become narrower some have
    // broken them anew: there a row may stay behind, which is better than one too many gone.
    return `\r\u001B[${this.#drawn.length}A\u001B[J`;
  }
}
