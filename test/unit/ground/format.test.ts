import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  formatAge,
  formatAmount,
  formatCount,
  formatDiskSize,
  formatDuration,
  formatMemorySize,
  formatParameters,
  formatRate,
} from '../../../src/lib/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [4_661_212_672, '4.66 GB'],
  [12_345_678_901, '12.3 GB'],
  [123_456_789_012, '123 GB'],
  [1e15, '1.00 PB'],
  [1e18, '1000 PB'],
])('%d bytes on disk are %s', (bytes, text) => {
  expect(formatDiskSize(bytes)).toBe(text);
});

test.each([
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1_048_400, '1.00 MiB'],
  [8 * 1024 ** 3, '8.00 GiB'],
])('%d bytes in memory are %s', (bytes, text) => {
  expect(formatMemorySize(bytes)).toBe(text);
});

test('a rate is a size a second', () => {
  expect(formatRate(35_200_000)).toBe('35.2 MB/s');
});

test.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min 00 s'],
  [185, '3 min 05 s'],
  [8040, '2 h 14 min'],
  [200_000, '2 d 7 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

describe('ages', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  test.each([
    ['2026-11-21T11:59:30Z', 'just now'],
    ['2026-11-21T11:58:50Z', '1 minute ago'],
    ['2026-11-21T07:00:00Z', '5 hours ago'],
    ['2026-11-18T12:00:00Z', '3 days ago'],
    ['2026-10-30T12:00:00Z', '3 weeks ago'],
    ['2026-06-21T12:00:00Z', '5 months ago'],
    ['2023-11-20T12:00:00Z', '3 years ago'],
    ['2026-12-01T00:00:00Z', 'just now'],
  ])('%s', (moment, text) => {
    expect(formatAge(new Date(moment), now)).toBe(text);
  });
});

test('counts agree with their nouns', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'model'))).toEqual([
    '0 models',
    '1 model',
    '2 models',
  ]);
});

test.each([
  [950, '950'],
  [999.5, '1k'],
  [12_345, '12.3k'],
  [1e12, '1T'],
  [999_499_999_999_999, '999T'],
  [999_500_000_000_000, '1000T'],
  [1e15, '1000T'],
  [Number.MAX_SAFE_INTEGER, '9007T'],
])('%d downloads are %s', (count, text) => {
  expect(formatAmount(count)).toBe(text);
});

test('parameters beyond the last unit are told in it', () => {
  expect(formatParameters(2e15)).toBe('2000T');
});

test('a size never takes more than nine columns', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 9e17, noNaN: true }), (bytes) => {
      expect(formatDiskSize(bytes).length).toBeLessThanOrEqual(9);
      expect(formatMemorySize(bytes).length).toBeLessThanOrEqual(9);
    }),
  );
});
