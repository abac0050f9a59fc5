/** What may be spent at once after a time of silence, in seconds of the rate. */
const BURST_SECONDS = 0.1;

/** Holds the bytes of all connections together to a rate. */
export class RateLimit {
  readonly #bytesPerMs: number;
  readonly #now: () => number;
  /** When the bytes spent so far are paid for. */
  #paidAt: number;

  /**
   * @param bytesPerSecond the rate
   * @param now milliseconds of any steady clock
   */
  constructor(bytesPerSecond: number, now: () => number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#now = now;
    this.#paidAt = now();
  }

  /** Notes bytes that have arrived; answers for how many milliseconds nothing more should be read. */
  spend(bytes: number): number {
    const now = this.#now();
    const from = Math.max(this.#paidAt, now - BURST_SECONDS * 1000);
    this.#paidAt = from + bytes / this.#bytesPerMs;
    return Math.max(0, this.#paidAt - now);
  }
}
