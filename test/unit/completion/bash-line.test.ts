import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readBashLine } from '../../../src/lib/completion/bash-line.ts';

const BREAKS = ' \t\n"\'@><=;|&(:';

describe('a line of bash', () => {
  test.each([
    ['llamero ', [], '', 0, false],
    ['llamero pu', [], 'pu', 0, false],
    ['llamero pull a/b:Q', ['pull'], 'a/b:Q', 4, false],
    ['llamero pull a/b@Q', ['pull'], 'a/b@Q', 3, false],
    ['llamero run x --think=l', ['run', 'x'], '--think=l', 8, false],
    ['llamero run x --draft=a/b:Q', ['run', 'x'], '--draft=a/b:Q', 12, false],
    ['llamero run "a/b:Q', ['run'], 'a/b:Q', 0, true],
    ["llamero run 'a/b:Q", ['run'], 'a/b:Q', 0, true],
    ['llamero run --x="a b', ['run'], '--x=a b', 4, true],
    [String.raw`llamero run a\ b\:c`, ['run'], 'a b:c', 0, false],
    [String.raw`llamero run "a\"b" 'c\d' e`, ['run', 'a"b', String.raw`c\d`], 'e', 0, false],
    ['llamero  run\t"" ', ['run', ''], '', 0, false],
  ])('«%s» is %j and «%s»', (before, words, current, kept, quoted) => {
    expect(readBashLine(before, '', BREAKS)).toEqual({
      line: { before: words, current, after: [] },
      kept,
      quoted,
    });
  });

  test('where bash cuts at nothing, nothing is kept', () => {
    expect(readBashLine('llamero pull a/b:Q', '', ' \t\n').kept).toBe(0);
  });

  test('what stands behind the word at the cursor is told apart from it', () => {
    const { line } = readBashLine('llamero rm a', 'bc "d e" --yes', BREAKS);
    expect(line).toEqual({ before: ['rm'], current: 'a', after: ['d e', '--yes'] });
  });

  test('any text is read, and no more is kept than was typed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const { kept, line } = readBashLine(before, after, BREAKS);
        expect(kept).toBeLessThanOrEqual(line.current.length);
      }),
    );
  });

  test('words without meaning to bash come out as they went in', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9/:@.=-]+$/u);
    fc.assert(
      fc.property(fc.array(word), word, (words, current) => {
        const { line } = readBashLine(['llamero', ...words, current].join(' '), '', BREAKS);
        expect(line).toEqual({ before: words, current, after: [] });
      }),
    );
  });
});
