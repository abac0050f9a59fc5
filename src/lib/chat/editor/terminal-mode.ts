import type { ProcessHooks } from './process-hooks.ts';

/** The streams of a terminal. */
export interface TerminalStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream & {
    readonly columns?: number;
    readonly rows?: number;
  };
}

// Bracketed paste, and the first level of kitty's keyboard protocol, by which Shift+Enter differs
// from Enter. xterm's modifyOtherKeys would do so too, but is not taken back by a stack.
const BEGIN = '\u001B[?2004h\u001B[>1u';
const END = '\u001B[<u\u001B[?2004l\u001B[?25h';

/**
 * The mode a terminal is in while keys are read one by one. Whatever ends the program in between,
 * the terminal is given back as it was.
 */
export class TerminalMode {
  readonly #streams: TerminalStreams;
  readonly #hooks: ProcessHooks | undefined;
  #isOn = false;
  #unhook: (() => void) | undefined;

  constructor(streams: TerminalStreams, hooks: ProcessHooks | undefined) {
    this.#streams = streams;
    this.#hooks = hooks;
  }

  /** Whether the terminal is held. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Takes the terminal. One that is gone tells so by the input's `error`. */
  begin(): void {
    if (this.#isOn) return;
    const { input, output } = this.#streams;
    if (input.isTTY) input.setRawMode(true);
    this.#isOn = true;
    this.#unhook = this.#hooks?.onExit(() => this.end());
    if (this.#isThere(true)) output.write(BEGIN);
    input.resume();
  }

  /** Gives the terminal back; what is typed from here on is for whoever reads next. */
  end(): void {
    if (!this.#isOn) return;
    const { input, output } = this.#streams;
    this.#isOn = false;
    this.#unhook?.();
    input.pause();
    if (input.isTTY) input.setRawMode(false);
    if (this.#isThere(false)) output.write(END);
  }

  /** Sets the mode anew, which somebody else may have changed while the program was stopped. */
  renew(): void {
    this.end();
    this.begin();
  }

  /** Whether the terminal took a mode. One that was closed takes neither that nor any output. */
  #isThere(isRaw: boolean): boolean {
    const { input } = this.#streams;
    return !input.destroyed && !input.readableEnded && (!input.isTTY || input.isRaw === isRaw);
  }
}
