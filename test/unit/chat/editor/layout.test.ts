import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fitWidth, graphemesOf, widthOf } from '../../../../src/lib/chat/editor/graphemes.ts';
import { type Layout, layOut, stopBeside } from '../../../../src/lib/chat/editor/layout.ts';

const MARK = '\uDC00';

function rowsOf(text: string, columns: number, cursor = text.length): Layout {
  return layOut(text, cursor, {
    columns,
    prompt: '>>> ',
    continuation: '... ',
    labelOf: (character) => (character === MARK ? '[Pasted #1: 42 lines]' : undefined),
    styleLabel: (label) => label,
  });
}

describe('rows', () => {
  test.each([
    ['one line', 'abc', 10, ['>>> abc'], [0, 7]],
    ['lines', 'abc\nd', 10, ['>>> abc', '... d'], [1, 5]],
    ['a line too long', 'abcdefgh', 10, ['>>> abcdef', 'gh'], [1, 2]],
    ['a full row and the cursor', 'abcdef', 10, ['>>> abcdef', ''], [1, 0]],
    ['a full row and a line', 'abcdef\ng', 10, ['>>> abcdef', '', '... g'], [2, 5]],
    ['a wide character at the edge', 'abcde你', 10, ['>>> abcde', '你'], [1, 2]],
    ['a tab', '\ta', 20, ['>>>     a'], [0, 9]],
    ['an accent', 'e\u0301', 10, ['>>> e\u0301'], [0, 5]],
    ['a paste', `a${MARK}b`, 40, ['>>> a[Pasted #1: 42 lines]b'], [0, 27]],
    ['a paste cut', MARK, 12, ['>>> [Pasted ', '#1: 42 lines', ']'], [2, 1]],
    ['a screen too narrow for the prompt', 'ab', 5, ['ab'], [0, 2]],
    ['the narrowest screen', '你a', 1, ['你', 'a', ''], [2, 0]],
  ])('%s', (_what, text, columns, rows, [row, column]) => {
    const layout = rowsOf(text, columns);
    expect(layout.rows).toEqual(rows);
    expect(layout.cursor).toEqual({ row, column });
  });

  test('without an edge there is a row a line', () => {
    expect(rowsOf(`${'x'.repeat(500)}\ny`, Number.POSITIVE_INFINITY).rows).toEqual([
      `>>> ${'x'.repeat(500)}`,
      '... y',
    ]);
  });
});

describe('up and down', () => {
  test.each([
    ['up, to the same column', 'abcdef\nxyz', 10, -1, 7, 3],
    ['up, to the end of a shorter line', 'a\nxyz', 5, -1, 7, 1],
    ['down, to the same column', 'abc\nxyz', 1, 1, 5, 5],
    ['from the first row', 'abc', 1, -1, 5, undefined],
    ['from the last row', 'abc', 1, 1, 5, undefined],
  ] as const)('%s', (_what, text, cursor, step, column, offset) => {
    expect(stopBeside(rowsOf(text, 80, cursor), step, column)?.offset).toBe(offset);
  });

  test('over the rows of a paste that no cursor stands in', () => {
    const layout = rowsOf(`${MARK}x`, 8);
    expect(layout.rows.length).toBeGreaterThan(3);
    expect(stopBeside(layout, -1, 0)?.offset).toBe(0);
  });
});

const TEXTS = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\t',
    '你',
    'e\u0301',
    '\u200D',
    '\u{1F600}',
    '\u{1F1E9}',
    MARK,
  ),
  maxLength: 80,
});

describe('for all texts and widths', () => {
  test('no row is wider than the screen, and every place is on it', () => {
    fc.assert(
      fc.property(TEXTS, fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const { rows, stops } = rowsOf(text, columns);
        for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(columns);
        for (const stop of stops) {
          expect(stop.column).toBeLessThan(columns);
          expect(stop.row).toBeLessThan(rows.length);
        }
      }),
    );
  });

  test('every border between characters has one place, and the places go down and right', () => {
    fc.assert(
      fc.property(TEXTS, fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const { stops } = rowsOf(text, columns);
        expect(stops).toHaveLength(graphemesOf(text).length + 1);
        for (const [index, stop] of stops.entries()) {
          const before = stops[index - 1];
          if (before === undefined) continue;
          expect(stop.offset).toBeGreaterThan(before.offset);
          expect(stop.row * 1000 + stop.column).toBeGreaterThanOrEqual(
            before.row * 1000 + before.column,
          );
        }
      }),
    );
  });

  test('nothing of the text is lost or added but prompts, tabs and labels', () => {
    fc.assert(
      fc.property(TEXTS, fc.integer({ min: 8, max: 40 }), (text, columns) => {
        const whole = rowsOf(text, columns)
          .rows.join('')
          .replaceAll(/>>> |\.\.\. /gu, '');
        const label = '[Pasted #1: 42 lines]';
        expect(whole).toBe(
          text.replaceAll('\n', '').replaceAll('\t', '    ').replaceAll(MARK, label),
        );
      }),
    );
  });

  test('a text is cut to a width', () => {
    fc.assert(
      fc.property(TEXTS, fc.integer({ min: 0, max: 40 }), (text, columns) => {
        expect(widthOf(fitWidth(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
    expect(fitWidth('abcdef', 4)).toBe('abc…');
    expect(fitWidth('abcd', 4)).toBe('abcd');
  });
});
