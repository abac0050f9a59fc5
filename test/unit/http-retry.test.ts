import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { askedWait, pauseAfter } from '../../src/lib/http/retry.ts';

/** As GitHub counts: the end of the hour in seconds since 1970. */
function hourly(remaining: string, reset: string): Record<string, string> {
  return { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset };
}

describe('the wait that an answer asks for', () => {
  test.each([
    ['nothing said', 429, {}, undefined],
    ['a window that is used up, and a second', 429, { ratelimit: '"resolvers";r=0;t=172' }, 173],
    ['a window that is not', 429, { ratelimit: '"api";r=3;t=172' }, undefined],
    ['the longest of several', 429, { ratelimit: '"api";r=0;t=5, "pages";r=0;t=9' }, 10],
    ['only the used up ones', 429, { ratelimit: '"api";r=0;t=5, "pages";r=8;t=90' }, 6],
    ['the window before Retry-After', 429, { ratelimit: '"a";r=0;t=5', 'retry-after': '1' }, 6],
    ['Retry-After beside an open window', 429, { ratelimit: '"a";r=2;t=5', 'retry-after': '1' }, 1],
    ['no window on other errors', 503, { ratelimit: '"a";r=0;t=5' }, undefined],
    ['seconds', 503, { 'retry-after': ' 120 ' }, 120],
    ['a date to come', 503, { 'retry-after': 'Thu, 01 Jan 1970 00:01:30 GMT' }, 30],
    ['a date gone by', 503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:01 GMT' }, 0],
    ['a negative number', 503, { 'retry-after': '-5' }, undefined],
    ['a number beyond all bounds', 503, { 'retry-after': '99999999999999' }, undefined],
    ['nonsense', 503, { 'retry-after': 'soon' }, undefined],
    ['an hour that is used up', 429, hourly('0', '90'), 30],
    ['an hour that is over', 429, hourly('0', '59'), 0],
    ['an hour that is not used up', 429, hourly('1', '90'), undefined],
    ['an hour of no end', 429, hourly('0', 'soon'), undefined],
    ['no hour on other errors', 503, hourly('0', '90'), undefined],
    ['Retry-After before the hour', 429, { ...hourly('0', '90'), 'retry-after': '7' }, 7],
  ])('%s', (_name, status, headers, seconds) => {
    expect(askedWait(status, new Headers(headers), 60_000)).toBe(seconds);
  });

  test('is a whole answer or none for any header text', () => {
    const text = fc.string().filter((value) => !/[^\u0020-\u007E]/u.test(value));
    fc.assert(
      fc.property(text, text, (ratelimit, retryAfter) => {
        const headers = new Headers({ ratelimit, 'retry-after': retryAfter });
        const seconds = askedWait(429, headers, 0);
        expect(seconds === undefined || (seconds >= 0 && Number.isFinite(seconds))).toBe(true);
      }),
    );
  });
});

test('the pause between tries grows, is spread, and stays below 12 seconds', () => {
  expect([1, 2, 3, 4, 5].map((attempt) => pauseAfter(attempt, 0.5))).toEqual([
    0.3, 0.6, 1.2, 2.4, 4.8,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, random) => {
        expect(pauseAfter(n, random)).toBeGreaterThan(0);
        expect(pauseAfter(n, random)).toBeLessThan(12);
      },
    ),
  );
});
