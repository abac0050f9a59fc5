/** As many killed texts as are kept. */
const SIZE = 20;

/** The texts that were killed last, to be yanked back. Kept from one question to the next. */
export class KillRing {
  #texts: string[] = [];

  /** The text to yank. */
  get latest(): string {
    return this.#texts.at(-1) ?? '';
  }

  /** Keeps a killed text. */
  add(text: string): void {
    if (text === '') return;
    this.#texts.push(text);
    if (this.#texts.length > SIZE) this.#texts.shift();
  }

  /** Joins a text to the one killed just before it. */
  extend(text: string, side: 'before' | 'after'): void {
    const latest = this.#texts.pop() ?? '';
    this.add(side === 'before' ? text + latest : latest + text);
  }

  /** Makes the text killed before the latest the latest. */
  rotate(): void {
    const latest = this.#texts.pop();
    if (latest !== undefined) this.#texts.unshift(latest);
  }

  /** Changes every text: the signs of folded pastes mean nothing after their question. */
  map(change: (text: string) => string): void {
    this.#texts = this.#texts.map(change);
  }
}
