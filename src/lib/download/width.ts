/** More connections than this are used only when they were asked for. */
const ADAPTIVE_MOST = 4;
const ADAPTIVE_FIRST = 2;
const MEASURE_MS = 2000;
/** Another connection has to bring so much more to stay. */
const GAIN = 1.05;
/** After one that brought nothing the next is tried so much later. */
const REST_MS = 30_000;

/**
 * How many connections are used. Without a number that was asked for it begins with two and adds one
 * as long as the total grows: many servers limit the speed of each connection, and some throttle
 * whoever opens many (https://github.com/huggingface/huggingface_hub/issues/4893).
 */
export class Width {
  #width: number;
  readonly #isFixed: boolean;
  #measureFrom: { readonly at: number; readonly bytes: number } | undefined;
  /** Bytes per second before the last connection was added. */
  #before: number | undefined;
  #restsUntil = Number.NEGATIVE_INFINITY;

  /** @param wanted a fixed number of connections */
  constructor(wanted: number | undefined) {
    this.#isFixed = wanted !== undefined;
    this.#width = wanted ?? ADAPTIVE_FIRST;
  }

  get width(): number {
    return this.#width;
  }

  /**
   * Takes a look.
   *
   * @param now milliseconds
   * @param bytes that have arrived in all
   * @param isBusy whether every connection has something to do
   */
  look(now: number, bytes: number, isBusy: boolean): void {
    if (this.#isFixed || !isBusy) {
      this.#measureFrom = undefined;
      return;
    }
    this.#measureFrom ??= { at: now, bytes };
    const elapsed = now - this.#measureFrom.at;
    if (elapsed < MEASURE_MS) return;
    this.#decide(now, ((bytes - this.#measureFrom.bytes) / elapsed) * 1000);
    this.#measureFrom = { at: now, bytes };
  }

  #decide(now: number, rate: number): void {
    if (this.#before !== undefined && rate < this.#before * GAIN) {
      this.#width -= 1;
      this.#before = undefined;
      this.#restsUntil = now + REST_MS;
    } else if (this.#width < ADAPTIVE_MOST && now >= this.#restsUntil) {
      this.#width += 1;
      this.#before = rate;
    } else {
      this.#before = undefined;
    }
  }
}
