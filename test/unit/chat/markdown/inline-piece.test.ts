import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { firstPiece, LONGEST_PIECE } from '../../../../src/lib/chat/markdown/inline-piece.ts';
import { markdown } from './streaming.ts';

describe('a piece', () => {
  test.each([
    ['word and', 'word'],
    ['**bold words** and', '**bold words**'],
    ['**bold *and* `c` words**, and', '**bold *and* `c` words**,'],
    ['`a b` c', '`a b`'],
    ['``a ` b`` c', '``a ` b``'],
    ['[a b](http://c/d "e f") g', '[a b](http://c/d "e f")'],
    ['[a b] c', '[a b]'],
    ['<a b="c d"> e', '<a b="c d">'],
    ['a < b', 'a'],
    ['~~a b~~ c', '~~a b~~'],
    ['~5 and ~6', '~5'],
    ['2 * 3 * 4', '2'],
    ['* 3 * 4', '*'],
    ['snake_case and_so on', 'snake_case'],
    ['$a b$ c', '$a b$'],
    ['\\(a b\\) c', '\\(a b\\)'],
    ['\\* a', '\\*'],
    ['日本語', '日'],
  ])('%j begins with %j', (text, piece) => {
    const found = firstPiece(text, 0);
    expect(found.settled && text.slice(0, found.end)).toBe(piece);
  });

  test.each([
    ['word', ''],
    ['**bold words', '**'],
    ['**bold *and', '***'],
    ['`a b', '`'],
    ['**a `b', '`**'],
    ['[a b', ''],
    ['[a b](http://c', ''],
    ['~~gone', '~~'],
    ['$a b', ''],
    // One more star could follow.
    ['**a**', '**'],
  ])('of %j is not settled; %j would close it', (text, closers) => {
    expect(firstPiece(text, 0)).toStrictEqual({ settled: false, closers });
  });

  test('depends on the text alone, not on how much of it is there', () => {
    fc.assert(
      fc.property(markdown, fc.nat(400), (text, length) => {
        fc.pre(/^\S/u.test(text));
        const early = firstPiece(text.slice(0, length + 1), 0);
        if (early.settled) expect(firstPiece(text, 0)).toStrictEqual(early);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['**', '[', '`', '[a](', '$$', '<a '])(
    'has a bound, whatever it begins with: %s',
    (mark) => {
      const text = mark + 'words and more words '.repeat(100);
      const found = firstPiece(text, 0);
      expect(found.settled ? found.end : Infinity).toBeLessThanOrEqual(LONGEST_PIECE);
      const later = firstPiece(text + mark, 0);
      expect(later).toStrictEqual(found);
    },
  );
});
