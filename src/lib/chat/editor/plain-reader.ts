import { createInterface, type Interface } from 'node:readline';

import { enterOn } from './multi-line.ts';
import type { PromptHistory } from './options.ts';
import { editable } from './paste.ts';
import type { ProcessHooks } from './process-hooks.ts';
import type { AskOptions, PromptReader } from './prompt-reader.ts';
import type { EditorInput } from './question.ts';

/** What a plain reader works with. */
export interface PlainReaderOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
  readonly history: PromptHistory;
  /** Without them a prompt is not shown again after the program was stopped. */
  readonly hooks?: ProcessHooks;
  /** Gives Ctrl+C, which is a signal here, to a handler until the returned function is called. */
  readonly takeOverInterrupt: (handler: () => void) => () => void;
  /** Ends a question that waits when the program is asked to end. */
  readonly signal: AbortSignal;
}

const CONTINUATION = '... ';

/** What came of asking for a line. */
type Line =
  | { readonly type: 'line'; readonly line: string }
  | { readonly type: 'interrupted' }
  | { readonly type: 'closed' };

/**
 * Reads lines on a terminal that cannot be drawn on. The terminal stays in its ordinary mode: it
 * shows and edits the line by itself, keeps what is typed in between, and makes a signal of Ctrl+C.
 */
export class PlainReader implements PromptReader {
  readonly #options: PlainReaderOptions;
  #lines: Interface | undefined;
  /** Lines that came while nobody asked. */
  readonly #waiting: string[] = [];
  #answer: ((line: Line) => void) | undefined;
  #hasEnded = false;

  constructor(options: PlainReaderOptions) {
    this.#options = options;
  }

  /** A text that stands there already can only be shown: Enter alone sends it. */
  async ask(
    prompt: string,
    { initial = '', remember = true }: AskOptions = {},
  ): Promise<EditorInput> {
    const { history, output } = this.#options;
    if (initial !== '') output.write(`${editable(initial)}\n(Enter alone sends this)\n`);
    let text = '';
    for (let mark = prompt; ; mark = CONTINUATION) {
      const read = await this.#readLine(mark);
      // What stood in the line that was left is known to the terminal alone.
      if (read.type === 'interrupted') return { type: 'interrupted', hadText: text !== '' };
      if (read.type === 'closed') return { type: 'closed' };
      text += read.line;
      const means = enterOn(text, text.length);
      if (means.type === 'send') {
        const sent = means.text === '' ? initial : means.text;
        if (remember && sent.trim() !== '') history.add(sent);
        return { type: 'text', text: sent };
      }
      text = `${text.slice(0, text.length - means.insteadOf)}\n`;
    }
  }

  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#close();
    return work();
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  async #readLine(prompt: string): Promise<Line> {
    const { hooks, output, signal, takeOverInterrupt } = this.#options;
    if (signal.aborted) return { type: 'closed' };
    output.write(prompt);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return { type: 'line', line: waiting };
    if (this.#hasEnded) return { type: 'closed' };
    const { promise, resolve } = Promise.withResolvers<Line>();
    this.#answer = resolve;
    const onAbort = (): void => resolve({ type: 'closed' });
    signal.addEventListener('abort', onAbort, { once: true });
    const unhook = hooks?.onContinue(() => output.write(prompt));
    const giveBack = takeOverInterrupt(() => resolve({ type: 'interrupted' }));
    this.#open();
    try {
      const read = await promise;
      // Without Enter the cursor stands behind what was typed.
      if (read.type !== 'line') output.write('\n');
      return read;
    } finally {
      giveBack();
      unhook?.();
      signal.removeEventListener('abort', onAbort);
      this.#answer = undefined;
    }
  }

  #open(): void {
    if (this.#lines !== undefined) return;
    const lines = createInterface({ input: this.#options.input, terminal: false });
    this.#lines = lines;
    lines.on('line', (typed) => {
      const line = editable(typed);
      const answer = this.#answer;
      this.#answer = undefined;
      if (answer === undefined) this.#waiting.push(line);
      else answer({ type: 'line', line });
    });
    lines.on('close', () => {
      if (this.#lines !== lines) return;
      this.#hasEnded = true;
      this.#answer?.({ type: 'closed' });
    });
  }

  #close(): void {
    const lines = this.#lines;
    this.#lines = undefined;
    lines?.close();
  }
}
