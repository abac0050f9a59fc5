import { StringDecoder } from 'node:string_decoder';

import { type InputEvent, KeyDecoder } from './keys.ts';
import type { ProcessHooks } from './process-hooks.ts';
import { TerminalMode, type TerminalStreams } from './terminal-mode.ts';

/** Who is told of what is typed. */
export interface KeyReader {
  /** Events have come, and wait to be taken by {@link Keyboard.next}. */
  typed(events: readonly InputEvent[]): void;
  /** The program goes on after somebody stopped it: the screen may hold anything. */
  continued(): void;
  /** Nothing will be typed any more. */
  gone(): void;
}

/** What a keyboard works with. */
export interface KeyboardOptions extends TerminalStreams {
  /** Without them Ctrl+Z does nothing, and a crash may leave the terminal in its raw mode. */
  readonly hooks?: ProcessHooks;
  /** Told of Ctrl+C while nobody reads. */
  readonly interrupt: () => void;
}

/** How long the rest of a key's sequence may take over a slow line. */
const SEQUENCE_MS = 250;

/**
 * The keyboard of a terminal, held from the first question to the end of the last. What is typed
 * while nobody reads is not shown, and waits for whoever reads next. Ctrl+C and Ctrl+Z act at once
 * then, as they do in a terminal's ordinary mode.
 */
export class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #decoder = new KeyDecoder();
  readonly #characters = new StringDecoder('utf8');
  readonly #mode: TerminalMode;
  readonly #waiting: InputEvent[] = [];
  #reader: KeyReader | undefined;
  #isHeld = false;
  #isGone = false;
  /** How many others have the terminal now. */
  #borrowers = 0;
  #sequenceTimer: NodeJS.Timeout | undefined;
  #unhook: (() => void) | undefined;

  constructor(options: KeyboardOptions) {
    this.#options = options;
    this.#mode = new TerminalMode(options, options.hooks);
  }

  /** Whether nothing will be typed any more. */
  get isGone(): boolean {
    const { input } = this.#options;
    return this.#isGone || input.readableEnded || input.destroyed;
  }

  /** Whether the terminal is there, held, and lent to nobody. */
  get isOn(): boolean {
    return this.#mode.isOn && !this.isGone;
  }

  /** Takes the terminal, if it is not held. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    const { hooks, input } = this.#options;
    input.on('end', this.#onGone).on('close', this.#onGone).on('error', this.#onGone);
    this.#unhook = hooks?.onContinue(() => this.#continued());
    this.#start();
  }

  /** Gives the terminal back. */
  release(): void {
    if (!this.#isHeld) return;
    this.#unhook?.();
    this.#stop();
    this.#isHeld = false;
    // Last: a terminal that is gone tells so by an error, which somebody has to hear.
    const { input } = this.#options;
    input.off('end', this.#onGone).off('close', this.#onGone).off('error', this.#onGone);
  }

  /** Tells a reader of what is typed from here on; answers how to end that. */
  read(reader: KeyReader): () => void {
    this.#reader = reader;
    return () => {
      this.#reader = undefined;
    };
  }

  /** Takes the event that has waited longest. */
  next(): InputEvent | undefined {
    return this.#waiting.shift();
  }

  /** Gives somebody else the terminal, in its ordinary mode, for as long as some work takes. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#borrowers += 1;
    this.#stop();
    try {
      return await work();
    } finally {
      this.#borrowers -= 1;
      this.#start();
    }
  }

  /** Stops the program with the terminal given back; resolves when it goes on. */
  async suspend(): Promise<void> {
    const { hooks } = this.#options;
    if (hooks !== undefined) await this.lend(() => hooks.suspend());
  }

  #start(): void {
    if (!this.#isHeld || this.#borrowers > 0 || this.#mode.isOn) return;
    this.#options.input.on('data', this.#onData);
    this.#mode.begin();
  }

  #stop(): void {
    clearTimeout(this.#sequenceTimer);
    if (this.#decoder.isWaiting) this.#take(this.#decoder.flush());
    this.#mode.end();
    this.#options.input.off('data', this.#onData);
  }

  readonly #onData = (data: Buffer | string): void => {
    clearTimeout(this.#sequenceTimer);
    const chunk = typeof data === 'string' ? data : this.#characters.write(data);
    const events = this.#decoder.decode(chunk);
    if (this.#decoder.isWaiting) {
      this.#sequenceTimer = setTimeout(() => this.#take(this.#decoder.flush()), SEQUENCE_MS);
    }
    this.#take(events);
  };

  readonly #onGone = (): void => {
    this.#isGone = true;
    this.#reader?.gone();
  };

  #take(events: readonly InputEvent[]): void {
    if (this.#reader !== undefined) {
      this.#waiting.push(...events);
      this.#reader.typed(events);
      return;
    }
    for (const event of events) {
      if (isKey(event, 'ctrl+c')) this.#options.interrupt();
      else if (isKey(event, 'ctrl+z')) void this.suspend();
      else this.#waiting.push(event);
    }
  }

  #continued(): void {
    // Whoever has the terminal now goes on by itself.
    if (this.#borrowers > 0) return;
    this.#mode.renew();
    this.#reader?.continued();
  }
}

/** Whether an event is a key of some name. */
export function isKey(event: InputEvent, key: string): boolean {
  return event.type === 'key' && event.key === key;
}
