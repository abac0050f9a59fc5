import headless from '@xterm/headless';
import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MarkdownDocument } from '../../../../src/lib/chat/markdown/document.ts';
import { renderMarkdown } from '../../../../src/lib/chat/markdown/render.ts';
import { createMarkdownSink } from '../../../../src/lib/chat/markdown/stream-renderer.ts';
import { type ScreenSize, screenText } from '../../../support/screen.ts';
import {
  cut,
  ManualTimer,
  markdown,
  recordingScreen,
  stream,
  type StreamOptions,
} from './streaming.ts';

const style = new Chalk({ level: 0 });
const places = fc.array(fc.nat(2000), { maxLength: 60 });

describe('any chunking', () => {
  test.each([20, 60, 200])('shows the same at %i columns', async (columns) => {
    await fc.assert(
      fc.asyncProperty(markdown, places, async (text, where) => {
        const size = { columns, rows: 200 };
        const whole = await seen(stream([text], size), size);
        const pieces = await seen(stream(cut(text, where), size), size);
        expect(pieces).toBe(whole);
      }),
      { numRuns: 80 },
    );
  });

  test('finishes the lines that the whole document has, with their styles', () => {
    fc.assert(
      fc.property(markdown, places, fc.boolean(), (text, where, links) => {
        const colours = new Chalk({ level: 1 });
        const whole = renderMarkdown(text, { columns: 50, style: colours, links });
        expect(finished(cut(text, where), { level: 1, links, columns: 50 })).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('holds character by character', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        expect(finished(Array.from(text), { columns: 33 })).toBe(
          renderMarkdown(text, { columns: 33, style }),
        );
      }),
      { numRuns: 120 },
    );
  });
});

test('any chunking of words and lines that are too long to be held finishes the same lines', () => {
  const long = fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'a',
          '**b ',
          '[',
          '[a](',
          '`c ',
          '日本',
          '| x ',
          '1. ',
          '- ',
          '\u0301',
          '🦙',
          'word ',
          '$x ',
          '```js\n',
          '#',
          '> ',
        ),
        fc.integer({ min: 1, max: 3000 }),
      ),
      { maxLength: 6 },
    )
    .map((parts) =>
      parts
        .map(([text, times]) => text.repeat(times))
        .join('\n')
        .slice(0, 9000),
    );
  fc.assert(
    fc.property(long, fc.array(fc.nat(9000), { maxLength: 20 }), (text, where) => {
      const whole = renderMarkdown(text, { columns: 50, style });
      expect(finished(cut(text, where), { columns: 50 })).toBe(whole);
    }),
    { numRuns: 60 },
  );
});

describe('the tail', () => {
  test('is never taller than the screen less three rows, and never moves up further', () => {
    fc.assert(
      fc.property(markdown, places, fc.integer({ min: 4, max: 12 }), (text, where, rows) => {
        const output = stream(cut(text, where), { columns: 24, rows });
        const moves = Array.from(output.matchAll(/\u001B\[(\d+)A/gu), ([, count]) => Number(count));
        expect(Math.max(0, ...moves)).toBeLessThanOrEqual(rows - 4);
      }),
      { numRuns: 120 },
    );
  });

  test('is drawn as if its open marks were closed', () => {
    const screen = recordingScreen(80, 24);
    const sink = createMarkdownSink({
      screen,
      style,
      links: false,
      setTimer: new ManualTimer().set,
    });
    sink.add('This is **very imp');
    expect(screen.writes).toStrictEqual(['\u001B[?2026hThis is very imp\u001B[?2026l']);
  });

  test('is laid out again after a resize; what is finished stays', async () => {
    const terminal = new headless.Terminal({
      cols: 20,
      rows: 10,
      allowProposedApi: true,
      convertEol: true,
    });
    const screen = recordingScreen(20, 10);
    const timer = new ManualTimer();
    const sink = createMarkdownSink({ screen, style, links: false, setTimer: timer.set });
    const draw = (): Promise<void> =>
      new Promise((resolve) => {
        terminal.write(screen.writes.splice(0).join(''), resolve);
      });
    sink.add('one two three four five six **seven');
    timer.pass();
    await draw();
    // The terminal breaks the line of the tail, "five six seven", in two by itself.
    terminal.resize(12, 10);
    screen.columns = 12;
    sink.add(' eight nine** ten');
    sink.end();
    await draw();
    const lines = Array.from({ length: 6 }, (_, row) =>
      terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd(),
    );
    terminal.dispose();
    expect(lines).toStrictEqual([
      'one two thre',
      'e four',
      'five six',
      'seven eight',
      'nine ten',
      '',
    ]);
  });

  test('shows the last lines of a block that is held and has no room', async () => {
    const screen = recordingScreen(40, 8);
    const timer = new ManualTimer();
    const sink = createMarkdownSink({ screen, style, links: false, setTimer: timer.set });
    const rows = Array.from({ length: 12 }, (_, index) => `| ${index} | row |\n`);
    sink.add(`| n | what |\n|---|---|\n${rows.join('')}`);
    timer.pass();
    const during = await seen(screen.writes.join(''), { columns: 40, rows: 8 });
    expect(during.split('\n')).toStrictEqual([
      '7  │ row',
      '8  │ row',
      '9  │ row',
      '10 │ row',
      '11 │ row',
    ]);
    sink.end();
    const after = await seen(screen.writes.join(''), { columns: 40, rows: 8 });
    expect(after.split('\n')).toHaveLength(14);
  });
});

describe('frames', () => {
  test('come at once and then at most thirty a second', () => {
    const screen = recordingScreen(80, 24);
    const timer = new ManualTimer();
    const sink = createMarkdownSink({ screen, style, links: false, setTimer: timer.set });
    for (const word of ['a ', 'b ', 'c ', 'd ']) sink.add(word);
    expect(screen.writes).toHaveLength(1);
    timer.pass();
    expect(screen.writes).toHaveLength(2);
    timer.pass();
    expect(timer.isWaiting).toBe(false);
    expect(timer.asked.every((milliseconds) => milliseconds > 33 && milliseconds < 34)).toBe(true);
    sink.end();
    expect(
      screen.writes.every((write) => /^\u001B\[\?2026h[^]*\u001B\[\?2026l$/u.test(write)),
    ).toBe(true);
    expect(sink.text).toBe('a b c d ');
  });

  test('draw only what is new of a paragraph', () => {
    const screen = recordingScreen(80, 24);
    const timer = new ManualTimer();
    const sink = createMarkdownSink({ screen, style, links: false, setTimer: timer.set });
    sink.add('Plain words');
    timer.pass();
    sink.add(' go on');
    timer.pass();
    expect(screen.writes.at(-1)).toBe('\u001B[?2026h go on\u001B[?2026l');
  });

  test('do not cut a character in two', () => {
    const screen = recordingScreen(80, 24);
    const timer = new ManualTimer();
    const sink = createMarkdownSink({ screen, style, links: false, setTimer: timer.set });
    sink.add('a 🦙'.slice(0, 3));
    timer.pass();
    sink.add('🦙'.slice(1));
    sink.end();
    expect(screen.writes.join('')).not.toContain('\uFFFD');
    expect(sink.text).toBe('a 🦙');
  });
});

test.each(['', '\n \n'])('nothing is shown of an answer without text: %j', (text) => {
  expect(stream([text])).toBe('');
});

test('the last line ends, once', () => {
  expect(stream(['Hello']).endsWith('\n\u001B[?2026l')).toBe(true);
  expect(stream(['Hello\n\n']).match(/\n/gu)).toHaveLength(1);
});

test('a reply of 4.5 kB in 1,119 pieces stays within 60 kB', () => {
  const part =
    'The **quick** brown `fox` jumps over the [lazy](https://example.com) dog, again and again.\n\n' +
    '1. **First**: a list item with some `code` in it\n2. Second, which is a bit longer than that\n\n' +
    '```python\ndef greet(name):\n    return f"Hello {name}"\n```\n\n| a | b |\n|---|---|\n| 1 | two |\n\n';
  const text = part.repeat(20).slice(0, 4476);
  const pieces = Array.from({ length: 1119 }, (_, index) => text.slice(index * 4, index * 4 + 4));
  const screen = recordingScreen(100, 40);
  const timer = new ManualTimer();
  const sink = createMarkdownSink({
    screen,
    style: new Chalk({ level: 1 }),
    links: true,
    setTimer: timer.set,
  });
  for (const [index, piece] of pieces.entries()) {
    sink.add(piece);
    // At 4 ms a piece, a frame is over every eight or nine pieces.
    if (index % 8 === 7) timer.pass();
  }
  sink.end();
  expect(sink.text).toBe(text);
  expect(Buffer.byteLength(screen.writes.join(''))).toBeLessThan(60_000);
});

/** The lines that a growing document calls finished. */
function finished(pieces: readonly string[], options: StreamOptions): string {
  const { columns = 80, level = 0, links = false } = options;
  const colours = new Chalk({ level });
  const document = new MarkdownDocument({ style: colours, links, highlighter: undefined });
  const lines = pieces.flatMap((piece) => {
    const more = document.add(piece, columns);
    // To look at the tail changes nothing.
    document.tail(columns);
    return more;
  });
  return [...lines, ...document.end(columns)].join('\n');
}

/** What a terminal shows, which begins a new line where a program ends one. */
function seen(output: string, size: ScreenSize): Promise<string> {
  return screenText(output.replaceAll('\n', '\r\n'), size);
}
