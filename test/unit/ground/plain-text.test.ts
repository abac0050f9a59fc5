import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  arePlainLines,
  isPlainLine,
  oneLine,
  redact,
  stripControls,
} from '../../../src/lib/plain-text.ts';

test.each([
  ['plain text\n\twith lines', 'plain text\n\twith lines'],
  ['\u001B[31mred\u001B[0m', '[31mred[0m'],
  ['title\u001B]0;evil\u0007', 'title]0;evil'],
  ['back\u0008space\rreturn', 'backspacereturn'],
  ['c1\u009B31m', 'c131m'],
  ['evil\u202Etxt.exe', 'eviltxt.exe'],
  ['日本語 und Ümläute 🦙', '日本語 und Ümläute 🦙'],
])('%j is shown as %j', (text, shown) => {
  expect(stripControls(text)).toBe(shown);
});

test('nothing that controls a terminal passes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(stripControls(text)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/u);
      expect(oneLine(text)).not.toMatch(/[\p{Cc}]/u);
    }),
  );
});

test('one look at many lines tells what a look at each does', () => {
  const text = fc.string({ unit: fc.constantFrom(' ', 'a', '~', '\n', '\r', '\t', 'é', '\u2028') });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
      expect(arePlainLines(texts)).toBe(texts.every(isPlainLine));
      expect(texts.every(isPlainLine)).toBe(
        texts.every((each) => oneLine(each) === each && /^[ -~]*$/u.test(each)),
      );
    }),
    { numRuns: 2000 },
  );
  expect(arePlainLines([])).toBe(true);
});

test.each([
  ['token hf_abcdefghijklmnop used', 'token [redacted] used'],
  ['Authorization: Bearer abc.def', 'Authorization: [redacted]'],
  [
    'https://cdn/x?Expires=1&Signature=abc-123&Key-Pair-Id=K',
    'https://cdn/x?Expires=1&Signature=[redacted]&Key-Pair-Id=K',
  ],
])('%s is redacted', (text, shown) => {
  expect(redact(text)).toBe(shown);
});
