import { LlameroError } from './errors.ts';

/** What a signal from outside asks for. */
export type InterruptKind = 'interrupt' | 'terminate' | 'hangup' | 'output closed';

const MEANING = {
  interrupt: ['INTERRUPTED', 'Interrupted'],
  terminate: ['TERMINATED', 'Terminated'],
  hangup: ['TERMINATED', 'The terminal is gone'],
  'output closed': ['OUTPUT_CLOSED', 'Whoever read the output has left'],
} as const;

/**
 * Turns signals into one AbortSignal. The first Ctrl+C aborts, so that work can close what it has
 * open; a second one calls `onImpatience`. Of a terminal that is gone several may tell at once, none
 * of them out of impatience. A chat takes Ctrl+C over while an answer streams.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #takers: (() => void)[] = [];
  readonly #onImpatience: (exitCode: number) => void;

  constructor(onImpatience: (exitCode: number) => void) {
    this.#onImpatience = onImpatience;
  }

  /** Aborted when the program is asked to end; its reason is the LlameroError to end with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tells of a signal that arrived. */
  receive(kind: InterruptKind): void {
    const error = new LlameroError(MEANING[kind][0], MEANING[kind][1]);
    const taker = this.#takers.at(-1);
    if (kind === 'interrupt' && taker !== undefined) {
      taker();
    } else if (this.#controller.signal.aborted) {
      if (kind === 'interrupt' || kind === 'terminate') this.#onImpatience(error.exitCode);
    } else {
      this.#controller.abort(error);
    }
  }

  /** Asks the program to end for a reason that is no signal. */
  end(reason: LlameroError): void {
    this.#controller.abort(reason);
  }

  /** Gives Ctrl+C to a handler until the returned function is called. */
  takeOver(handler: () => void): () => void {
    this.#takers.push(handler);
    return () => {
      const index = this.#takers.lastIndexOf(handler);
      if (index !== -1) this.#takers.splice(index, 1);
    };
  }
}
