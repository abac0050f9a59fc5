import { LlameroError } from './errors.ts';

/** What a signal from outside asks for. */
export type InterruptKind = 'interrupt' | 'terminate' | 'hangup' | 'output closed';

/** The signals that ask for an end, and what each of them means. */
export const SIGNALS = { SIGINT: 'interrupt', SIGTERM: 'terminate', SIGHUP: 'hangup' } as const;

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
  #controller: AbortController | undefined;
  readonly #takers: (() => void)[] = [];
  readonly #onImpatience: (exitCode: number) => void;

  constructor(onImpatience: (exitCode: number) => void) {
    this.#onImpatience = onImpatience;
  }

  /** Aborted when the program is asked to end; its reason is the LlameroError to end with. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  // To load what aborts takes longer than much of what a shell waits for.
  get #abort(): AbortController {
    return (this.#controller ??= new AbortController());
  }

  /** Tells of a signal that arrived. */
  receive(kind: InterruptKind): void {
    const error = new LlameroError(MEANING[kind][0], MEANING[kind][1]);
    const taker = this.#takers.at(-1);
    if (kind === 'interrupt' && taker !== undefined) {
      taker();
    } else if (this.#abort.signal.aborted) {
      if (kind === 'interrupt' || kind === 'terminate') this.#onImpatience(error.exitCode);
    } else {
      this.#abort.abort(error);
    }
  }

  /** Asks the program to end for a reason that is no signal. */
  end(reason: LlameroError): void {
    this.#abort.abort(reason);
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
