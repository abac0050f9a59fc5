import type { StringDecoder } from 'node:string_decoder';

import type { InputEvent, KeyDecoder } from './keys.ts';
import type { EditorOptions } from './options.ts';
import { Painter } from './painter.ts';
import type { EditorInput, Question, ScreenSize, Wish } from './question.ts';
import { TerminalMode } from './terminal-mode.ts';

const CTRL_C = 'ctrl+c';
/** How long the rest of a key's sequence may take over a slow line. */
const SEQUENCE_MS = 250;
/** A window that is dragged changes its size many times. */
const RESIZED_MS = 60;
const SCREEN: ScreenSize = { columns: 80, rows: 24 };

/** One question on a real terminal, from its first frame to its last. */
export class Asking {
  readonly #options: EditorOptions;
  readonly #question: Question;
  readonly #decoder: KeyDecoder;
  readonly #characters: StringDecoder;
  readonly #mode: TerminalMode;
  readonly #painter = new Painter();
  readonly #done = Promise.withResolvers<EditorInput>();
  readonly #events: InputEvent[] = [];
  #isOver = false;
  /** Whether events are being taken in; what arrives meanwhile waits its turn. */
  #isBusy = false;
  /** Whether the terminal may have moved what is on the screen. */
  #isMoved = false;
  /** Ends waiting for a completion. */
  #giveUp: (() => void) | undefined;
  #sequenceTimer: NodeJS.Timeout | undefined;
  #resizeTimer: NodeJS.Timeout | undefined;

  constructor(
    options: EditorOptions,
    question: Question,
    decoder: KeyDecoder,
    characters: StringDecoder,
  ) {
    this.#options = options;
    this.#question = question;
    this.#decoder = decoder;
    this.#characters = characters;
    this.#mode = new TerminalMode(options, options.hooks);
  }

  /** Asks; answers what was typed and the events behind it. */
  async run(typedAhead: InputEvent[]): Promise<{ input: EditorInput; left: InputEvent[] }> {
    const { hooks, input, output, signal } = this.#options;
    if (signal.aborted || input.readableEnded || input.destroyed) {
      return { input: { type: 'closed' }, left: typedAhead };
    }
    this.#events.push(...typedAhead);
    const onData = (data: Buffer | string): void => this.#receive(data);
    const onGone = (): void => this.#end({ type: 'closed' }, '');
    const onResize = (): void => this.#resized();
    const onContinue = (): void => this.#continued();
    input.on('data', onData).on('end', onGone).on('close', onGone).on('error', onGone);
    output.on('resize', onResize);
    signal.addEventListener('abort', onGone, { once: true });
    const unhook = hooks?.onContinue(onContinue);
    try {
      this.#mode.begin();
      this.#paint();
      void this.#work();
      return { input: await this.#done.promise, left: this.#events };
    } finally {
      clearTimeout(this.#sequenceTimer);
      clearTimeout(this.#resizeTimer);
      if (this.#decoder.isWaiting) this.#events.push(...this.#decoder.flush());
      unhook?.();
      signal.removeEventListener('abort', onGone);
      output.off('resize', onResize);
      // First: a terminal that is gone tells so by an error, which somebody has to hear.
      this.#mode.end();
      input.off('data', onData).off('end', onGone).off('close', onGone).off('error', onGone);
    }
  }

  get #size(): ScreenSize {
    const { columns, rows } = this.#options.output;
    // A terminal that does not know its size says 0.
    return { columns: columns || SCREEN.columns, rows: rows || SCREEN.rows };
  }

  #receive(data: Buffer | string): void {
    clearTimeout(this.#sequenceTimer);
    const chunk = typeof data === 'string' ? data : this.#characters.write(data);
    this.#events.push(...this.#decoder.decode(chunk));
    if (this.#decoder.isWaiting) {
      this.#sequenceTimer = setTimeout(() => {
        this.#events.push(...this.#decoder.flush());
        void this.#work();
      }, SEQUENCE_MS);
    }
    if (this.#events.some((event) => event.type === 'key' && event.key === CTRL_C)) {
      this.#giveUp?.();
    }
    void this.#work();
  }

  /** Takes the events in one by one; what they change is shown once. */
  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (;;) {
        const event = this.#isOver ? undefined : this.#events.shift();
        if (event === undefined) break;
        const wish = this.#question.take(event, this.#size);
        if (wish !== undefined) await this.#grant(wish);
      }
      this.#paint();
    } catch (error) {
      this.#isOver = true;
      this.#write(this.#painter.leave());
      this.#done.reject(error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #grant(wish: Wish): Promise<void> {
    switch (wish.type) {
      case 'end':
        this.#end(wish.input, wish.input.type === 'interrupted' ? '^C' : '');
        return;
      case 'complete':
        return this.#complete(wish.before);
      case 'open editor':
        return this.#openEditor(wish.text);
      case 'suspend':
        return this.#suspend();
      case 'clear screen':
        this.#clearScreen();
    }
  }

  async #complete(before: string): Promise<void> {
    // What is typed before the answer comes waits, Ctrl+C and the end of the program apart.
    const givenUp = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    const completion = await Promise.race([this.#options.complete(before), givenUp]);
    this.#giveUp = undefined;
    if (completion !== undefined && !this.#isOver) this.#question.complete(completion);
  }

  async #openEditor(text: string): Promise<void> {
    const { openEditor } = this.#options;
    if (openEditor === undefined) return;
    this.#write(this.#painter.erase());
    this.#mode.end();
    const edited = await openEditor(text);
    if (this.#isOver) return;
    if (edited !== undefined) this.#question.replaceAll(edited);
    this.#mode.begin();
  }

  async #suspend(): Promise<void> {
    const { hooks } = this.#options;
    if (hooks === undefined) return;
    this.#write(this.#painter.leave());
    this.#mode.end();
    await hooks.suspend();
    if (!this.#isOver) this.#mode.begin();
  }

  /** Scrolls all above the question out of sight, where it can still be read. */
  #clearScreen(): void {
    const { rows } = this.#size;
    this.#write(`${this.#painter.erase()}\u001B[${rows};1H${'\n'.repeat(rows)}\u001B[H`);
  }

  #continued(): void {
    // While it is busy the program stopped itself, and goes on by itself.
    if (this.#isOver || this.#isBusy) return;
    this.#mode.renew();
    this.#painter.forget();
    this.#paint();
  }

  #resized(): void {
    this.#isMoved = true;
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => {
      if (!this.#isBusy) this.#paint();
    }, RESIZED_MS);
  }

  #paint(): void {
    if (this.#isOver) return;
    const view = this.#question.view(this.#size);
    this.#write(this.#isMoved ? this.#painter.repaint(view) : this.#painter.paint(view));
    this.#isMoved = false;
  }

  #end(input: EditorInput, mark: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#giveUp?.();
    // Elsewhere, in an editor or stopped, the screen is not ours.
    if (this.#mode.isOn) {
      this.#write(`${this.#painter.erase()}${this.#question.trace(mark)}\r\n`);
    }
    this.#done.resolve(input);
  }

  #write(text: string): void {
    if (text !== '') this.#options.output.write(text);
  }
}
