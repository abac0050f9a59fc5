import { Terminal } from '@xterm/headless';
import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Highlighter } from '../../../../src/lib/chat/markdown/highlighter.ts';
import { createAnswerView } from '../../../../src/lib/chat/session/answer-view.ts';
import type { AnswerStyle, AnswerView } from '../../../../src/lib/chat/session/io.ts';

const FOLDED: AnswerStyle = { markdown: true, thinking: 'folded' };

/** A terminal that is emulated, with an answer on it. */
class Stand {
  readonly #terminal: Terminal;
  readonly #screen: { write: (text: string) => void; columns: number; rows: number };
  readonly statuses: (string | undefined)[] = [];
  written = '';
  clock = 0;
  readonly view: AnswerView;

  constructor(style: AnswerStyle, columns = 40, draws = true, highlighter = new Highlighter()) {
    this.#terminal = new Terminal({
      cols: columns,
      rows: 24,
      allowProposedApi: true,
      // A terminal that cuts its lines where its window becomes narrower, and breaks none anew.
      windowsPty: { backend: 'conpty', buildNumber: 19_000 },
    });
    this.#screen = { write: (text) => this.write(text), columns, rows: 24 };
    this.view = createAnswerView(
      {
        screen: this.#screen,
        style: new Chalk({ level: 1 }),
        draws,
        links: false,
        highlighter,
        now: () => this.clock,
        status: (line) => this.statuses.push(line),
      },
      style,
    );
  }

  write(text: string): void {
    this.written += text;
    this.#terminal.write(text.replaceAll('\n', '\r\n'));
  }

  async resize(columns: number): Promise<void> {
    await this.lines();
    this.#terminal.resize(columns, 24);
    this.#screen.columns = columns;
  }

  /** Thinks these pieces, a frame's time apart. */
  think(...pieces: readonly string[]): void {
    for (const piece of pieces) {
      this.clock += 100;
      this.view.reasoning(piece);
    }
  }

  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => {
      this.#terminal.write('', resolve);
    });
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from(
      { length: buffer.length },
      (_, row) =>
        buffer.getLine(row)?.translateToString(true, 0, this.#terminal.cols).trimEnd() ?? '',
    );
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }
}

describe('an answer on the screen', () => {
  test('folds what the model thinks to its last lines, and then to how long it took', async () => {
    const stand = new Stand(FOLDED);
    stand.think('First I look.\n', 'Then I see.\n\n', 'I wonder.\n', 'I ', 'know.');
    expect(await stand.lines()).toEqual(['  Then I see.', '  I wonder.', '  I know.']);
    stand.clock = 12_000;
    stand.view.text('It is **so**.');
    stand.view.end();
    expect(await stand.lines()).toEqual(['Thought 12 s', 'It is so.']);
  });

  test('has the colours of code at once when an answer before it had them loaded', async () => {
    const code = '```js\nconst llama = 1;\n```\n';
    const colours = new Highlighter();
    const first = new Stand(FOLDED, 40, true, colours);
    first.view.text(code);
    first.view.end();
    await colours.load('js');
    const second = new Stand(FOLDED, 40, true, colours);
    second.view.text(code);
    second.view.end();
    expect(first.written).toContain('const llama = 1;');
    expect(second.written).toMatch(/\u001B\[\d+mconst\u001B/u);
  });

  test('never takes more than three rows for thoughts, however wide they are', async () => {
    for (const columns of [14, 40, 200]) {
      const stand = new Stand(FOLDED, columns);
      for (let index = 0; index < 60; index += 1) stand.think(`思考 thought ${index} 🦙 `);
      expect((await stand.lines()).length).toBeLessThanOrEqual(3);
      stand.view.text('done');
      stand.view.end();
      expect(await stand.lines()).toEqual(['Thought 6 s', 'done']);
    }
  });

  test('takes nothing away from above the thoughts when the window becomes narrower', async () => {
    const stand = new Stand(FOLDED, 40);
    stand.write('one\ntwo\nthree\nfour\n');
    stand.think('A long line of thoughts, as wide as it is.');
    await stand.resize(14);
    stand.view.text('done');
    stand.view.end();
    expect(await stand.lines()).toEqual(['one', 'two', 'three', 'four', 'Thought 0 s', 'done']);
  });

  test('leaves all of the thoughts standing where that is wanted, or none', async () => {
    const all = new Stand({ markdown: true, thinking: 'all' });
    all.think('\n\nFirst.\n', 'Then', ' this.');
    all.view.text('Yes.');
    all.view.end();
    expect(await all.lines()).toEqual(['First.', 'Then this.', 'Thought 0 s', 'Yes.']);
    const none = new Stand({ markdown: true, thinking: 'none' });
    none.think('First.', 'Then this.');
    expect(await none.lines()).toEqual(['Thinking …']);
    none.view.end();
    expect(await none.lines()).toEqual(['Thought 0 s']);
  });

  test('draws over nothing where the terminal cannot', async () => {
    const stand = new Stand(FOLDED, 40, false);
    stand.think('First.\n', 'Then this.');
    stand.view.text('**Yes.**');
    stand.view.end();
    expect(await stand.lines()).toEqual(['Thought 0 s', '**Yes.**']);
    expect(stand.written).not.toMatch(/\u001B\[[^m]*[A-LN-Za-ln-z]/u);
  });

  test('shows an answer as it was written without Markdown', async () => {
    const stand = new Stand({ markdown: false, thinking: 'folded' });
    stand.view.text('\n\n# A ');
    stand.view.text('**b**');
    stand.view.end();
    expect(await stand.lines()).toEqual(['# A **b**']);
  });

  test('tells how much of the prompt was read, until the answer begins', () => {
    const stand = new Stand(FOLDED);
    stand.view.progress(0.404);
    stand.view.progress(1);
    stand.view.text('a');
    expect(stand.statuses).toEqual(['Reading the prompt … 40 %', undefined]);
  });

  test('shows nothing of thoughts that are empty, and nothing at all of an empty answer', async () => {
    const stand = new Stand(FOLDED);
    stand.think('\n', ' ');
    stand.view.text(' \n');
    stand.view.end();
    expect(await stand.lines()).toEqual([]);
  });

  test('is the same however the thoughts are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), async (pieces) => {
        const safe = pieces.map((piece) => piece.replace(/\p{C}/gu, ''));
        const ends = await Promise.all(
          [safe, [safe.join('')]].map(async (cut) => {
            const stand = new Stand(FOLDED);
            stand.think(...cut);
            stand.clock = 1000;
            stand.view.text('x');
            stand.view.end();
            return stand.lines();
          }),
        );
        expect(ends[0]).toEqual(ends[1]);
      }),
      { numRuns: 50 },
    );
  });
});
