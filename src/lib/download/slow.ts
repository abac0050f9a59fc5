/** A connection slower than this part of the others' median speed is a slow one. */
const SLOW_SHARE = 0.1;

/** The middle of some numbers; undefined of none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Notices connections that crawl beside others that do not. */
export class SlowWatch<Lane extends object> {
  readonly #slowSince = new WeakMap<Lane, number>();

  /**
   * Which connections have been slow for a time without a break.
   *
   * @param rates of all connections at work, in bytes per second
   * @param now milliseconds
   */
  find(
    rates: ReadonlyMap<Lane, number | undefined>,
    now: number,
    slowSeconds: number,
  ): readonly Lane[] {
    return [...rates].flatMap(([lane, rate]) => {
      const others = [...rates].flatMap(([other, its]) =>
        other === lane || its === undefined ? [] : [its],
      );
      const usual = median(others);
      if (rate === undefined || usual === undefined || rate >= usual * SLOW_SHARE) {
        this.#slowSince.delete(lane);
        return [];
      }
      const since = this.#slowSince.get(lane) ?? now;
      this.#slowSince.set(lane, since);
      if (now - since < slowSeconds * 1000) return [];
      this.#slowSince.delete(lane);
      return [lane];
    });
  }
}
