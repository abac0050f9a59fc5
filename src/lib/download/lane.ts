import type { Http } from '../http/types.ts';
import { Connection } from './connection.ts';
import { Meter } from './meter.ts';
import type { Segment } from './segment.ts';
import type { Transfer } from './transfer.ts';

/** What a lane is doing. */
export interface LaneWork {
  readonly transfer: Transfer;
  readonly segment: Segment;
}

/** One of the connections that a downloader keeps busy. */
export class Lane {
  readonly connection: Connection;
  readonly meter: Meter;
  work: LaneWork | undefined;
  /** Milliseconds of the downloader's clock, before which the lane rests. */
  restsUntil = 0;

  constructor(http: Http, now: () => number) {
    this.connection = new Connection(http);
    this.meter = new Meter(now);
  }

  /** Goes on with another connection than the one it has. */
  reconnect(): void {
    this.connection.close();
    this.meter.reset();
  }
}
