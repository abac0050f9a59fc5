import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fitting } from '../../../src/views/chat-choose.ts';
import { listLines, wrapText } from '../../../src/views/chat-list.ts';
import { widthOf } from '../../../src/lib/chat/markdown/width.ts';

const ROWS = [
  ['/set', 'Show or change how answers are chosen, or how the model is loaded'],
  ['/模型', 'Go on with another model'],
] as const;

describe('a list', () => {
  test('has what is said beside the names, broken under itself', () => {
    expect(listLines(ROWS, 40)).toEqual([
      '/set   Show or change how answers are',
      '       chosen, or how the model is',
      '       loaded',
      '/模型  Go on with another model',
    ]);
  });

  test('has what is said below a name that is too wide', () => {
    const rows = [
      ['a-name-of-a-great-length', 'What it is'],
      ['short', 'More'],
    ] as const;
    expect(listLines(rows, 30)).toEqual([
      'a-name-of-a-great-length',
      '       What it is',
      'short  More',
    ]);
  });

  test('is never wider than the terminal but for its names', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 20, max: 200 }), (texts, columns) => {
        for (const line of listLines(
          texts.map((said) => ['name', said] as const),
          columns,
        )) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  test('lets no control character through', () => {
    expect(listLines([['a\u001B[2J', 'b\u0007\nc']], 80)).toEqual(['a[2J  b c']);
    expect(wrapText('a\u001B]0;b', 80)).toEqual(['a]0;b']);
  });
});

describe('choices', () => {
  const choices = ['user/alpha:Q4_K_M', 'user/beta:Q8_0', 'other/alphabet:Q8_0'].map((label) => ({
    value: label,
    label,
  }));

  test.each([
    ['', ['user/alpha:Q4_K_M', 'user/beta:Q8_0', 'other/alphabet:Q8_0']],
    ['alphab', ['other/alphabet:Q8_0']],
    ['OTHER', ['other/alphabet:Q8_0']],
    ['ub8', ['user/beta:Q8_0']],
    ['beta q8', ['user/beta:Q8_0']],
    ['xyz', []],
  ])('that fit %j', (term, labels) => {
    expect(fitting(choices, term).map(({ label }) => label)).toEqual(labels);
  });
});
