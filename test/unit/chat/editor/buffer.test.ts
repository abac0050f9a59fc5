import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { TextBuffer } from '../../../../src/lib/chat/editor/buffer.ts';
import { EDITING_KEYS } from '../../../../src/lib/chat/editor/bindings.ts';
import { graphemesOf } from '../../../../src/lib/chat/editor/graphemes.ts';
import { KillRing } from '../../../../src/lib/chat/editor/kill-ring.ts';

const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';
const FLAG = '\u{1F1E9}\u{1F1EA}';
const ACCENTED = 'e\u0301';

/** The text with `|` for the cursor after some keys; what is no key is typed. */
function after(start: string, ...keys: string[]): string {
  const cursor = start.indexOf('|');
  const buffer = new TextBuffer(new KillRing(), start.replace('|', ''));
  if (cursor !== -1) buffer.moveTo(cursor);
  press(buffer, keys);
  return shown(buffer);
}

function press(buffer: TextBuffer, keys: readonly string[]): void {
  for (const key of keys) {
    const act = EDITING_KEYS.get(key);
    if (act === undefined) buffer.insert(key);
    else act(buffer);
  }
}

function shown(buffer: TextBuffer): string {
  return `${buffer.before}|${buffer.after}`;
}

describe('moving and deleting', () => {
  test.each([
    ['one character back', 'ab|', ['left'], 'a|b'],
    ['at the beginning', '|ab', ['left'], '|ab'],
    ['at the end', 'ab|', ['right'], 'ab|'],
    ['over a family', `${FAMILY}|`, ['left'], `|${FAMILY}`],
    ['over a flag', `|${FLAG}${FLAG}`, ['right'], `${FLAG}|${FLAG}`],
    ['over an accent', `${ACCENTED}|x`, ['left'], `|${ACCENTED}x`],
    ['over a line end', 'a\n|b', ['left'], 'a|\nb'],
    ['out of an empty first line', '|\nb', ['right'], '\n|b'],
    ['to the beginning of the line', 'a\nbc|', ['ctrl+a'], 'a\n|bc'],
    ['to the end of the line', '|a\nbc', ['ctrl+e'], 'a|\nbc'],
    ['to the beginning of all', 'a\nbc|', ['ctrl+home'], '|a\nbc'],
    ['to the end of all', '|a\nbc', ['ctrl+end'], 'a\nbc|'],
    ['a word back', 'one two-three|', ['alt+b'], 'one two-|three'],
    ['a word back from blanks', 'one  |', ['ctrl+left'], '|one  '],
    ['a word on', '|one, two', ['alt+f', 'alt+f'], 'one, two|'],
    ['a word on behind the last', 'one|!', ['alt+f'], 'one!|'],
    ['a word of Chinese', '你好世界|', ['alt+b'], '你好|世界'],
    ['a family at once', `a${FAMILY}|`, ['backspace'], 'a|'],
    ['forward', '|ab', ['delete'], '|b'],
    ['a line end', 'a\n|b', ['backspace'], 'a|b'],
    ['nothing at the beginning', '|a', ['backspace'], '|a'],
  ])('%s', (_what, start, keys, end) => {
    expect(after(start, ...keys)).toBe(end);
  });

  test('a letter before an accent is joined to it, and the cursor stays between characters', () => {
    expect(after('|\u0301', 'e')).toBe(`${ACCENTED}|`);
    expect(after('e\n|\u0301', 'backspace')).toBe(`${ACCENTED}|`);
  });
});

describe('killing and yanking', () => {
  test.each([
    ['to the end of the line', 'a|bc\nd', ['ctrl+k'], 'a|\nd'],
    ['the line end', 'a|\nd', ['ctrl+k'], 'a|d'],
    ['to the beginning of the line', 'a\nbc|d', ['ctrl+u'], 'a\n|d'],
    ['the line end before', 'a\n|d', ['ctrl+u'], 'a|d'],
    ['up to a blank', 'see ./a-b/c  |', ['ctrl+w'], 'see |'],
    ['a word back', 'see ./a-b/c|', ['alt+backspace'], 'see ./a-b/|'],
    ['a word on', 'see |one two', ['alt+d'], 'see | two'],
    ['and yanked where it was', 'a|bc', ['ctrl+k', 'ctrl+y'], 'abc|'],
    ['kills in a row as one', 'one two|', ['ctrl+w', 'ctrl+w', 'ctrl+y'], 'one two|'],
    ['kills both ways as one', 'one |two', ['ctrl+w', 'ctrl+k', 'ctrl+y'], 'one two|'],
    ['apart after a move', 'one two|', ['ctrl+w', 'left', 'right', 'ctrl+w', 'ctrl+y'], 'one |'],
    [
      'what was killed before, instead',
      'one two|',
      ['ctrl+w', 'left', 'right', 'ctrl+w', 'ctrl+y', 'alt+y'],
      'two|',
    ],
    ['nothing at all', '|', ['ctrl+y'], '|'],
    ['only after a yank', 'ab|', ['alt+y'], 'ab|'],
  ])('%s', (_what, start, keys, end) => {
    expect(after(start, ...keys)).toBe(end);
  });

  test('what was killed is there for the next text', () => {
    const kills = new KillRing();
    press(new TextBuffer(kills, 'one two'), ['ctrl+w']);
    const next = new TextBuffer(kills);
    press(next, ['ctrl+y']);
    expect(next.text).toBe('two');
  });
});

describe('undo', () => {
  test.each([
    ['a word at a time', '|', ['o', 'n', 'e', ' ', 't', 'w', 'o', 'ctrl+_'], 'one |'],
    ['a word at a time, further', '|', ['o', 'n', ' ', 't', 'ctrl+_', 'ctrl+_'], '|'],
    ['deletions in a row', 'abc|', ['backspace', 'backspace', 'ctrl+_'], 'abc|'],
    ['a kill', 'a b|', ['ctrl+w', 'ctrl+_'], 'a b|'],
    ['a yank', 'a b|', ['ctrl+w', 'ctrl+y', 'ctrl+_'], 'a |'],
    ['nothing, harmlessly', 'a|', ['ctrl+_'], 'a|'],
  ])('%s', (_what, start, keys, end) => {
    expect(after(start, ...keys)).toBe(end);
  });
});

const TYPED = fc.constantFrom(
  'a',
  ' ',
  '\n',
  '\t',
  '\u0301',
  '\u200D',
  '\u{1F468}',
  '\u{1F3FD}',
  '\u{1F1E9}',
  '\u{1F1EA}',
  '한',
  '你好',
  '\uDC00',
  '\uFE0F',
);
const PRESSED = fc.array(fc.oneof(TYPED, fc.constantFrom(...EDITING_KEYS.keys())), {
  maxLength: 60,
});

describe('for all keys', () => {
  test('the cursor stands between characters', () => {
    fc.assert(
      fc.property(PRESSED, (keys) => {
        const buffer = new TextBuffer(new KillRing());
        for (const key of keys) {
          press(buffer, [key]);
          const borders = [0];
          for (const character of graphemesOf(buffer.text)) {
            borders.push((borders.at(-1) ?? 0) + character.length);
          }
          expect(borders).toContain(buffer.cursor);
        }
      }),
    );
  });

  test('everything can be undone', () => {
    fc.assert(
      fc.property(fc.array(TYPED), PRESSED, (start, keys) => {
        const buffer = new TextBuffer(new KillRing(), start.join(''));
        press(buffer, keys);
        for (const _ of keys) buffer.undo();
        expect(buffer.text).toBe(start.join(''));
      }),
    );
  });

  test('moving changes nothing', () => {
    const moves = [...EDITING_KEYS.keys()].filter((key) =>
      /(?:left|right|home|end|\+[abef])$/u.test(key),
    );
    fc.assert(
      fc.property(fc.array(TYPED), fc.array(fc.constantFrom(...moves)), (start, keys) => {
        const buffer = new TextBuffer(new KillRing(), start.join(''));
        press(buffer, keys);
        expect(buffer.text).toBe(start.join(''));
      }),
    );
  });
});
