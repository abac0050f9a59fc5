/** So much between two failures counts as progress, in bytes. */
const PROGRESS_SIZE = 1024 * 1024;

/**
 * Counts the failures of a file that come in a row, without progress between them. An outage breaks
 * all connections at once and counts once: a failure of a request that was made before the last
 * counted one tells nothing new.
 */
export class Tally {
  #failures = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #sinceCounted = 0;

  progress(bytes: number): void {
    this.#sinceCounted += bytes;
  }

  /**
   * Notes a failure.
   *
   * @param askedAt when the request was made, milliseconds
   * @param countsProgress false when what arrived since is lost with the failure
   * @returns failures in a row
   */
  failure(askedAt: number, now: number, countsProgress = true): number {
    if (countsProgress && this.#sinceCounted >= PROGRESS_SIZE) this.#failures = 0;
    else if (askedAt < this.#countedAt) return this.#failures;
    this.#countedAt = now;
    this.#sinceCounted = 0;
    this.#failures += 1;
    return this.#failures;
  }
}
