import { fetchSegment } from './fetch-segment.ts';
import { damaged, isDiskFailure } from './give-up.ts';
import type { HostGates } from './host-gates.ts';
import { type Intervals, takeInterval } from './intervals.ts';
import type { Lane } from './lane.ts';
import { type Located, Locator } from './location.ts';
import { orAborted } from './or-aborted.ts';
import type { Patience } from './patience.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Attempt, Recovery, type Verdict } from './recovery.ts';
import { Replaced, Segment } from './segment.ts';
import type { Slots } from './slots.ts';
import type { DownloadRequest, DownloadResult } from './types.ts';
import { UnfinishedFile } from './unfinished-file.ts';
import { mismatch } from './verify.ts';

/** What the files of a downloader share. */
export interface TransferOptions {
  readonly patience: Patience;
  readonly gates: HostGates;
  readonly limit: RateLimit | undefined;
  readonly hashSlots: Slots;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
  /** Called when there may be something to do for a connection, in so many milliseconds. */
  readonly onChange: (delay?: number) => void;
}

/** What is to happen once no connection works on the file any more. */
type Halt =
  | { readonly kind: 'fail'; readonly error: unknown }
  | { readonly kind: 'restart'; readonly reason: string };

type Wait = Extract<Verdict, { readonly kind: 'wait' }>;

/** One file on its way, from what is on disk to its final name. Connections fetch its segments. */
export class Transfer {
  readonly #request: DownloadRequest;
  readonly #options: TransferOptions;
  readonly #outcome = Promise.withResolvers<DownloadResult>();
  readonly #locator: Locator;
  readonly #recovery: Recovery;
  readonly #running = new Set<Segment>();
  #file: UnfinishedFile | undefined;
  #state: 'waiting' | 'running' | 'busy' | 'over' = 'waiting';
  #halt: Halt | undefined;
  /** Bytes of an earlier run that are still to be trusted. */
  #inherited: Intervals = [];
  #fetched = 0;
  #restsUntil = 0;
  #fetchedAgain = false;

  constructor(request: DownloadRequest, options: TransferOptions) {
    this.#request = request;
    this.#options = options;
    const { now, patience } = options;
    const locator = new Locator(request.locate, Date.now);
    this.#locator = locator;
    this.#recovery = new Recovery({ request, locator, patience, now });
  }

  /** Settles when the file has its final name, or is given up with its state kept. */
  get result(): Promise<DownloadResult> {
    return this.#outcome.promise;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Whether it will have more for the connections to do, only not at this moment. */
  get isHeldUp(): boolean {
    if (this.isWaiting || this.isOver || this.unclaimed === 0) return false;
    return this.#state === 'busy' || this.#halt !== undefined || !this.#isOpen();
  }

  /** Bytes that no connection has taken yet. */
  get unclaimed(): number {
    return this.#file?.map.unclaimed ?? this.#request.identity.size;
  }

  /** Begins: looks at what is on disk. */
  begin(): void {
    this.#do(async () => {
      const { identity, onEvent, target } = this.#request;
      const { size } = identity;
      this.#file = await UnfinishedFile.open({
        target,
        identity,
        hashSlots: this.#options.hashSlots,
        onChecked: (checked) => onEvent({ type: 'verify', checked, size }),
        onError: (error) => this.fail(error),
        now: this.#options.now,
      });
      this.#inherited = this.#file.inherited;
      onEvent({ type: 'begin', received: this.#file.map.received, size });
    });
  }

  /** Takes the next part that nobody fetches; undefined when there is none at this moment. */
  claim(length: number): Segment | undefined {
    if (this.#state !== 'running' || this.#halt !== undefined || !this.#isOpen()) return undefined;
    if (this.#recovery.inOnePiece && this.#running.size > 0) return undefined;
    const { size } = this.#request.identity;
    const interval = this.#file?.map.claim(this.#recovery.inOnePiece ? size : length);
    return interval === undefined ? undefined : this.#newSegment(...interval);
  }

  /** Takes the end of a part that a slower connection fetches, from a position on. */
  split(segment: Segment, at: number): Segment | undefined {
    if (this.#halt !== undefined || this.#recovery.inOnePiece) return undefined;
    const { end, signal } = segment;
    if (signal.aborted) return undefined;
    segment.cutAt(at);
    return segment.end < end ? this.#newSegment(segment.end, end) : undefined;
  }

  #newSegment(start: number, end: number): Segment {
    const segment = new Segment(start, end);
    this.#running.add(segment);
    return segment;
  }

  #isOpen(): boolean {
    const now = this.#options.now();
    const { host } = this.#locator;
    return now >= this.#restsUntil && (host === undefined || this.#options.gates.isOpen(host, now));
  }

  /** Fetches a part that was taken, as far as it comes. Never fails: what is to be done is done. */
  async run(segment: Segment, lane: Lane): Promise<void> {
    const askedAt = this.#options.now();
    let located: Located | undefined;
    try {
      located = await orAborted(this.#locator.get(), segment.signal);
      // Somebody was told to wait while we found out where to ask.
      if (this.#options.gates.isOpen(located.host, this.#options.now())) {
        await this.#fetch(segment, lane, located);
      }
    } catch (error) {
      const isAlone = this.#running.size === 1;
      this.#recover(error, lane, { located, askedAt, isAlone });
    } finally {
      this.#running.delete(segment);
      this.#file?.map.release([segment.written, segment.end]);
      this.#settle();
    }
  }

  async #fetch(segment: Segment, lane: Lane, located: Located): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const { identity, onEvent } = this.#request;
    let takeBack: (() => void) | undefined;
    await fetchSegment({
      segment,
      connection: lane.connection,
      meter: lane.meter,
      limit: this.#options.limit,
      location: located.location,
      handle: file.handle,
      size: identity.size,
      etag: () => file.etag,
      onAnswer: (etag) => {
        this.#locator.served(located);
        file.etag ??= etag;
      },
      onWritten: (start, end) => {
        file.wrote(start, end);
        this.#fetched += end - start;
        this.#recovery.progress(end - start);
        onEvent({ type: 'progress', received: file.map.received, size: identity.size });
      },
      onFlush: (flush) => {
        takeBack?.();
        takeBack = flush && file.addFlush(flush);
      },
    });
  }

  #recover(error: unknown, lane: Lane, attempt: Attempt): void {
    if (isDiskFailure(error)) return this.fail(error);
    if (this.#halt !== undefined || error instanceof Replaced) return;
    const verdict = this.#recovery.judge(error, attempt);
    if (verdict.kind === 'give up') this.fail(verdict.error);
    else if (verdict.kind === 'restart') this.#restart(verdict.reason);
    else {
      if (verdict.kind === 'wait') this.#wait(verdict, lane, attempt.located?.host);
      if (this.#recovery.inOnePiece) this.#restart('the server cannot continue a file');
    }
  }

  #wait({ reason, seconds, who }: Wait, lane: Lane, host: string | undefined): void {
    const { gates, now, onChange } = this.#options;
    const until = now() + seconds * 1000;
    if (who === 'server' && host !== undefined) gates.close(host, until);
    if (who === 'connection') lane.restsUntil = until;
    else {
      this.#restsUntil = Math.max(this.#restsUntil, until);
      this.#request.onEvent({ type: 'wait', reason, seconds });
    }
    onChange(seconds * 1000);
  }

  /** Begins the file anew as soon as no connection works on it. */
  #restart(reason: string): void {
    if (this.#halt !== undefined) return;
    this.#halt = { kind: 'restart', reason };
    this.#stopAll();
  }

  /** Gives the file up, its state kept, as soon as no connection works on it. */
  fail(error: unknown): void {
    if (this.isOver || this.#halt?.kind === 'fail') return;
    this.#halt = { kind: 'fail', error };
    this.#file?.stopHashing();
    this.#stopAll();
    this.#settle();
  }

  #stopAll(): void {
    for (const segment of this.#running) segment.stop(new Replaced());
  }

  /** Does what is to be done between the connections' work: once none is at it. */
  #settle(): void {
    if (this.#running.size > 0 || this.#state === 'busy' || this.#state === 'over') return;
    const halt = this.#halt;
    if (halt?.kind === 'fail') this.#do(() => this.#end(halt.error));
    else if (halt?.kind === 'restart') this.#do(() => this.#beginAnew(halt.reason, []));
    else if (this.#file?.map.isComplete === true) this.#do(() => this.#verify());
  }

  /** Works on the file while no connection does. */
  #do(work: () => Promise<void>): void {
    this.#state = 'busy';
    work()
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        if (this.#state === 'busy') this.#state = 'running';
        this.#settle();
        this.#options.onChange();
      });
  }

  async #verify(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const { identity, onEvent } = this.#request;
    const digests = await file.digest();
    const wrong = mismatch(identity, digests);
    if (wrong !== undefined) return this.#handleDamage(file, wrong);
    await file.finish();
    this.#state = 'over';
    onEvent({ type: 'end', fetched: this.#fetched });
    this.#outcome.resolve({ fetched: this.#fetched, sha256: digests.sha256 });
  }

  /**
   * The bytes are there and wrong. First those of an earlier run are suspected, of which nobody knows
   * what happened to them since; then, once, all.
   */
  async #handleDamage(file: UnfinishedFile, wrong: string): Promise<void> {
    const kept = this.#inherited.reduce(takeInterval, file.map.written);
    const isOwn = this.#inherited.length === 0;
    if (isOwn && this.#fetchedAgain) {
      this.#file = undefined;
      await file.discard();
      throw damaged(this.#request, wrong);
    }
    if (isOwn) this.#fetchedAgain = true;
    await this.#beginAnew(`the file is damaged (${wrong})`, isOwn ? [] : kept);
  }

  async #beginAnew(reason: string, keep: Intervals): Promise<void> {
    const { identity, onEvent } = this.#request;
    this.#inherited = [];
    const before = this.#file?.map.received ?? 0;
    await this.#file?.restart(keep);
    if (this.#halt?.kind === 'restart') this.#halt = undefined;
    if (before === 0) return;
    onEvent({ type: 'restart', reason });
    const received = this.#file?.map.received ?? 0;
    if (received > 0) onEvent({ type: 'progress', received, size: identity.size });
  }

  async #end(error: unknown): Promise<void> {
    this.#state = 'over';
    try {
      await this.#file?.leave();
    } finally {
      this.#outcome.reject(error);
    }
  }
}
