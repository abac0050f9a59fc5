/** How much of the last measure the next one keeps. */
const MEMORY = 0.6;

/**
 * Measures a connection: its speed, and how long its server has been silent. While our own disk or a
 * rate limit holds the connection back nothing of it is the server's fault, so it is not judged.
 */
export class Meter {
  readonly #now: () => number;
  #waitingSince: number | undefined;
  #waited = 0;
  #bytes = 0;
  #sampledAt: number;
  #rate: number | undefined;

  /** @param now milliseconds of any steady clock */
  constructor(now: () => number) {
    this.#now = now;
    this.#sampledAt = now();
  }

  /** Begins anew: another connection, of which nothing is known. */
  reset(): void {
    this.#rate = undefined;
    this.begin();
  }

  /** Begins another request on the same connection. */
  begin(): void {
    this.#waitingSince = undefined;
    this.#waited = 0;
    this.#bytes = 0;
    this.#sampledAt = this.#now();
  }

  /** From now on the server is waited for. */
  wait(): void {
    this.#waitingSince ??= this.#now();
  }

  /** Bytes came, or from now on we hold the connection back ourselves. */
  pause(bytes = 0): void {
    this.#bytes += bytes;
    this.#waited += this.#waiting(this.#now());
    this.#waitingSince = undefined;
  }

  /** How long the server has been silent, in milliseconds. */
  get silence(): number {
    return this.#waitingSince === undefined ? 0 : this.#now() - this.#waitingSince;
  }

  /** Bytes per second; undefined as long as nothing can be said. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** Takes the measure of the time since the last one. */
  sample(): void {
    const now = this.#now();
    const elapsed = now - this.#sampledAt;
    if (elapsed <= 0) return;
    const waited = this.#waited + this.#waiting(now);
    // Held back by us for most of the time, its speed says nothing of the server.
    if (waited >= elapsed / 2) {
      const rate = (this.#bytes / elapsed) * 1000;
      this.#rate = this.#rate === undefined ? rate : this.#rate * MEMORY + rate * (1 - MEMORY);
    }
    this.#bytes = 0;
    this.#waited = 0;
    this.#sampledAt = now;
  }

  /** The part of the present wait that lies in the present measure. */
  #waiting(now: number): number {
    if (this.#waitingSince === undefined) return 0;
    return now - Math.max(this.#waitingSince, this.#sampledAt);
  }
}
