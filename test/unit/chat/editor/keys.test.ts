import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type InputEvent, KeyDecoder } from '../../../../src/lib/chat/editor/keys.ts';

const ESC = '\u001B';

function key(name: string): InputEvent {
  return { type: 'key', key: name };
}

function text(typed: string): InputEvent {
  return { type: 'text', text: typed };
}

function paste(pasted: string): InputEvent {
  return { type: 'paste', text: pasted };
}

describe('keys', () => {
  test.each([
    ['\r', 'return'],
    ['\n', 'ctrl+j'],
    ['\t', 'tab'],
    ['\u007F', 'backspace'],
    ['\b', 'backspace'],
    ['\u0000', 'ctrl+space'],
    ['\u0001', 'ctrl+a'],
    ['\u001A', 'ctrl+z'],
    ['\u001F', 'ctrl+_'],
    [`${ESC}\r`, 'alt+return'],
    [`${ESC}\n`, 'ctrl+alt+j'],
    [`${ESC}\u007F`, 'alt+backspace'],
    [`${ESC}b`, 'alt+b'],
    [`${ESC}B`, 'alt+b'],
    [`${ESC}ä`, 'alt+ä'],
    [`${ESC}[A`, 'up'],
    [`${ESC}OA`, 'up'],
    [`${ESC}[1;5C`, 'ctrl+right'],
    [`${ESC}[1;3D`, 'alt+left'],
    [`${ESC}[1;133D`, 'ctrl+left'],
    [`${ESC}${ESC}[C`, 'alt+right'],
    [`${ESC}Od`, 'ctrl+left'],
    [`${ESC}[H`, 'home'],
    [`${ESC}[1~`, 'home'],
    [`${ESC}[7~`, 'home'],
    [`${ESC}[3~`, 'delete'],
    [`${ESC}[3;5~`, 'ctrl+delete'],
    [`${ESC}[3^`, 'ctrl+delete'],
    [`${ESC}[Z`, 'shift+tab'],
    [`${ESC}[13;2u`, 'shift+return'],
    [`${ESC}[27;2;13~`, 'shift+return'],
    [`${ESC}[13;130u`, 'shift+return'],
    [`${ESC}[57414u`, 'return'],
    [`${ESC}[27u`, 'escape'],
    [`${ESC}[99;5u`, 'ctrl+c'],
    [`${ESC}[99;6u`, 'ctrl+c'],
    [`${ESC}[98;3u`, 'alt+b'],
    [`${ESC}[45;6u`, 'ctrl+_'],
    [`${ESC}[127;5u`, 'ctrl+backspace'],
    [`${ESC}[57423;5u`, 'ctrl+home'],
    [`${ESC}[32;5u`, 'ctrl+space'],
  ])('%j is %s', (sequence, name) => {
    expect(new KeyDecoder().decode(sequence)).toEqual([key(name)]);
  });

  test.each([
    ['a function key', `${ESC}[15~`],
    ["a function key of Linux's console", `${ESC}[[A`],
    ['a key with Super', `${ESC}[97;9u`],
    ['the focus coming', `${ESC}[I`],
    ['a mouse report', `${ESC}[<0;10;12M`],
    ["a terminal's colour", `${ESC}]11;rgb:0000/0000/0000${ESC}\\`],
    ["a terminal's name", `${ESC}P>|xterm(390)${ESC}\\`],
    ['a mode report', `${ESC}[?2026;2$y`],
    ["rxvt's Shift+Delete", `${ESC}[3$`],
  ])('%s types nothing', (_what, sequence) => {
    expect(new KeyDecoder().decode(`a${sequence}b`)).toEqual([text('a'), text('b')]);
  });

  test('keypad characters are text', () => {
    expect(new KeyDecoder().decode(`${ESC}[57404u${ESC}[57413u`)).toEqual([text('5'), text('+')]);
  });

  test('an escape that nothing follows is the key', () => {
    const decoder = new KeyDecoder();
    expect(decoder.decode(ESC)).toEqual([]);
    expect(decoder.isWaiting).toBe(true);
    expect(decoder.flush()).toEqual([key('escape')]);
    expect(decoder.isWaiting).toBe(false);
  });

  test.each([
    ['[', 'alt+['],
    ['O', 'alt+o'],
    [']', 'alt+]'],
  ])('Alt+%s is told from the beginning of a sequence by what does not follow', (typed, name) => {
    const decoder = new KeyDecoder();
    expect(decoder.decode(ESC + typed)).toEqual([]);
    expect(decoder.flush()).toEqual([key(name)]);
  });

  test('a sequence broken off by another keeps the other', () => {
    expect(new KeyDecoder().decode(`${ESC}[1;${ESC}[A`)).toEqual([key('up')]);
  });

  test('Ctrl+C right behind Escape is Ctrl+C', () => {
    const decoder = new KeyDecoder();
    decoder.decode(ESC);
    expect(decoder.decode('\u0003')).toEqual([key('escape'), key('ctrl+c')]);
  });

  test('a reply without an end does not hold the keyboard for ever', () => {
    const decoder = new KeyDecoder();
    decoder.decode(`${ESC}]11;`);
    expect(decoder.flush()).toEqual([]);
    expect(decoder.decode('a')).toEqual([text('a')]);
    expect(decoder.decode(`${ESC}]1${'x'.repeat(5000)}`)).toEqual([]);
    expect(decoder.decode('b')).toEqual([text('b')]);
  });
});

describe('pastes', () => {
  const MARKED = `${ESC}[200~one\rtwo\u001B[31m\t${ESC}[201~`;

  test('what stands between the marks is one paste, with keys around it', () => {
    expect(new KeyDecoder().decode(`a${MARKED}\r`)).toEqual([
      text('a'),
      paste('one\rtwo\u001B[31m\t'),
      key('return'),
    ]);
  });

  test('lines that came at once without marks are one paste', () => {
    expect(new KeyDecoder().decode('one\r\ttwo\rthree\r')).toEqual([paste('one\r\ttwo\rthree\r')]);
  });

  test.each([
    ['a line and Enter', 'hello\r', [text('hello'), key('return')]],
    ['a word, Tab and Enter', '/he\t\r', [text('/he'), key('tab'), key('return')]],
    ['Enter and a word', '\rhello', [key('return'), text('hello')]],
    ['a line and Ctrl+D', 'hello\r\u0004', [text('hello'), key('return'), key('ctrl+d')]],
    ['lines and a key', 'a\rb\u0001', [text('a'), key('return'), text('b'), key('ctrl+a')]],
  ])('%s are keys', (_what, chunk, events) => {
    expect(new KeyDecoder().decode(chunk)).toEqual(events);
  });

  test('Ctrl+C gets out of a paste whose end was lost', () => {
    const decoder = new KeyDecoder();
    expect(decoder.decode(`${ESC}[200~one`)).toEqual([]);
    expect(decoder.isWaiting).toBe(false);
    expect(decoder.decode('\u0003')).toEqual([paste('one'), key('ctrl+c')]);
    expect(decoder.decode('x')).toEqual([text('x')]);
  });

  test('any cut of marked input means the same', () => {
    const pieces = fc.constantFrom(
      'a',
      'ä',
      '\t',
      '\u0001',
      `${ESC}[A`,
      `${ESC}[1;5C`,
      `${ESC}OH`,
      `${ESC}b`,
      `${ESC}[13;2u`,
      `${ESC}${ESC}[C`,
      `${ESC}[[A`,
      `${ESC}]0;x\u0007`,
      MARKED,
    );
    fc.assert(
      fc.property(fc.array(pieces), fc.array(fc.nat(40)), (parts, cuts) => {
        const whole = parts.join('');
        const decoder = new KeyDecoder();
        const events: InputEvent[] = [];
        let rest = whole;
        for (const cut of cuts) {
          events.push(...decoder.decode(rest.slice(0, cut)));
          rest = rest.slice(cut);
        }
        events.push(...decoder.decode(rest), ...decoder.flush());
        expect(joined(events)).toEqual(joined(new KeyDecoder().decode(whole)));
      }),
    );
  });

  test('no input makes the decoder lose its place or tell of a control in text', () => {
    const units = fc.string({
      unit: fc.constantFrom(
        ESC,
        '[',
        'O',
        ']',
        '0',
        '1',
        ';',
        '~',
        'u',
        'A',
        '$',
        '\r',
        'é',
        '\u0003',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(units), (chunks) => {
        const decoder = new KeyDecoder();
        for (const chunk of chunks) {
          for (const event of decoder.decode(chunk)) {
            if (event.type === 'text') expect(event.text).toMatch(/^\P{Cc}+$/u);
          }
        }
        decoder.decode(`\u0003${ESC}[201~`);
        decoder.decode('\u0003');
        decoder.flush();
        expect(decoder.decode('z')).toEqual([text('z')]);
      }),
    );
  });
});

/** Neighbouring texts as one: where text is cut makes no difference. */
function joined(events: readonly InputEvent[]): InputEvent[] {
  const result: InputEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.type === 'text' && last?.type === 'text') {
      result[result.length - 1] = text(last.text + event.text);
    } else {
      result.push(event);
    }
  }
  return result;
}
