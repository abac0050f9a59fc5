/** Where a prompt of before holds what is looked for. */
export interface Match {
  /** The place of the prompt. */
  readonly index: number;
  /** Where in its text. */
  readonly offset: number;
}

/**
 * An incremental search through the prompts of before, newest first. Capitals count once the
 * query has one.
 */
export class HistorySearch {
  readonly #entries: readonly string[];
  #query = '';
  #match: Match | undefined;
  #failed = false;

  /** @param entries newest last */
  constructor(entries: readonly string[]) {
    this.#entries = entries;
  }

  get query(): string {
    return this.#query;
  }

  get match(): Match | undefined {
    return this.#match;
  }

  /** Whether nothing holds the query; the last match stays shown. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Changes the query. A longer one goes on where it is, any other starts at the newest. */
  look(query: string): void {
    const goesOn = query.startsWith(this.#query) && this.#match !== undefined;
    const from = goesOn && this.#match !== undefined ? this.#match.index : this.#entries.length - 1;
    this.#query = query;
    if (query === '') {
      this.#match = undefined;
      this.#failed = false;
    } else {
      this.#find(from, -1, undefined);
    }
  }

  /** Goes on to an older prompt that reads otherwise. */
  older(): void {
    this.#find((this.#match?.index ?? this.#entries.length) - 1, -1, this.#shown);
  }

  /** Goes back to a newer prompt that reads otherwise. */
  newer(): void {
    if (this.#match !== undefined) this.#find(this.#match.index + 1, 1, this.#shown);
  }

  get #shown(): string | undefined {
    return this.#match === undefined ? undefined : this.#entries[this.#match.index];
  }

  #find(from: number, step: 1 | -1, otherThan: string | undefined): void {
    if (this.#query === '') return;
    for (let index = from; index >= 0 && index < this.#entries.length; index += step) {
      const entry = this.#entries[index] ?? '';
      const offset = this.#offsetIn(entry);
      if (offset !== -1 && entry !== otherThan) {
        this.#match = { index, offset };
        this.#failed = false;
        return;
      }
    }
    this.#failed = true;
  }

  #offsetIn(entry: string): number {
    const query = this.#query;
    if (/\p{Lu}/u.test(query)) return entry.indexOf(query);
    const lower = entry.toLowerCase();
    // Few capitals change length when lowered; where one does, offsets in the two texts differ.
    return lower.length === entry.length ? lower.indexOf(query) : entry.indexOf(query);
  }
}
