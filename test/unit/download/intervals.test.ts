import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  addInterval,
  areIntervals,
  clipIntervals,
  frontierOf,
  gapsOf,
  type Interval,
  type Intervals,
  lengthOf,
  takeInterval,
} from '../../../src/lib/download/intervals.ts';

const SIZE = 40;

const interval = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([one, other]): Interval => [Math.min(one, other), Math.max(one, other)]);

const intervals = fc
  .array(interval, { maxLength: 8 })
  .map((list) => list.reduce<Intervals>(addInterval, []));

/** The same as a set of numbers, which has no cases to get wrong. */
function membersOf(list: readonly Interval[]): Set<number> {
  return new Set(
    list.flatMap(([start, end]) => Array.from({ length: end - start }, (_, at) => start + at)),
  );
}

describe('runs of bytes', () => {
  test('adding gives the bytes that are in either', () => {
    fc.assert(
      fc.property(intervals, interval, (list, added) => {
        const sum = addInterval(list, added);
        expect(membersOf(sum)).toEqual(membersOf([...list, added]));
        expect(areIntervals(sum, SIZE)).toBe(true);
      }),
    );
  });

  test('taking leaves the bytes that were not taken', () => {
    fc.assert(
      fc.property(intervals, interval, (list, taken) => {
        const rest = takeInterval(list, taken);
        const members = [...membersOf(list)].filter((byte) => byte < taken[0] || byte >= taken[1]);
        expect(membersOf(rest)).toEqual(new Set(members));
        expect(areIntervals(rest, SIZE)).toBe(true);
      }),
    );
  });

  test('a list and its gaps make the whole', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const gaps = gapsOf(list, SIZE);
        expect(lengthOf(list) + lengthOf(gaps)).toBe(SIZE);
        expect([...list, ...gaps].reduce<Intervals>(addInterval, [])).toEqual([[0, SIZE]]);
      }),
    );
  });

  test('the frontier is the first byte that is missing', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const members = membersOf(list);
        let first = 0;
        while (members.has(first)) first += 1;
        expect(frontierOf(list)).toBe(first);
      }),
    );
  });

  test('clipping keeps what lies below a length', () => {
    fc.assert(
      fc.property(intervals, fc.nat(SIZE), (list, length) => {
        const below = [...membersOf(list)].filter((byte) => byte < length);
        expect(membersOf(clipIntervals(list, length))).toEqual(new Set(below));
      }),
    );
  });

  test.each<[string, Intervals]>([
    [
      'out of order',
      [
        [5, 6],
        [0, 1],
      ],
    ],
    [
      'overlapping',
      [
        [0, 5],
        [4, 8],
      ],
    ],
    [
      'touching',
      [
        [0, 5],
        [5, 8],
      ],
    ],
    ['empty', [[3, 3]]],
    ['backwards', [[5, 3]]],
    ['behind the end', [[30, 41]]],
  ])('a list that is %s is none', (_name, list) => {
    expect(areIntervals(list, SIZE)).toBe(false);
  });
});
