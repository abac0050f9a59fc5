import type { InputEvent } from './keys.ts';
import { type Keyboard, isKey } from './keyboard.ts';
import type { EditorOptions } from './options.ts';
import { Painter } from './painter.ts';
import type { EditorInput, Question, ScreenSize, Wish } from './question.ts';

/** A window that is dragged changes its size many times. */
const RESIZED_MS = 60;
const SCREEN: ScreenSize = { columns: 80, rows: 24 };

/** One question on a real terminal, from its first frame to its last. */
export class Asking {
  readonly #options: EditorOptions;
  readonly #question: Question;
  readonly #keyboard: Keyboard;
  readonly #painter = new Painter();
  readonly #done = Promise.withResolvers<EditorInput>();
  #isOver = false;
  /** Whether events are being taken in; what arrives meanwhile waits its turn. */
  #isBusy = false;
  /** Whether the terminal may have moved what is on the screen. */
  #isMoved = false;
  /** Ends waiting for a completion. */
  #giveUp: (() => void) | undefined;
  #resizeTimer: NodeJS.Timeout | undefined;

  constructor(options: EditorOptions, question: Question, keyboard: Keyboard) {
    this.#options = options;
    this.#question = question;
    this.#keyboard = keyboard;
  }

  /** Asks; answers what was typed. What was typed behind it waits for the next question. */
  async run(): Promise<EditorInput> {
    const { output, signal } = this.#options;
    const onAbort = (): void => this.#end({ type: 'closed' }, '');
    const onResize = (): void => this.#resized();
    const endReading = this.#keyboard.read({
      typed: (events) => this.#typed(events),
      continued: () => this.#continued(),
      gone: onAbort,
    });
    output.on('resize', onResize);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#paint();
      void this.#work();
      return await this.#done.promise;
    } finally {
      clearTimeout(this.#resizeTimer);
      signal.removeEventListener('abort', onAbort);
      output.off('resize', onResize);
      endReading();
    }
  }

  get #size(): ScreenSize {
    const { columns, rows } = this.#options.output;
    // A terminal that does not know its size says 0.
    return { columns: columns || SCREEN.columns, rows: rows || SCREEN.rows };
  }

  #typed(events: readonly InputEvent[]): void {
    if (events.some((event) => isKey(event, 'ctrl+c'))) this.#giveUp?.();
    void this.#work();
  }

  /** Takes the events in one by one; what they change is shown once. */
  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (;;) {
        const event = this.#isOver ? undefined : this.#keyboard.next();
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
        if (this.#options.hooks === undefined) return;
        this.#write(this.#painter.leave());
        return this.#keyboard.suspend();
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
    const edited = await this.#keyboard.lend(() => openEditor(text));
    if (edited !== undefined && !this.#isOver) this.#question.replaceAll(edited);
  }

  /** Scrolls all above the question out of sight, where it can still be read. */
  #clearScreen(): void {
    const { rows } = this.#size;
    this.#write(`${this.#painter.erase()}\u001B[${rows};1H${'\n'.repeat(rows)}\u001B[H`);
  }

  #continued(): void {
    this.#painter.forget();
    if (!this.#isBusy) this.#paint();
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
    if (this.#keyboard.isOn) {
      this.#write(`${this.#painter.erase()}${this.#question.trace(mark)}\r\n`);
    }
    this.#done.resolve(input);
  }

  #write(text: string): void {
    if (text !== '') this.#options.output.write(text);
  }
}
