import { describe, expect, test } from 'vitest';

import { renewalTime } from '../../../src/lib/download/location.ts';
import { Meter } from '../../../src/lib/download/meter.ts';
import { RateLimit } from '../../../src/lib/download/rate-limit.ts';
import { Segment } from '../../../src/lib/download/segment.ts';
import { SlowWatch } from '../../../src/lib/download/slow.ts';
import { chooseSplit } from '../../../src/lib/download/steal.ts';
import { Tally } from '../../../src/lib/download/tally.ts';
import { Width } from '../../../src/lib/download/width.ts';

const MB = 1_000_000;

describe('when a URL is renewed', () => {
  const now = Date.UTC(2026, 0, 1, 12);
  const seconds = (count: number): string => String(now / 1000 + count);

  test.each([
    ['a minute and a half before CloudFront’s end', `Expires=${seconds(3600)}`, 3510],
    ['a minute and a half before S3’s end', 'X-Amz-Date=20260101T110000Z&X-Amz-Expires=7200', 3510],
    ['at three quarters of a short life', `Expires=${seconds(40)}`, 30],
    ['after a quarter hour when nothing is said', 'a=b', 900],
    ['after a quarter hour when a clock goes wrong', `Expires=${seconds(-60)}`, 900],
    ['after a quarter hour when what is said is no time', 'Expires=Thu,%2001%20Jan', 900],
  ])('%s', (_name, query, after) => {
    expect(renewalTime({ url: `https://cdn/x?${query}`, headers: {} }, now)).toBe(
      now + after * 1000,
    );
  });
});

describe('the rate limit', () => {
  test('lets the rate through over seconds, however the bytes come', () => {
    let now = 0;
    const limit = new RateLimit(10 * MB, () => now);
    let bytes = 0;
    for (let turn = 0; now < 10_000; turn += 1) {
      const piece = 1000 + ((turn * 7919) % 64_000);
      bytes += piece;
      now += limit.spend(piece);
    }
    expect(bytes / (now / 1000)).toBeGreaterThan(9.8 * MB);
    expect(bytes / (now / 1000)).toBeLessThan(10.2 * MB);
  });

  test('a long silence saves up no more than a moment', () => {
    let now = 0;
    const limit = new RateLimit(10 * MB, () => now);
    now = 60_000;
    expect(limit.spend(10 * MB)).toBeGreaterThan(850);
  });
});

describe('failures in a row', () => {
  test('an outage that breaks all connections counts once', () => {
    const tally = new Tally();
    expect([10, 20, 30].map((now) => tally.failure(0, now))).toEqual([1, 1, 1]);
    expect([50, 60].map((now) => tally.failure(40, now))).toEqual([2, 2]);
  });

  test('progress between failures forgives them', () => {
    const tally = new Tally();
    tally.failure(0, 1);
    tally.failure(2, 3);
    tally.progress(2 * MB);
    expect(tally.failure(4, 5)).toBe(1);
  });

  test('progress that is lost with the failure does not', () => {
    const tally = new Tally();
    tally.failure(0, 1, false);
    tally.progress(2 * MB);
    expect(tally.failure(2, 3, false)).toBe(2);
  });
});

describe('the measure of a connection', () => {
  test('is its speed while the server is waited for', () => {
    let now = 0;
    const meter = new Meter(() => now);
    for (let turn = 0; turn < 20; turn += 1) {
      meter.wait();
      now += 100;
      meter.pause(MB / 10);
      meter.sample();
    }
    expect(meter.rate).toBeCloseTo(MB, -3);
  });

  test('says nothing while we hold the connection back', () => {
    let now = 0;
    const meter = new Meter(() => now);
    meter.wait();
    now += 10;
    meter.pause(5);
    now += 990;
    meter.sample();
    expect(meter.rate).toBeUndefined();
    expect(meter.silence).toBe(0);
  });

  test('tells how long the server has been silent, whatever was sampled since', () => {
    let now = 0;
    const meter = new Meter(() => now);
    meter.wait();
    now = 600;
    meter.sample();
    now = 1000;
    expect(meter.silence).toBe(1000);
  });
});

describe('slow connections', () => {
  const [first, second, third] = [{}, {}, {}];

  test('a tenth of the others’ speed for a time is slow', () => {
    const watch = new SlowWatch<object>();
    const rates = new Map([
      [first, MB],
      [second, 99_000],
      [third, 2 * MB],
    ]);
    expect(watch.find(rates, 0, 5)).toEqual([]);
    expect(watch.find(rates, 4900, 5)).toEqual([]);
    expect(watch.find(rates, 5000, 5)).toEqual([second]);
    expect(watch.find(rates, 5100, 5)).toEqual([]);
  });

  test('a moment of speed begins the time anew', () => {
    const watch = new SlowWatch<object>();
    const slow = new Map([
      [first, MB],
      [second, 50_000],
    ]);
    watch.find(slow, 0, 5);
    watch.find(
      new Map([
        [first, MB],
        [second, MB],
      ]),
      3000,
      5,
    );
    expect(watch.find(slow, 5000, 5)).toEqual([]);
  });

  test('one alone is not slow, whatever its speed', () => {
    const watch = new SlowWatch<object>();
    watch.find(new Map([[first, 1]]), 0, 5);
    expect(watch.find(new Map([[first, 1]]), 9000, 5)).toEqual([]);
  });
});

describe('sharing what is left', () => {
  const runner = (start: number, end: number, rate: number | undefined) => ({
    segment: new Segment(start, end),
    rate,
  });

  test('both end at about the same time', () => {
    const slow = runner(0, 16 * MB, MB);
    const split = chooseSplit([slow], 3 * MB);
    expect(split?.runner).toBe(slow);
    expect(split?.at).toBe(4 * MB);
  });

  test('the part that would end last is shared', () => {
    const slow = runner(0, 4 * MB, 10_000);
    expect(chooseSplit([runner(9 * MB, 99 * MB, 10 * MB), slow], MB)?.runner).toBe(slow);
  });

  test.each([
    ['ends within a second', runner(0, 16 * MB, 20 * MB)],
    ['is small', runner(0, 100_000, 10)],
    ['nothing is known of', runner(0, 16 * MB, undefined)],
  ])('a part that %s is left alone', (_name, one) => {
    expect(chooseSplit([one], MB)).toBeUndefined();
  });

  test('a connection that stands still keeps next to nothing', () => {
    expect(chooseSplit([runner(0, 16 * MB, 0)], MB)?.at).toBeLessThan(20_000);
  });
});

describe('the number of connections', () => {
  /** Lets an hour of ticks pass at a speed that depends on the number of connections. */
  function run(width: Width, rateOf: (width: number) => number, seconds: number): number[] {
    const seen: number[] = [];
    let bytes = 0;
    for (let now = 0; now <= seconds * 1000; now += 250) {
      bytes += rateOf(width.width) / 4;
      width.look(now, bytes, true);
      seen.push(width.width);
    }
    return seen;
  }

  test('grows to four while each one brings more', () => {
    const seen = run(new Width(undefined), (width) => width * MB, 20);
    expect([seen[0], seen.at(-1)]).toEqual([2, 4]);
    expect(Math.max(...seen)).toBe(4);
  });

  test('goes back when another one brings nothing', () => {
    const seen = run(new Width(undefined), () => MB, 20);
    expect(seen.at(-1)).toBe(2);
    expect(Math.max(...seen)).toBe(3);
  });

  test('stays what was asked for', () => {
    expect(new Set(run(new Width(8), () => MB, 20))).toEqual(new Set([8]));
  });
});
