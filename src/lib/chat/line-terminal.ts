import { createInterface } from 'node:readline';

import type { ChatInput, ChatTerminal } from './loop.ts';

/** The streams that the chat is typed into and shown on. */
export interface LineStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly notes: NodeJS.WritableStream;
  /** Ends a waiting question when the program is asked to end. */
  readonly signal: AbortSignal;
}

/**
 * The chat's terminal on Node's own line editor. The editor is open only while it asks: in between
 * the terminal is in its ordinary mode, where Ctrl+C is the signal that stops an answer.
 */
export class LineTerminal implements ChatTerminal {
  readonly #streams: LineStreams;
  #history: string[] = [];
  /** What stood after the last line break of a paste: the beginning of the next line. */
  #unsent = '';

  constructor(streams: LineStreams) {
    this.#streams = streams;
  }

  question(prompt: string): Promise<ChatInput> {
    const { input, output, signal } = this.#streams;
    const editor = createInterface({
      input,
      output,
      terminal: true,
      history: [...this.#history],
      removeHistoryDuplicates: true,
    });
    const lines: string[] = [];
    return new Promise((resolve) => {
      let finished = false;
      const finish = (result: ChatInput): void => {
        if (finished) return;
        finished = true;
        signal.removeEventListener('abort', onAbort);
        if (result.type === 'line') this.#unsent = editor.line;
        else output.write('\n');
        editor.close();
        resolve(result);
      };
      const onAbort = (): void => finish({ type: 'closed' });
      signal.addEventListener('abort', onAbort, { once: true });
      editor.on('history', (history) => {
        this.#history = history;
      });
      editor.on('line', (text) => {
        lines.push(text);
        // Pasted lines arrive together, before this runs, and are one message.
        if (lines.length === 1) {
          setImmediate(() => finish({ type: 'line', text: lines.join('\n') }));
        }
      });
      editor.on('SIGINT', () => finish({ type: 'interrupted' }));
      editor.on('close', () => finish({ type: 'closed' }));
      editor.setPrompt(prompt);
      editor.prompt();
      editor.write(this.#unsent);
      this.#unsent = '';
    });
  }

  write(text: string): void {
    this.#streams.output.write(text);
  }

  note(line: string): void {
    this.#streams.notes.write(`${line}\n`);
  }
}
