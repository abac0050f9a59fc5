import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerText } from '../../../src/lib/chat/answer-text.ts';
import { joinPrompt } from '../../../src/lib/chat/conversation.ts';
import { stripControls } from '../../../src/lib/plain-text.ts';

test.each([
  ['ask', undefined, 'ask'],
  ['', 'text\n', 'text'],
  ['ask', 'text\n\n', 'ask\n\ntext'],
  ['ask', '', 'ask'],
  [undefined, ' \n', ''],
  [undefined, undefined, ''],
])('a prompt of %j and %j is %j', (argument, piped, expected) => {
  expect(joinPrompt(argument, piped)).toBe(expected);
});

describe('the text of an answer', () => {
  function shownOf(pieces: readonly string[]): string {
    let shown = '';
    const answer = new AnswerText((text) => {
      shown += text;
    });
    for (const piece of pieces) answer.add(piece);
    answer.end();
    return shown;
  }

  test.each([
    [['\n\n', ' Hello', ' you'], 'Hello you\n'],
    [['ends\n'], 'ends\n'],
    [['\u001B', ']0;title\u0007', 'x'], ']0;titlex\n'],
    [['a\u001B[3', '1mb\r'], 'a[31mb\n'],
    [['abc\u202Etxt'], 'abctxt\n'],
    [[], ''],
    [[' ', '\n'], ''],
  ])('%j is shown as %j', (pieces, shown) => {
    expect(shownOf(pieces)).toBe(shown);
  });

  test('is the same however it is cut, and never holds a control character', () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\u001B', '\u009B', '\u0007', '\r', '\b', '[31m', '\n', '\u202E'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(hostile), (pieces) => {
        const shown = shownOf(pieces);
        expect(shown).toBe(shownOf([pieces.join('')]));
        expect(stripControls(shown)).toBe(shown);
        expect(shown).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/u);
      }),
    );
  });
});
