import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MarkdownDocument } from '../../../../src/lib/chat/markdown/document.ts';
import { linkTarget } from '../../../../src/lib/chat/markdown/link-target.ts';
import { loadHighlighter } from '../../../../src/lib/chat/markdown/render.ts';
import { cut, markdown, stream } from './streaming.ts';

// Everything a sink may send: text, line breaks, tabs, colours, its own cursor moves, checked links.
const ALLOWED =
  /^(?:[^\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]|\r|\u001B\[\?2026[hl]|\u001B\[\d*A|\u001B\[J|\u001B\[[\d;]*m|\u001B\]8;;(?:https?:\/\/[\u0021-\u007E]*)?\u001B\\)*$/u;

const CONTROLS = [
  '\u001B]0;title\u0007',
  '\u001B[2J',
  '\u001B[31m',
  '\u001B]8;;http://evil.example\u001B\\',
  '\u009B31m',
  '\u009D0;x\u009C',
  '\u202E',
  '\u2066',
  '\r',
  '\u0008',
  '\u0000',
  '\u007F',
  '\u001BP',
  '\u001B',
  '&#27;[2J',
  '&#x1b;]0;x&#7;',
  '&#x9b;31m',
  '&#8238;',
  '[a](http://x/\u001B]8;;)',
  '[a](http://x/%1b)',
  '<http://a/\u0007>',
  '[a](javascript:alert(1))',
  '![a](file:///etc/passwd)',
  '`\u001B[31m`',
  '```\u001B[31m',
  '```js\u0007',
  '| \u001B[2J | b |',
  '[a](http://x/&#27;]8;;&#7;)',
  '\\\u001B[1m',
] as const;
const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(...CONTROLS), markdown, fc.string({ unit: 'binary', maxLength: 40 })),
    { maxLength: 12 },
  )
  .chain((parts) => fc.constantFrom(' ', '', '\n').map((between) => parts.join(between)));

test('no output of a model reaches the terminal as a control character', async () => {
  const highlighter = await loadHighlighter('```js\n```');
  fc.assert(
    fc.property(
      hostile,
      fc.array(fc.nat(3000), { maxLength: 30 }),
      fc.boolean(),
      (text, where, links) => {
        const output = stream(cut(text, where), {
          level: 3,
          links,
          highlighter,
          rows: 10,
          columns: 40,
        });
        expect(ALLOWED.test(output)).toBe(true);
        expect(output.isWellFormed()).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('a character reference is no way around', () => {
  expect(stream(['&#27;[31mred&#27;[0m &#x9b;2J'])).not.toMatch(/\u001B\[(?!\?2026)|\u009B/u);
});

describe('a link', () => {
  test.each([
    ['https://example.com/a?b=c', 'https://example.com/a?b=c'],
    ['http://例え.jp/パス', 'http://xn--r8jz45g.jp/%E3%83%91%E3%82%B9'],
    ['HTTPS://Example.com', 'https://example.com/'],
    ['javascript:alert(1)', undefined],
    ['file:///etc/passwd', undefined],
    ['//example.com', undefined],
    ['https://', undefined],
    [`https://example.com/${'a'.repeat(3000)}`, undefined],
  ])('to %s leads to %s', (address, target) => {
    expect(linkTarget(address)).toBe(target);
  });

  test('shows where it leads when its label says another place', () => {
    expect(stream(['[https://bank.example](https://evil.example/)'], { links: true })).toContain(
      '(https://evil.example/)',
    );
  });

  test('to anything but the web is shown and not linked', () => {
    const output = stream(['[run](javascript:alert(1)) it'], { links: true });
    expect(output).not.toContain('\u001B]8');
    expect(output).toContain('run (javascript:alert(1)) it');
  });
});

describe('an answer of half a megabyte', () => {
  test.each([
    ['one word', 'a'],
    ['one paragraph', 'plain words and **bold** text, '],
    ['open brackets', '['],
    ['open links', '[a]('],
    ['open marks', '**a '],
    ['open code', '`a'],
    ['accents on one letter', '\u0301'],
    ['ideographs', '日本語'],
    ['nested items', '1. '],
    ['one line of code', '```js\n', 'let a = "b"; '],
    ['rows of a table', '| a | b |\n|---|---|\n', '| c | d |\n'],
  ])('is shown as it comes and held only in part: %s', (_name, first, more = first) => {
    const text = first + more.repeat(Math.ceil(500_000 / more.length));
    const pieces = Array.from({ length: 25 }, (_, index) =>
      text.slice(index * 20_000, (index + 1) * 20_000),
    );
    const document = new MarkdownDocument({
      style: new Chalk({ level: 0 }),
      links: false,
      highlighter: undefined,
    });
    const held = pieces.map((piece) => {
      document.add(piece, 80);
      return document.tail(80).join('').length;
    });
    expect(Math.max(...held)).toBeLessThan(20_000);
  });
});
