import type { IncomingHttpHeaders } from 'node:http';

import { describe, expect, test } from 'vitest';

import { checkAnswer, refusal } from '../../../src/lib/download/answer.ts';

const ASKED = { start: 100, end: 200, size: 1000, etag: '"a"' };
const WHOLE = { start: 0, end: 1000, size: 1000, etag: undefined };

describe('an answer', () => {
  test.each<[string, typeof ASKED | typeof WHOLE, number, IncomingHttpHeaders]>([
    ['the range asked for', ASKED, 206, { 'content-range': 'bytes 100-199/1000', etag: '"a"' }],
    [
      'the range asked for, of a length that fits',
      ASKED,
      206,
      { 'content-range': 'bytes 100-199/1000', 'content-length': '100', etag: '"a"' },
    ],
    ['a part of the range', ASKED, 206, { 'content-range': 'bytes 100-149/1000', etag: '"a"' }],
    [
      'a range of a file of unknown size',
      ASKED,
      206,
      { 'content-range': 'bytes 100-199/*', etag: '"a"' },
    ],
    ['the whole for the whole', WHOLE, 200, { 'content-length': '1000' }],
    ['the whole for the whole, of unknown length', WHOLE, 200, {}],
  ])('passes with %s', (_name, asked, status, headers) => {
    expect(() => checkAnswer(asked, status, headers)).not.toThrow();
  });

  test.each<[string, typeof ASKED | typeof WHOLE, number, IncomingHttpHeaders, string]>([
    ['another beginning', ASKED, 206, { 'content-range': 'bytes 99-199/1000' }, 'elsewhere'],
    ['another end', ASKED, 206, { 'content-range': 'bytes 100-200/1000' }, 'elsewhere'],
    [
      'an end before its beginning',
      ASKED,
      206,
      { 'content-range': 'bytes 100-99/1000' },
      'elsewhere',
    ],
    ['another size', ASKED, 206, { 'content-range': 'bytes 100-199/1001' }, 'elsewhere'],
    ['no range', ASKED, 206, {}, 'elsewhere'],
    ['a range of another unit', ASKED, 206, { 'content-range': 'pages 100-199/1000' }, 'elsewhere'],
    [
      'a body longer than its range',
      ASKED,
      206,
      { 'content-range': 'bytes 100-199/1000', 'content-length': '900' },
      'elsewhere',
    ],
    ['a compressed body', ASKED, 206, { 'content-encoding': 'gzip' }, 'elsewhere'],
    [
      'another entity tag',
      ASKED,
      206,
      { 'content-range': 'bytes 100-199/1000', etag: '"b"' },
      'anew',
    ],
    ['no entity tag any more', ASKED, 206, { 'content-range': 'bytes 100-199/1000' }, 'anew'],
    ['the whole for a part', ASKED, 200, { 'content-length': '1000' }, 'whole'],
    ['the whole of another size', WHOLE, 200, { 'content-length': '999' }, 'elsewhere'],
  ])('with %s is not believed', (_name, asked, status, headers, remedy) => {
    expect(() => checkAnswer(asked, status, headers)).toThrow(expect.objectContaining({ remedy }));
  });
});

describe('a refusal', () => {
  test.each<[number, IncomingHttpHeaders, string, number | undefined]>([
    [429, { ratelimit: '"resolvers";r=0;t=17' }, 'again', 18],
    [429, { 'retry-after': '5' }, 'again', 5],
    [503, { 'retry-after': '7' }, 'again', 7],
    [408, {}, 'again', undefined],
    [500, {}, 'again', undefined],
    [400, {}, 'elsewhere', undefined],
    [401, {}, 'elsewhere', undefined],
    [403, {}, 'elsewhere', undefined],
    [410, {}, 'elsewhere', undefined],
    [416, {}, 'elsewhere', undefined],
    [404, {}, 'never', undefined],
    [451, {}, 'never', undefined],
  ])('with %i and %o means: %s', (status, headers, remedy, waitSeconds) => {
    expect(refusal(status, headers, '')).toMatchObject({ remedy, status, waitSeconds });
  });

  test('holds the server’s words, short, on one line and without secrets', () => {
    const words = `<Error>\n<b>no</b>\u001B[2J Signature=abcdef ${'x'.repeat(900)}</Error>`;
    const { message } = refusal(403, {}, words);
    expect(message).toMatch(/^the server answered 403: no \[2J Signature=\[redacted\] x+$/u);
    expect(message.length).toBeLessThan(260);
  });
});
