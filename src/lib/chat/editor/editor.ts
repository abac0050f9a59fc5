import { StringDecoder } from 'node:string_decoder';

import { Asking } from './asking.ts';
import { type InputEvent, KeyDecoder } from './keys.ts';
import { KillRing } from './kill-ring.ts';
import type { EditorOptions } from './options.ts';
import { type EditorInput, Question } from './question.ts';

export type { EditorOptions, PromptHistory } from './options.ts';
export type { EditorInput } from './question.ts';

/** How one question is asked. */
export interface AskOptions {
  /** What stands in the line to begin with. */
  readonly initial?: string;
  /** What is shown, dimmed, while nothing stands in the line. */
  readonly placeholder?: string;
}

/**
 * Reads what is typed, several lines if wanted. The editor holds the terminal only while it asks: in
 * between the terminal is in its ordinary mode, where Ctrl+C is the signal that stops an answer.
 */
export class LineEditor {
  readonly #options: EditorOptions;
  readonly #kills = new KillRing();
  readonly #decoder = new KeyDecoder();
  readonly #characters = new StringDecoder('utf8');
  /** What was typed after the end of a question: the beginning of the next. */
  #typedAhead: InputEvent[] = [];
  #isAsking = false;

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /**
   * Asks once, at the beginning of a line, and leaves the cursor at the beginning of another. A
   * text that is sent is added to the history.
   *
   * @param prompt one line; may be coloured
   */
  async ask(
    prompt: string,
    { initial = '', placeholder = '' }: AskOptions = {},
  ): Promise<EditorInput> {
    if (this.#isAsking) throw new Error('one question at a time');
    const { history, style } = this.#options;
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
      const asking = new Asking(this.#options, question, this.#decoder, this.#characters);
      const { input, left } = await asking.run(this.#typedAhead);
      this.#typedAhead = left;
      if (input.type === 'text' && input.text.trim() !== '') history.add(input.text);
      return input;
    } finally {
      this.#isAsking = false;
    }
  }
}
