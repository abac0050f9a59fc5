import { Chalk } from 'chalk';
import * as fc from 'fast-check';

import { stripControls } from '../../../../src/lib/plain-text.ts';
import type { Highlighter } from '../../../../src/lib/chat/markdown/highlighter.ts';
import { createMarkdownSink } from '../../../../src/lib/chat/markdown/stream-renderer.ts';

/** A terminal that keeps what is written, a write each. */
export interface RecordingScreen {
  columns: number;
  rows: number;
  readonly writes: string[];
  write(text: string): void;
}

export function recordingScreen(columns: number, rows: number): RecordingScreen {
  const writes: string[] = [];
  return { columns, rows, writes, write: (text) => void writes.push(text) };
}

/** A clock that stands still until it is told to go on. */
export class ManualTimer {
  #waiting: (() => void) | undefined;
  readonly asked: number[] = [];

  readonly set = (run: () => void, milliseconds: number): (() => void) => {
    this.asked.push(milliseconds);
    this.#waiting = run;
    return () => {
      this.#waiting = undefined;
    };
  };

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  pass(): void {
    const run = this.#waiting;
    this.#waiting = undefined;
    run?.();
  }
}

export interface StreamOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly level?: 0 | 1 | 2 | 3;
  readonly links?: boolean;
  readonly highlighter?: Highlighter;
}

/** Sends pieces through a sink, a frame after each, and returns what the terminal was sent. */
export function stream(pieces: readonly string[], options: StreamOptions = {}): string {
  const { columns = 80, highlighter, level = 0, links = false, rows = 24 } = options;
  const screen = recordingScreen(columns, rows);
  const timer = new ManualTimer();
  const sink = createMarkdownSink({
    screen,
    style: new Chalk({ level }),
    links,
    setTimer: timer.set,
    ...(highlighter === undefined ? {} : { highlighter }),
  });
  for (const piece of pieces) {
    sink.add(piece);
    timer.pass();
  }
  sink.end();
  return screen.writes.join('');
}

/** A text cut into pieces at any places. */
export function cut(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [0, ...sorted].map((place, index) => text.slice(place, sorted[index] ?? text.length));
}

const INLINE = [
  'word',
  'longer words here',
  '**bold**',
  '*it*',
  '**bold *and* it**',
  '`code`',
  '``a`b``',
  '~~gone~~',
  '[link](https://a.example/x_y)',
  '[open',
  '**open',
  '*',
  '_',
  'snake_case_x',
  '$x_1$',
  '$5',
  '~5',
  '\\*',
  '\\',
  '<br>',
  '<b>',
  '&lt;',
  'https://b.example/c',
  '日本語の文章。',
  '「引用」',
  'é',
  '|',
  '(',
  ')',
  '!',
  '![i](u.png)',
  'pneumonoultramicroscopicsilicovolcanoconiosis',
  '`open',
  '[a](b',
  '<tag',
  '\\(x\\)',
  '__x__',
  'a*b*c',
  '***',
  '  ',
];
const LINES = [
  '',
  '',
  '# Heading',
  '## Two ##',
  '- item',
  '* item **b** `c`',
  '  - nested',
  '    - deeper',
  '1. one',
  '2. two',
  '10) ten',
  '   more of it',
  '- [ ] task',
  '- [x] done',
  '> quote',
  '> - in quote',
  '>',
  '---',
  '***',
  '===',
  '```',
  '```py',
  '~~~',
  '   ```',
  '| a | b |',
  '|---|:-:|',
  '| x | `y|z` |',
  '|',
  '$$',
  '\\[',
  '\\]',
  '    code',
  '\tcode',
  'def f(): return 1',
  '-',
  '1.',
  '#',
  '+ plus',
];

/** Markdown of all kinds, right and broken, as models and people who try them write it. */
export const markdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(...LINES),
      fc
        .array(fc.constantFrom(...INLINE), { minLength: 1, maxLength: 12 })
        .map((words) => words.join(' ')),
      fc
        .tuple(
          fc.constantFrom('- ', '1. ', '> ', '   ', '# ', '- > ', '| '),
          fc.array(fc.constantFrom(...INLINE), { minLength: 1, maxLength: 8 }),
        )
        .map(([mark, words]) => mark + words.join(' ')),
      fc
        .array(fc.constantFrom(...INLINE), { minLength: 1, maxLength: 8 })
        .map((words) => words.join('')),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
    ),
    { maxLength: 14 },
  )
  .map((lines) => stripControls(lines.join('\n')));
