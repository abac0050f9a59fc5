import type { Container } from './container.ts';
import type { CodePainter } from './code-painter.ts';
import type { Page } from './page.ts';

/** A block of code while it is written: every line is finished when it ends. */
export class CodeBlock {
  readonly stack: readonly Container[];
  readonly #page: Page;
  readonly #painter: CodePainter;
  /** Blank lines that belong to the code only when more of it follows. */
  #blanks = 0;

  constructor(page: Page, stack: readonly Container[], painter: CodePainter, language: string) {
    this.#page = page;
    this.stack = stack;
    this.#painter = painter;
    page.markers(stack);
    page.separate(stack);
    if (language !== '') page.code(stack, page.look.theme.muted(language));
  }

  add(line: string): void {
    for (; this.#blanks > 0; this.#blanks -= 1) this.#page.code(this.stack, '');
    this.#page.code(this.stack, this.#painter.line(line));
  }

  /** A blank line, which may also be the end. */
  addBlank(): void {
    this.#blanks += 1;
  }

  close(): void {
    this.#page.separate(this.stack);
  }

  /** A line that has not ended, as it looks now. */
  tail(unfinished: string): string[] {
    if (unfinished.trim() === '') return [];
    return this.#page.previewCode(this.stack, [this.#painter.peek(unfinished)]);
  }
}
