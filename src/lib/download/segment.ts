import type { SegmentFailure } from './failure.ts';

/** Why a request was ended by us without anything being wrong: its rest goes to somebody else. */
export class Replaced extends Error {
  override readonly name = 'Replaced';
}

/** A part of a file that one connection is fetching. */
export class Segment {
  readonly start: number;
  readonly #controller = new AbortController();
  #end: number;
  /** Up to where bytes have arrived, and up to where they are on disk. */
  received: number;
  written: number;

  constructor(start: number, end: number) {
    this.start = start;
    this.#end = end;
    this.received = start;
    this.written = start;
  }

  get end(): number {
    return this.#end;
  }

  get remaining(): number {
    return this.#end - this.received;
  }

  /** Aborted when the request is to end, with the reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Leaves the bytes from a position on to somebody else. */
  cutAt(position: number): void {
    this.#end = Math.max(this.received, Math.min(position, this.#end));
  }

  /** Ends the request: what has arrived is written, the rest is given back. */
  stop(reason: SegmentFailure | Replaced): void {
    this.#controller.abort(reason);
  }
}
