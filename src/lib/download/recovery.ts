import { LlameroError } from '../errors.ts';
import { SegmentFailure } from './failure.ts';
import { giveUp, giveUpLocating } from './give-up.ts';
import type { Located, Locator } from './location.ts';
import { backoff, type Patience } from './patience.ts';
import { Tally } from './tally.ts';
import type { DownloadRequest } from './types.ts';

/** A request that failed. */
export interface Attempt {
  /** Where it went; undefined when that could not be found out. */
  readonly located: Located | undefined;
  /** When it was made, milliseconds. */
  readonly askedAt: number;
  /** Whether no other connection is at work on the file. */
  readonly isAlone: boolean;
}

/** What to do after a failure. */
export type Verdict =
  | { readonly kind: 'at once' }
  /** Of the connection, of all connections to the file, or of those to the server. */
  | {
      readonly kind: 'wait';
      readonly who: 'connection' | 'file' | 'server';
      readonly reason: string;
      readonly seconds: number;
    }
  | { readonly kind: 'restart'; readonly reason: string }
  | { readonly kind: 'give up'; readonly error: unknown };

/** What a recovery works with. */
export interface RecoveryOptions {
  readonly request: DownloadRequest;
  readonly locator: Locator;
  readonly patience: Patience;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/** Decides what helps after a failure, and when nothing does. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #tally = new Tally();
  #inOnePiece = false;
  #begunAnew = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether the server gives the file in one piece or not at all. */
  get inOnePiece(): boolean {
    return this.#inOnePiece;
  }

  /** Notes bytes that have come. */
  progress(bytes: number): void {
    this.#tally.progress(bytes);
  }

  /** Judges a failed request by what it threw. */
  judge(error: unknown, attempt: Attempt): Verdict {
    const { request } = this.#options;
    if (error instanceof SegmentFailure) {
      return this.#judge(error, attempt, giveUp(request, error));
    }
    // The hub was away when it was asked for a URL: that passes like any other outage.
    if (error instanceof LlameroError && ['NETWORK', 'HUB_ANSWER'].includes(error.code)) {
      const failure = new SegmentFailure('again', error.message);
      return this.#judge(failure, attempt, giveUpLocating(request, error));
    }
    return { kind: 'give up', error };
  }

  #judge(failure: SegmentFailure, attempt: Attempt, error: LlameroError): Verdict {
    const { now, patience } = this.#options;
    // What came of a file in one piece is lost with the connection.
    const failures = this.#tally.failure(attempt.askedAt, now(), !this.#inOnePiece);
    if (failure.remedy === 'never' || failures > patience.attempts) {
      return { kind: 'give up', error };
    }
    if (failure.remedy === 'again') return this.#wait(failure, failures, attempt, error);
    return this.#moveOn(failure, attempt, error);
  }

  #wait(failure: SegmentFailure, failures: number, attempt: Attempt, error: LlameroError): Verdict {
    const { patience } = this.#options;
    const { message: reason, status, waitSeconds: asked } = failure;
    if (asked !== undefined && asked > patience.longestAskedSeconds) {
      return { kind: 'give up', error };
    }
    const seconds = asked ?? backoff(patience, Math.max(failures, 1), Math.random());
    if (asked !== undefined || status === 429) {
      return { kind: 'wait', who: 'server', reason, seconds };
    }
    // The first failure after progress may be that of one connection; the next ones tell more.
    const who = failures > 1 || attempt.isAlone ? 'file' : 'connection';
    return { kind: 'wait', who, reason, seconds };
  }

  /** A URL was refused, or what it leads to is not what it was: another one, or another way. */
  #moveOn(failure: SegmentFailure, { located }: Attempt, error: LlameroError): Verdict {
    if (located === undefined || this.#options.locator.refused(located) !== 'spent') {
      return { kind: 'at once' };
    }
    if (failure.remedy === 'anew' && !this.#begunAnew) {
      this.#begunAnew = true;
      return { kind: 'restart', reason: failure.message };
    }
    if (failure.remedy === 'whole' && !this.#inOnePiece) {
      this.#inOnePiece = true;
      return { kind: 'restart', reason: failure.message };
    }
    return { kind: 'give up', error };
  }
}
