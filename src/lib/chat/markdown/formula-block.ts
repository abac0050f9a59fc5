import type { Container } from './container.ts';
import type { Page } from './page.ts';
import { PLAIN } from './span.ts';
import { wrap } from './wrap.ts';

/** A formula over several lines, shown as it is. */
export class FormulaBlock {
  readonly stack: readonly Container[];
  readonly closer: string;
  readonly #page: Page;

  constructor(page: Page, stack: readonly Container[], closer: string) {
    this.#page = page;
    this.stack = stack;
    this.closer = closer;
  }

  add(text: string): void {
    const lines = wrap([{ text: text.trimEnd(), marks: PLAIN }], this.#page.room(this.stack));
    for (const line of lines) this.#page.line(this.stack, line);
  }
}
