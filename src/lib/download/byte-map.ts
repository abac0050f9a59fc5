import {
  addInterval,
  frontierOf,
  gapsOf,
  type Interval,
  type Intervals,
  lengthOf,
  takeInterval,
} from './intervals.ts';

/** Which bytes of a file are on disk, which are being fetched, and which nobody has taken yet. */
export class ByteMap {
  readonly size: number;
  #written: Intervals;
  #unclaimed: Intervals;

  constructor(size: number, written: Intervals) {
    this.size = size;
    this.#written = written;
    this.#unclaimed = gapsOf(written, size);
  }

  get written(): Intervals {
    return this.#written;
  }

  /** Bytes on disk. */
  get received(): number {
    return lengthOf(this.#written);
  }

  /** Up to where the file is on disk without a gap. */
  get frontier(): number {
    return frontierOf(this.#written);
  }

  /** Bytes that nobody has taken yet. */
  get unclaimed(): number {
    return lengthOf(this.#unclaimed);
  }

  get isComplete(): boolean {
    return this.received === this.size;
  }

  /**
   * Takes the next bytes that nobody has taken: from the front, so that the hash can follow and a
   * file system without holes writes no zeros.
   */
  claim(length: number): Interval | undefined {
    const [gap] = this.#unclaimed;
    if (gap === undefined) return undefined;
    const claimed: Interval = [gap[0], Math.min(gap[1], gap[0] + length)];
    this.#unclaimed = takeInterval(this.#unclaimed, claimed);
    return claimed;
  }

  /** Gives bytes back that were taken and did not come. */
  release(interval: Interval): void {
    this.#unclaimed = addInterval(this.#unclaimed, interval);
  }

  /** Notes bytes that are on disk now. */
  add(interval: Interval): void {
    this.#written = addInterval(this.#written, interval);
  }
}
