import type { Snapshot } from './buffer.ts';

/**
 * Walks through the prompts of before. What was typed or changed on the way stays where it is,
 * until the question is answered.
 */
export class Recall {
  readonly #entries: readonly string[];
  readonly #fold: (text: string) => string;
  readonly #seen = new Map<number, Snapshot>();
  #at: number;

  /**
   * @param entries newest last
   * @param fold what is shown for a prompt too long to be laid out
   */
  constructor(entries: readonly string[], fold: (text: string) => string = (text) => text) {
    this.#entries = entries;
    this.#fold = fold;
    this.#at = entries.length;
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  /** The prompt before the one shown; undefined at the oldest. */
  older(shown: Snapshot): Snapshot | undefined {
    return this.goTo(this.#at - 1, shown);
  }

  /** The prompt after the one shown, the draft in the end; undefined at the draft. */
  newer(shown: Snapshot): Snapshot | undefined {
    return this.goTo(this.#at + 1, shown);
  }

  /** A prompt by its place; one past the last is the draft. */
  goTo(index: number, shown: Snapshot): Snapshot | undefined {
    if (index < 0 || index > this.#entries.length) return undefined;
    this.#seen.set(this.#at, shown);
    this.#at = index;
    const seen = this.#seen.get(index);
    if (seen !== undefined) return { text: seen.text, cursor: seen.text.length };
    const text = this.#fold(this.#entries[index] ?? '');
    return { text, cursor: text.length };
  }
}
