import type { Http } from '../http/types.ts';
import { SegmentFailure } from './failure.ts';
import { Lane } from './lane.ts';
import type { Patience } from './patience.ts';
import { Replaced, type Segment } from './segment.ts';
import { median, SlowWatch } from './slow.ts';
import { chooseSplit } from './steal.ts';
import type { Transfer } from './transfer.ts';
import { Width } from './width.ts';

const LONGEST_TICK_MS = 250;

/** How large the parts are that a file is fetched in, in bytes. */
export interface SegmentSizes {
  readonly smallest: number;
  readonly largest: number;
}

/** What a scheduler works with. */
export interface SchedulerOptions {
  readonly http: Http;
  readonly connections: number | undefined;
  readonly patience: Patience;
  readonly sizes: SegmentSizes;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/** A connection that is at work. */
interface BusyLane extends Lane {
  readonly work: NonNullable<Lane['work']>;
}

/**
 * Keeps the connections busy: in the order in which the files were asked for, then with shares of
 * what slower connections still have to do. Replaces those that stall or crawl.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes: Lane[] = [];
  readonly #width: Width;
  readonly #slow = new SlowWatch<Lane>();
  #transfers: Transfer[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Bytes that parts which are done have brought. */
  #arrived = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#width = new Width(options.connections);
  }

  /** Takes a file into the queue. */
  add(transfer: Transfer): void {
    this.#transfers.push(transfer);
    this.pump();
  }

  /** Finds work for idle connections, in so many milliseconds. */
  pump(delay = 0): void {
    if (delay > 0) {
      // The ticks are for all; a wait that is shorter than one is kept to.
      if (delay < LONGEST_TICK_MS) setTimeout(() => this.pump(), delay).unref();
      return;
    }
    this.#transfers = this.#transfers.filter(({ isOver }) => !isOver);
    this.#tickAsNeeded();
    while (this.#lanes.length < this.#width.width) {
      this.#lanes.push(new Lane(this.#options.http, this.#options.now));
    }
    for (const lane of this.#lanes.slice(0, this.#width.width)) {
      if (lane.work === undefined && this.#options.now() >= lane.restsUntil) this.#employ(lane);
    }
  }

  /** Closes the connections. */
  close(): void {
    clearInterval(this.#timer);
    for (const lane of this.#lanes) lane.connection.close();
  }

  #employ(lane: Lane): void {
    const work = this.#findWork(lane);
    if (work === undefined) return;
    lane.work = work;
    const { segment, transfer } = work;
    void transfer.run(segment, lane).finally(() => {
      lane.work = undefined;
      this.#arrived += segment.received - segment.start;
      this.pump();
    });
  }

  #findWork(lane: Lane): Lane['work'] {
    for (const transfer of this.#transfers) {
      const segment = transfer.claim(this.#segmentSize(transfer));
      if (segment !== undefined) return { transfer, segment };
    }
    // What is held up for a moment comes before what has not begun.
    if (this.#transfers.some(({ isHeldUp }) => isHeldUp)) return undefined;
    const next = this.#transfers.find(({ isWaiting }) => isWaiting);
    if (next === undefined) return this.#share(lane);
    next.begin();
    return undefined;
  }

  #segmentSize({ unclaimed }: Transfer): number {
    const { largest, smallest } = this.#options.sizes;
    return Math.min(Math.max(Math.ceil(unclaimed / this.#width.width), smallest), largest);
  }

  #share(lane: Lane): Lane['work'] {
    const runners = this.#busy().map(({ meter, work }) => ({ ...work, rate: meter.rate }));
    const rates = runners.flatMap(({ rate }) => rate ?? []);
    const split = chooseSplit(runners, lane.meter.rate ?? median(rates));
    if (split === undefined) return undefined;
    const { segment, transfer } = split.runner;
    const taken: Segment | undefined = transfer.split(segment, split.at);
    return taken && { transfer, segment: taken };
  }

  #busy(): BusyLane[] {
    return this.#lanes.filter((lane): lane is BusyLane => lane.work !== undefined);
  }

  #tickAsNeeded(): void {
    if (this.#transfers.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const { slowSeconds, stallSeconds } = this.#options.patience;
    const pace = Math.min(LONGEST_TICK_MS, stallSeconds * 250, slowSeconds * 250);
    this.#timer ??= setInterval(() => this.#tick(), pace);
  }

  #tick(): void {
    const busy = this.#busy();
    const { now, patience } = this.#options;
    for (const { meter, work } of busy) {
      if (meter.silence < patience.stallSeconds * 1000) continue;
      const message = `the server sent nothing for ${patience.stallSeconds} s`;
      work.segment.stop(new SegmentFailure('again', message));
    }
    for (const { meter } of busy) meter.sample();
    const rates = new Map(busy.map((lane) => [lane as Lane, lane.meter.rate]));
    for (const lane of this.#slow.find(rates, now(), patience.slowSeconds)) {
      lane.work?.segment.stop(new Replaced());
      lane.reconnect();
    }
    const arriving = busy.reduce(
      (sum, { work }) => sum + work.segment.received - work.segment.start,
      this.#arrived,
    );
    this.#width.look(now(), arriving, busy.length >= this.#width.width);
    this.pump();
  }
}
