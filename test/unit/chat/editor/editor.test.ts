import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { ProcessHooks } from '../../../../src/lib/chat/editor/process-hooks.ts';
import { EditorScreen, KEYS, pasted } from './screen.ts';

const LINES = Array.from({ length: 42 }, (_, index) => `line ${index}`).join('\n');
const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';

function text(sent: string): object {
  return { type: 'text', text: sent };
}

describe('a line', () => {
  test('is shown while it is typed, sent by Enter and stays on the screen', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    await screen.type('hello');
    expect(screen.seen).toEqual(['>>> hello|']);
    expect(screen.isHeld).toBe(true);
    await screen.type('\r');
    expect(await asked).toEqual(text('hello'));
    expect(screen.seen).toEqual(['>>> hello', '|']);
    expect(screen.history).toEqual(['hello']);
    expect(screen.isHeld).toBe(true);
    await screen.close();
    expect(screen.isHeld).toBe(false);
  });

  test('can be edited in the middle', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('helo', KEYS.left, 'l', KEYS.home, 'o', '\r')).toEqual(
      text('ohello'),
    );
  });

  test('begins with a text, or shows what might be typed', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ', { initial: 'a', placeholder: '/help lists commands' });
    await screen.settle();
    expect(screen.seen).toEqual(['>>> a|']);
    await screen.type(KEYS.backspace);
    expect(screen.seen).toEqual(['>>> |/help lists commands']);
    await screen.type('b\r');
    expect(await asked).toEqual(text('b'));
    expect(screen.seen).toEqual(['>>> b', '|']);
  });

  test('that is empty is no prompt to remember', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('  \r')).toEqual(text('  '));
    expect(screen.history).toEqual([]);
  });

  test('a second question at once is refused', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    await expect(screen.editor.ask('>>> ')).rejects.toThrow('one question at a time');
    await screen.type('\r');
    await asked;
  });

  test('each key is one write, and a key that changes nothing none', async () => {
    const screen = new EditorScreen(20, 10);
    const asked = screen.editor.ask('>>> ');
    await screen.type('a long line that is wrapped');
    const before = screen.writes.length;
    await screen.type('x', KEYS.left, KEYS.backspace, KEYS.ctrlW);
    expect(screen.writes.length - before).toBe(4);
    await screen.type(KEYS.ctrlA);
    const home = screen.writes.length;
    await screen.type(KEYS.left, '\u001B[15~');
    expect(screen.writes.length).toBe(home);
    await screen.type('\r');
    await asked;
  });
});

describe('several lines', () => {
  test.each([
    ['Ctrl+J', ['one', KEYS.ctrlJ, 'two', '\r']],
    ['Alt+Enter', ['one', KEYS.altReturn, 'two', '\r']],
    ['Shift+Enter', ['one', KEYS.shiftReturn, 'two', '\r']],
    ['a backslash', ['one\\', '\r', 'two', '\r']],
    ['quotes', ['"""one', '\r', 'two"""', '\r']],
    ['a paste', [pasted('one\ntwo'), '\r']],
    ['a paste without marks', ['one\rtwo\r', '\r']],
  ])('by %s', async (_how, chunks) => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer(...chunks)).toEqual(text('one\ntwo'));
    expect(screen.seen).toEqual([
      expect.stringMatching(/^>>> .*one/u),
      expect.stringMatching(/^\.\.\. two/u),
      '|',
    ]);
  });

  test('up and down go through them, and beyond them through prompts of before', async () => {
    const screen = new EditorScreen(60, 10);
    screen.history.push('older', 'newer');
    const asked = screen.editor.ask('>>> ');
    await screen.type('first', KEYS.ctrlJ, 'second', KEYS.up);
    expect(screen.seen).toEqual(['>>> first|', '... second']);
    await screen.type(KEYS.up);
    expect(screen.seen).toEqual(['>>> newer|']);
    await screen.type(KEYS.up, KEYS.up);
    expect(screen.seen).toEqual(['>>> older|']);
    await screen.type(KEYS.down, KEYS.down);
    expect(screen.seen).toEqual(['>>> first', '... second|']);
    await screen.type('\r');
    expect(await asked).toEqual(text('first\nsecond'));
  });

  test('a column is kept over shorter lines', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    await screen.type('a long one', KEYS.ctrlJ, 'b', KEYS.ctrlJ, 'c long two', KEYS.up, KEYS.up);
    expect(screen.seen).toEqual(['>>> a long one|', '... b', '... c long two']);
    await screen.type('\r');
    await asked;
  });

  test('taller than the screen, the part around the cursor is shown, and all of it in the end', async () => {
    const screen = new EditorScreen(30, 5);
    await screen.print('above\r\n');
    const asked = screen.editor.ask('>>> ');
    for (let line = 0; line < 9; line += 1) await screen.type(`line ${line}`, KEYS.ctrlJ);
    expect(screen.seen.slice(-5)).toEqual([
      '... line 5',
      '... line 6',
      '... line 7',
      '... line 8',
      '... |',
    ]);
    for (let line = 0; line < 9; line += 1) await screen.type(KEYS.up);
    expect(screen.seen.slice(-5)).toEqual([
      '>>> |line 0',
      '... line 1',
      '... line 2',
      '... line 3',
      '... line 4',
    ]);
    await screen.type('\r');
    await asked;
    expect(screen.seen[0]).toBe('above');
    expect(screen.seen.slice(-11)).toEqual([
      '>>> line 0',
      ...Array.from({ length: 8 }, (_, line) => `... line ${line + 1}`),
      '... ',
      '|',
    ]);
  });
});

describe('characters of all widths', () => {
  test.each([60, 200])('wide ones at the edge of %i columns', async (columns) => {
    const screen = new EditorScreen(columns, 10);
    const asked = screen.editor.ask('>>> ');
    const room = columns - '>>> '.length;
    await screen.type('x'.repeat(room - 1));
    expect(screen.seen).toEqual([`>>> ${'x'.repeat(room - 1)}|`]);
    await screen.type('你');
    expect(screen.seen).toEqual([`>>> ${'x'.repeat(room - 1)}`, '你|']);
    await screen.type(KEYS.left);
    expect(screen.seen).toEqual([`>>> ${'x'.repeat(room - 1)}`, '|你']);
    await screen.type(KEYS.backspace);
    expect(screen.seen).toEqual([`>>> ${'x'.repeat(room - 2)}|你`]);
    await screen.type('\r');
    expect(await asked).toEqual(text(`${'x'.repeat(room - 2)}你`));
  });

  test('a full row has the cursor on the next', async () => {
    const screen = new EditorScreen(10, 5);
    const asked = screen.editor.ask('>>> ');
    await screen.type('abcdef');
    expect(screen.seen).toEqual(['>>> abcdef', '|']);
    await screen.type('\r');
    await asked;
    expect(screen.seen).toEqual(['>>> abcdef', '|']);
  });

  test('an emoji that comes in pieces is one character', async () => {
    const screen = new EditorScreen(60, 5);
    const asked = screen.editor.ask('>>> ');
    await screen.type('a', ...Array.from(FAMILY), 'b', KEYS.left, KEYS.left);
    expect(screen.seen).toEqual([`>>> a|${FAMILY}b`]);
    await screen.type(KEYS.right, KEYS.backspace, '\r');
    expect(await asked).toEqual(text('ab'));
  });

  test('a character cut in two by the stream is put together', async () => {
    const screen = new EditorScreen(60, 5);
    const asked = screen.editor.ask('>>> ');
    const bytes = Buffer.from('ü€😀\r');
    for (const byte of bytes) {
      screen.keyboard.write(Buffer.from([byte]));
      await screen.settle();
    }
    expect(await asked).toEqual(text('ü€😀'));
  });

  test('whatever is typed, the screen shows what is sent', { timeout: 60_000 }, async () => {
    const characters = fc.constantFrom(
      'a',
      ' ',
      '你',
      'é',
      FAMILY,
      '😀',
      KEYS.left,
      KEYS.right,
      KEYS.up,
      KEYS.down,
      KEYS.backspace,
      KEYS.ctrlJ,
      KEYS.home,
      KEYS.ctrlW,
      KEYS.ctrlY,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(characters, { maxLength: 40 }),
        fc.integer({ min: 8, max: 30 }),
        async (keys, columns) => {
          const screen = new EditorScreen(columns, 50);
          await screen.print('above\r\n');
          const asked = screen.editor.ask('>>> ');
          await screen.type(...keys);
          const seen = screen.seen.join('');
          await screen.type(KEYS.shiftReturn, '\r');
          const input = await asked;
          const sent = input.type === 'text' ? input.text : '';
          const bare = (shown: string): string => shown.replaceAll(/>>>|\.\.\.|[\s|]/gu, '');
          expect(bare(seen)).toBe(bare(`above${sent}`));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('pastes', () => {
  test('long ones are folded to a label, sent whole and deleted at once', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    await screen.type('see ', pasted(LINES), '!');
    expect(screen.seen).toEqual(['>>> see [Pasted #1: 42 lines]!|']);
    await screen.type(KEYS.left, KEYS.backspace);
    expect(screen.seen).toEqual(['>>> see |!']);
    await screen.type(pasted(LINES), '\r');
    expect(await asked).toEqual(text(`see ${LINES}!`));
    expect(screen.history).toEqual([`see ${LINES}!`]);
  });

  test('a draft with one is the same after a look at prompts of before', async () => {
    const screen = new EditorScreen(60, 10);
    screen.history.push('older');
    const asked = screen.editor.ask('>>> ');
    await screen.type(pasted(LINES), KEYS.up, KEYS.down);
    expect(screen.seen).toEqual(['>>> [Pasted #1: 42 lines]|']);
    await screen.type('\r');
    expect(await asked).toEqual(text(LINES));
  });

  test('one that was killed comes back in the next question', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer(pasted(LINES), KEYS.ctrlU, '\r');
    expect(await screen.answer(KEYS.ctrlY, '\r')).toEqual(text(LINES));
  });

  test('control characters in one never reach the screen', async () => {
    const screen = new EditorScreen(60, 10);
    const hostile = '\u001B]0;title\u0007\u009B31m\u202Eevil\u0000';
    expect(await screen.answer(pasted(hostile), '\r')).toEqual(text(']0;title31mevil'));
    const sequences = screen.writes.join('').split('\u001B').slice(1);
    for (const sequence of sequences) expect(sequence).toMatch(/^\[[?<>]?\d*[A-Za-z]/u);
    expect(screen.writes.join('')).not.toMatch(
      /[\u0000-\u0009\u000B\u000C\u000E-\u001A\u0080-\u009F]/u,
    );
  });

  test('control characters in prompts of before and in drafts are dropped', async () => {
    const screen = new EditorScreen(60, 10);
    screen.history.push('a\u001B[31mb');
    const asked = screen.editor.ask('>>> ', { initial: '\u009Bx' });
    await screen.type(KEYS.up, KEYS.down);
    expect(screen.seen).toEqual(['>>> x|']);
    await screen.type(KEYS.ctrlR, 'b');
    expect(screen.seen[0]).toBe('>>> a[31m|b');
    await screen.type('\r');
    expect(await asked).toEqual(text('a[31mb'));
  });
});

describe('prompts of before', () => {
  test('are searched as the query is typed', async () => {
    const screen = new EditorScreen(100, 10);
    screen.history.push('tell me of Rome', 'and of Paris', 'thanks');
    const asked = screen.editor.ask('>>> ');
    await screen.type('draft', KEYS.ctrlR, 'of');
    expect(screen.seen).toEqual([
      '>>> and |of Paris',
      'search: of  Ctrl+R older, Enter sends, Tab edits, Esc leaves',
    ]);
    await screen.type(KEYS.ctrlR);
    expect(screen.seen[0]).toBe('>>> tell me |of Rome');
    await screen.type('x');
    expect(screen.seen[1]).toMatch(/^no prompt holds: ofx/u);
    await screen.type(KEYS.escape);
    expect(screen.seen).toEqual(['>>> draft|']);
    await screen.type(KEYS.ctrlR, 'rome', KEYS.tab, '!');
    expect(screen.seen).toEqual(['>>> tell me of !|Rome']);
    await screen.type(KEYS.ctrlR, 'thank', '\r');
    expect(await asked).toEqual(text('thanks'));
  });
});

describe('completion', () => {
  const words = ['/help', '/hello', '/history', '/bye', '/exit\u0007'];

  async function complete(before: string): Promise<{ from: number; choices: string[] }> {
    const from = before.lastIndexOf(' ') + 1;
    return { from, choices: words.filter((word) => word.startsWith(before.slice(from))) };
  }

  test('puts in what is clear, lists the rest and turns through it', async () => {
    const screen = new EditorScreen(60, 10, { complete });
    const asked = screen.editor.ask('>>> ');
    await screen.type('/hel', KEYS.left, KEYS.left, KEYS.tab);
    expect(screen.seen).toEqual(['>>> /h|el', '/help     /hello    /history']);
    await screen.type(KEYS.right, KEYS.right, KEYS.tab);
    expect(screen.seen).toEqual(['>>> /hel|', '/help   /hello']);
    await screen.type(KEYS.tab, KEYS.tab);
    expect(screen.seen[0]).toBe('>>> /hello|');
    await screen.type(KEYS.tab);
    expect(screen.seen[0]).toBe('>>> /hel|');
    await screen.type(KEYS.shiftTab);
    expect(screen.seen[0]).toBe('>>> /hello|');
    await screen.type(KEYS.escape);
    expect(screen.seen).toEqual(['>>> /hel|']);
    await screen.type(KEYS.tab, KEYS.tab, ' me');
    expect(screen.seen).toEqual(['>>> /help me|']);
    await screen.type('\r');
    expect(await asked).toEqual(text('/help me'));
  });

  test('a single choice is put in, with what follows left where it is', async () => {
    const screen = new EditorScreen(60, 10, { complete });
    expect(await screen.answer('x /b', KEYS.tab, '\r')).toEqual(text('x /bye'));
  });

  test('without a choice nothing happens, nor with one that no terminal may be sent', async () => {
    const screen = new EditorScreen(60, 10, { complete });
    expect(await screen.answer('/x', KEYS.tab, KEYS.backspace, 'e', KEYS.tab, '\r')).toEqual(
      text('/e'),
    );
  });

  test('Enter in the same chunk waits for the completion', async () => {
    const screen = new EditorScreen(60, 10, { complete });
    expect(await screen.answer('/b\t\r')).toEqual(text('/bye'));
  });

  test('Ctrl+C does not wait for a completion that never comes', async () => {
    const screen = new EditorScreen(60, 10, {
      complete: async () => new Promise<undefined>(() => undefined),
    });
    expect(await screen.answer('a', KEYS.tab, 'b', KEYS.ctrlC)).toEqual({
      type: 'interrupted',
      hadText: true,
    });
  });

  test('more choices than there is room for are counted', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `model-${index + 10}`);
    const screen = new EditorScreen(30, 12, {
      complete: async () => ({ from: 0, choices: many }),
    });
    const asked = screen.editor.ask('>>> ');
    await screen.type('m', KEYS.tab);
    expect(screen.seen).toEqual([
      '>>> model-|',
      'model-10  model-11  model-12',
      'model-13  model-14  model-15',
      'model-16  model-17  model-18',
      '… 31 more',
    ]);
    await screen.type(KEYS.shiftTab);
    expect(screen.seen).toEqual([
      '>>> model-49|',
      expect.anything(),
      expect.anything(),
      'model-49',
      '…',
    ]);
    await screen.type('\r');
    expect(await asked).toEqual(text('model-49'));
  });

  test('a failure ends the question with the terminal given back', async () => {
    const screen = new EditorScreen(60, 10, {
      complete: async () => {
        throw new Error('no such folder');
      },
    });
    const failed = expect(screen.editor.ask('>>> ')).rejects.toThrow('no such folder');
    await screen.type('a', KEYS.tab);
    await failed;
    await screen.close();
    expect(screen.isHeld).toBe(false);
    expect(screen.seen).toEqual(['>>> a', '|']);
  });
});

describe('an external editor', () => {
  test('gets the whole text and the terminal, and its text comes back', async () => {
    const got: string[] = [];
    const held: boolean[] = [];
    const screen: EditorScreen = new EditorScreen(60, 10, {
      openEditor: async (given) => {
        got.push(given);
        await screen.settle();
        held.push(screen.isHeld);
        await screen.print('editing\r\n');
        return 'edited\ntwice\n';
      },
    });
    const asked = screen.editor.ask('>>> ');
    await screen.type('see ', pasted(LINES), KEYS.ctrlG);
    await screen.until(() => held.length === 1 && screen.isHeld);
    expect([got, held]).toEqual([[`see ${LINES}`], [false]]);
    expect(screen.seen).toEqual(['editing', '>>> edited', '... twice|']);
    expect(screen.isHeld).toBe(true);
    await screen.type('\r');
    expect(await asked).toEqual(text('edited\ntwice'));
  });

  test('that was left without a change leaves the text', async () => {
    const screen = new EditorScreen(60, 10, { openEditor: async () => undefined });
    expect(await screen.answer('a', KEYS.ctrlG, 'b', '\r')).toEqual(text('ab'));
  });

  test('is not there when none is given', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('a', KEYS.ctrlG, 'b', '\r')).toEqual(text('ab'));
  });
});

describe('leaving', () => {
  test('Ctrl+C with a text clears it, and Ctrl+Y brings it back', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('hello', KEYS.ctrlC)).toEqual({
      type: 'interrupted',
      hadText: true,
    });
    expect(screen.seen).toEqual(['>>> hello^C', '|']);
    expect(screen.history).toEqual([]);
    expect(await screen.answer(KEYS.ctrlY, '\r')).toEqual(text('hello'));
  });

  test('Ctrl+C without one says so', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer(KEYS.ctrlC)).toEqual({ type: 'interrupted', hadText: false });
    expect(screen.seen).toEqual(['>>> ^C', '|']);
  });

  test('Ctrl+D deletes, and closes at an empty line', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('ab', KEYS.home, KEYS.ctrlD, KEYS.ctrlD, KEYS.ctrlD)).toEqual({
      type: 'closed',
    });
  });

  test('the end of the program closes a question, and the next at once', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    await screen.type('half a wo');
    screen.end();
    expect(await asked).toEqual({ type: 'closed' });
    await screen.close();
    expect(screen.isHeld).toBe(false);
    expect(await screen.editor.ask('>>> ')).toEqual({ type: 'closed' });
  });

  test('the end of the terminal closes a question', async () => {
    const screen = new EditorScreen(60, 10);
    const asked = screen.editor.ask('>>> ');
    screen.keyboard.end();
    expect(await asked).toEqual({ type: 'closed' });
    expect(await screen.editor.ask('>>> ')).toEqual({ type: 'closed' });
    await screen.close();
    expect(screen.keyboard.isRaw).toBe(false);
  });
});

describe('between two questions', () => {
  test('keys are not shown, and are typed into the next one', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type('tow', KEYS.left, KEYS.backspace);
    await screen.print('an answer\r\n');
    expect(screen.seen).toEqual(['>>> one', 'an answer', '|']);
    const asked = screen.editor.ask('>>> ');
    await screen.settle();
    expect(screen.seen.at(-1)).toBe('>>> t|w');
    await screen.type('\r');
    expect(await asked).toEqual(text('tw'));
  });

  test('Enter sends as soon as there is a question, each line to one', async () => {
    const screen = new EditorScreen(60, 10);
    expect(await screen.answer('one\r\u0001')).toEqual(text('one'));
    await screen.type('two\r', 'three\r', 'fo');
    expect(await screen.editor.ask('>>> ')).toEqual(text('two'));
    expect(await screen.editor.ask('>>> ')).toEqual(text('three'));
    expect(await screen.answer('ur\r')).toEqual(text('four'));
  });

  test('a paste stays a paste', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type(pasted(LINES));
    const asked = screen.editor.ask('>>> ');
    await screen.settle();
    expect(screen.seen.at(-1)).toBe('>>> [Pasted #1: 42 lines]|');
    await screen.type('\r');
    expect(await asked).toEqual(text(LINES));
  });

  test('a key whose beginning came before the question is one key', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type('ab\u001B[1;');
    expect(await screen.answer('5Dc\r')).toEqual(text('cab'));
  });

  test('Ctrl+D closes the next one, where nothing is typed before it', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type(KEYS.ctrlD);
    expect(await screen.editor.ask('>>> ')).toEqual({ type: 'closed' });
    await screen.type('a', KEYS.home, KEYS.ctrlD, 'b\r');
    expect(await screen.editor.ask('>>> ')).toEqual(text('b'));
  });

  test.each([
    ['as a control character', KEYS.ctrlC],
    ['as the kitty protocol tells it', '\u001B[99;5u'],
  ])('Ctrl+C is told at once, %s, and what is typed stays', async (_how, ctrlC) => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type('tw', ctrlC, 'o\r');
    expect(screen.interrupts).toBe(1);
    await screen.type(ctrlC);
    expect(screen.interrupts).toBe(2);
    expect(await screen.editor.ask('>>> ')).toEqual(text('two'));
  });

  test('Ctrl+C while a question is open is a key of its own', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('a', KEYS.ctrlC);
    expect(screen.interrupts).toBe(0);
  });

  test('Ctrl+Z gives the terminal back until the program goes on', async () => {
    const stopped = Promise.withResolvers<void>();
    const screen = new EditorScreen(60, 10, {
      hooks: {
        suspend: async () => stopped.promise,
        onContinue: () => () => undefined,
        onExit: () => () => undefined,
      },
    });
    await screen.answer('one\r');
    await screen.type('tw', KEYS.ctrlZ);
    expect(screen.isHeld).toBe(false);
    stopped.resolve();
    await screen.settle();
    expect(screen.isHeld).toBe(true);
    await screen.type('o\r');
    expect(await screen.editor.ask('>>> ')).toEqual(text('two'));
  });

  test('somebody else gets the terminal, and what is typed then is theirs alone', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    await screen.type('tw');
    const heard: string[] = [];
    const answer = await screen.editor.lend(async () => {
      await screen.settle();
      expect(screen.isHeld).toBe(false);
      const hear = (chunk: Buffer): void => {
        heard.push(chunk.toString());
      };
      screen.keyboard.on('data', hear).resume();
      await screen.type('yes', KEYS.ctrlC);
      screen.keyboard.off('data', hear).pause();
      return 42;
    });
    await screen.settle();
    expect([answer, heard.join(''), screen.interrupts]).toEqual([42, `yes${KEYS.ctrlC}`, 0]);
    expect(screen.isHeld).toBe(true);
    expect(await screen.answer('o\r')).toEqual(text('two'));
  });

  test('it comes back when their work fails, and not when it was given back meanwhile', async () => {
    const screen = new EditorScreen(60, 10);
    screen.editor.hold();
    await expect(screen.editor.lend(() => Promise.reject(new Error('left')))).rejects.toThrow(
      'left',
    );
    await screen.settle();
    expect(screen.isHeld).toBe(true);
    await screen.editor.lend(() => screen.close());
    expect(screen.isHeld).toBe(false);
  });

  test('a terminal that goes away closes the next question', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.answer('one\r');
    screen.keyboard.emit('error', new Error('EIO'));
    expect(await screen.editor.ask('>>> ')).toEqual({ type: 'closed' });
    await screen.close();
    expect(screen.keyboard.listenerCount('error')).toBe(0);
  });
});

describe('the screen', () => {
  test('Ctrl+L puts the question on top and keeps what was above', async () => {
    const screen = new EditorScreen(60, 5);
    await screen.print('above\r\n');
    const asked = screen.editor.ask('>>> ');
    await screen.type('hello', KEYS.ctrlL);
    expect(screen.seen[0]).toBe('above');
    expect(screen.seen[screen.scrolled]).toBe('>>> hello|');
    expect(screen.seen.join('').split('hello')).toHaveLength(2);
    await screen.type('\r');
    await asked;
  });

  test('a resize lays the text out anew and leaves what is above alone', async () => {
    const screen = new EditorScreen(60, 10);
    await screen.print('above\r\n');
    const asked = screen.editor.ask('>>> ');
    await screen.type('x'.repeat(70));
    await screen.resize(100, 10);
    expect(screen.seen).toEqual(['above', `>>> ${'x'.repeat(70)}|`]);
    await screen.resize(60, 10);
    expect(screen.seen[0]).toBe('above');
    expect(screen.seen.slice(-2)).toEqual([`>>> ${'x'.repeat(56)}`, `${'x'.repeat(14)}|`]);
    await screen.type('\r');
    expect(await asked).toEqual(text('x'.repeat(70)));
  });

  test.each([true, false])(
    'no change of width takes away what is above (the cursor’s line broken anew: %s)',
    { timeout: 60_000 },
    async (reflowCursorLine) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 250 }),
          fc.array(fc.integer({ min: 10, max: 100 }), { minLength: 1, maxLength: 3 }),
          async (length, widths) => {
            const screen = new EditorScreen(60, 60, { reflowCursorLine });
            const above = ['a'.repeat(55), 'b'.repeat(59), 'c'];
            for (const line of above) await screen.print(`${line}\r\n`);
            const draft = 'x'.repeat(length);
            const asked = screen.editor.ask('>>> ');
            await screen.type(draft);
            for (const columns of widths) await screen.resize(columns, 60);
            const seen = screen.seen.join('');
            expect(seen.slice(0, seen.indexOf('>'))).toBe(above.join(''));
            expect(seen.endsWith(`>>> ${draft}|`)).toBe(true);
            await screen.type('\r');
            await asked;
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  test('Ctrl+Z gives the terminal back, and going on takes and draws it again', async () => {
    const stopped = Promise.withResolvers<void>();
    const exits: (() => void)[] = [];
    const hooks: ProcessHooks = {
      suspend: async () => stopped.promise,
      onContinue: () => () => undefined,
      onExit: (listener) => {
        exits.push(listener);
        return () => exits.splice(exits.indexOf(listener), 1);
      },
    };
    const screen = new EditorScreen(60, 10, { hooks });
    const asked = screen.editor.ask('>>> ');
    await screen.type('hello', KEYS.ctrlZ);
    expect(screen.isHeld).toBe(false);
    expect(exits).toEqual([]);
    await screen.print('$ fg\r\n');
    stopped.resolve();
    await screen.settle();
    expect(screen.seen).toEqual(['>>> hello', '$ fg', '>>> hello|']);
    expect(screen.isHeld).toBe(true);
    await screen.type('\r');
    expect(await asked).toEqual(text('hello'));
    await screen.close();
    expect(exits).toEqual([]);
  });

  test('a crash gives the terminal back', async () => {
    const exits: (() => void)[] = [];
    const hooks: ProcessHooks = {
      suspend: async () => undefined,
      onContinue: () => () => undefined,
      onExit: (listener) => {
        exits.push(listener);
        return () => undefined;
      },
    };
    const screen = new EditorScreen(60, 10, { hooks });
    const asked = screen.editor.ask('>>> ');
    await screen.type('hello');
    for (const exit of exits) exit();
    await screen.settle();
    expect(screen.isHeld).toBe(false);
    screen.end();
    await asked;
  });
});
