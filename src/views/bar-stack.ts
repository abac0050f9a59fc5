import type { MultiBar, SingleBar } from 'cli-progress';

import type { Terminal } from '../lib/ui/terminal.ts';
import { drawProgress, type ProgressFigures } from './progress-line.ts';

const FRAMES_PER_SECOND = 10;

/** Lines of progress that are redrawn in place, at the foot of what has been said. */
export class BarStack {
  readonly #terminal: Terminal;
  readonly #newStack: () => MultiBar;
  #stack: MultiBar | undefined;
  #bars: SingleBar[] = [];
  #lines: readonly ProgressFigures[] = [];

  private constructor(terminal: Terminal, MultiBarClass: typeof MultiBar) {
    this.#terminal = terminal;
    this.#newStack = () =>
      new MultiBarClass({
        stream: terminal.streams.stderr,
        fps: FRAMES_PER_SECOND,
        hideCursor: true,
        linewrap: false,
        clearOnComplete: true,
        gracefulExit: false,
        emptyOnZero: true,
        forceRedraw: true,
        format: (_options, _parameters, { index }: { index: number }) => this.#drawLine(index),
      });
  }

  /** Loads what is needed to draw. */
  static async create(terminal: Terminal): Promise<BarStack> {
    const { MultiBar } = await import('cli-progress');
    return new BarStack(terminal, MultiBar);
  }

  /** Shows these lines from now on. */
  draw(lines: readonly ProgressFigures[]): void {
    this.#lines = lines;
    if (lines.length === 0) return;
    this.#stack ??= this.#open();
    while (this.#bars.length < lines.length) {
      this.#bars.push(this.#stack.create(1, 0, { index: this.#bars.length }));
    }
  }

  /** Takes everything away; what was said stays. */
  clear(): void {
    const stack = this.#stack;
    if (stack === undefined) return;
    this.#lines = [];
    this.#stack = undefined;
    this.#bars = [];
    this.#terminal.overlay = undefined;
    // What was said since the last frame is written with one more.
    stack.update();
    stack.stop();
  }

  #open(): MultiBar {
    const stack = this.#newStack();
    this.#terminal.overlay = { say: (line) => stack.log(`${line}\n`) };
    return stack;
  }

  #drawLine(index: number): string {
    const figures = this.#lines[index];
    if (figures === undefined) return '';
    const columns = (this.#terminal.streams.stderr.columns ?? 80) - 1;
    return drawProgress(figures, columns, this.#terminal.style);
  }
}
