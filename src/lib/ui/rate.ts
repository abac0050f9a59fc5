const WINDOW_MS = 8_000;

/** How fast bytes come in, over the last seconds rather than since the beginning. */
export class RateMeter {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** Notes how many bytes there are at a moment (milliseconds). */
  add(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    // Bytes that were taken back (a file begun anew) are no speed.
    if (last !== undefined && bytes < last.bytes) this.#samples.length = 0;
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) {
      this.#samples.shift();
    }
  }

  /** Bytes per second; undefined while there is too little to tell. */
  get rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 200) return undefined;
    return (1000 * (last.bytes - first.bytes)) / (last.at - first.at);
  }
}
