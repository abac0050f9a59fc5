import { Asking } from './asking.ts';
import { Keyboard } from './keyboard.ts';
import { KillRing } from './kill-ring.ts';
import type { EditorOptions } from './options.ts';
import type { AskOptions, PromptReader } from './prompt-reader.ts';
import { type EditorInput, Question } from './question.ts';

export type { EditorOptions, PromptHistory } from './options.ts';
export type { EditorInput } from './question.ts';

/**
 * Reads what is typed, several lines if wanted. The editor holds the terminal between its questions
 * as well: what is typed there is not shown, and is the beginning of the next question. Whoever
 * makes one disposes of it, which gives the terminal back.
 */
export class LineEditor implements PromptReader {
  readonly #options: EditorOptions;
  readonly #kills = new KillRing();
  readonly #keyboard: Keyboard;
  #isAsking = false;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#keyboard = new Keyboard(options);
  }

  /** Takes the terminal; the first question does it otherwise. */
  hold(): void {
    this.#keyboard.hold();
  }

  async ask(
    prompt: string,
    { initial = '', placeholder = '', remember = true }: AskOptions = {},
  ): Promise<EditorInput> {
    if (this.#isAsking) throw new Error('one question at a time');
    const { history, signal, style } = this.#options;
    if (signal.aborted) return { type: 'closed' };
    this.#keyboard.hold();
    if (this.#keyboard.isGone) return { type: 'closed' };
    const question = new Question({
      prompt,
      initial,
      placeholder,
      entries: history.entries(),
      kills: this.#kills,
      style,
    });
    this.#isAsking = true;
    try {
      const input = await new Asking(this.#options, question, this.#keyboard).run();
      if (remember && input.type === 'text' && input.text.trim() !== '') history.add(input.text);
      return input;
    } finally {
      this.#isAsking = false;
    }
  }

  async lend<T>(work: () => Promise<T>): Promise<T> {
    return this.#keyboard.lend(work);
  }

  [Symbol.dispose](): void {
    this.#keyboard.release();
  }
}
