import { PassThrough } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { PlainReader } from '../../../../src/lib/chat/editor/plain-reader.ts';

/** A reader on streams: what is typed goes in, what is shown can be read. */
class Stage {
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly history: string[] = [];
  readonly ending = new AbortController();
  readonly reader: PlainReader;
  /** Whoever gets Ctrl+C, the last one first. */
  readonly takers: (() => void)[] = [];

  constructor() {
    this.reader = new PlainReader({
      input: this.input as unknown as NodeJS.ReadStream,
      output: this.output,
      history: { entries: () => this.history, add: (text) => this.history.push(text) },
      takeOverInterrupt: (handler) => {
        this.takers.push(handler);
        return () => this.takers.splice(this.takers.indexOf(handler), 1);
      },
      signal: this.ending.signal,
    });
  }

  get shown(): string {
    return String(this.output.read() ?? '');
  }
}

function text(sent: string): object {
  return { type: 'text', text: sent };
}

describe('a plain reader', () => {
  test('asks for a line, which is a prompt of before afterwards', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.input.write('hello\n');
    expect(await asked).toEqual(text('hello'));
    expect(stage.shown).toBe('>>> ');
    expect(stage.history).toEqual(['hello']);
    expect(stage.takers).toEqual([]);
  });

  test.each([
    ['a backslash', 'one\\\ntwo\n'],
    ['quotes', '"""one\ntwo"""\n'],
  ])('takes several lines by %s', async (_how, typed) => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.input.write(typed);
    expect(await asked).toEqual(text('one\ntwo'));
    expect(stage.shown).toBe('>>> ... ');
  });

  test('gives each line that came at once to a question of its own', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.input.write('one\ntwo\nthree\n');
    expect(await asked).toEqual(text('one'));
    expect(await stage.reader.ask('>>> ')).toEqual(text('two'));
    expect(await stage.reader.ask('? ', { remember: false })).toEqual(text('three'));
    expect(stage.history).toEqual(['one', 'two']);
  });

  test('shows a text that stands there already, and Enter alone sends it', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ', { initial: 'a long\nquestion' });
    stage.input.write('\n');
    expect(await asked).toEqual(text('a long\nquestion'));
    expect(stage.shown).toBe('a long\nquestion\n(Enter alone sends this)\n>>> ');
    const again = stage.reader.ask('>>> ', { initial: 'a long\nquestion' });
    stage.input.write('another\n');
    expect(await again).toEqual(text('another'));
  });

  test('drops control characters', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.input.write('a\u001B[31mb\u0007\n');
    expect(await asked).toEqual(text('a[31mb'));
  });

  test('is left by Ctrl+C, with or without lines before', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.takers.at(-1)?.();
    expect(await asked).toEqual({ type: 'interrupted', hadText: false });
    expect(stage.shown).toBe('>>> \n');
    const again = stage.reader.ask('>>> ');
    stage.input.write('one\\\n');
    await expect.poll(() => stage.shown).toContain('... ');
    stage.takers.at(-1)?.();
    expect(await again).toEqual({ type: 'interrupted', hadText: true });
    expect(stage.takers).toEqual([]);
  });

  test('is closed by the end of the input, after the lines before it', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.input.end('one\ntwo\nhalf');
    expect(await asked).toEqual(text('one'));
    expect(await stage.reader.ask('>>> ')).toEqual(text('two'));
    expect(await stage.reader.ask('>>> ')).toEqual(text('half'));
    expect(await stage.reader.ask('>>> ')).toEqual({ type: 'closed' });
  });

  test('is closed by the end of the program, now and from then on', async () => {
    const stage = new Stage();
    const asked = stage.reader.ask('>>> ');
    stage.ending.abort();
    expect(await asked).toEqual({ type: 'closed' });
    expect(await stage.reader.ask('>>> ')).toEqual({ type: 'closed' });
  });

  test('leaves the input to somebody else for a while', async () => {
    const stage = new Stage();
    const first = stage.reader.ask('>>> ');
    stage.input.write('one\n');
    await first;
    const theirs = await stage.reader.lend(async () => {
      stage.input.write('yes\n');
      stage.input.resume();
      return new Promise<string>((resolve) => {
        stage.input.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      });
    });
    expect(theirs).toBe('yes\n');
    const asked = stage.reader.ask('>>> ');
    stage.input.write('two\n');
    expect(await asked).toEqual(text('two'));
    stage.reader[Symbol.dispose]();
    expect(stage.input.listenerCount('data')).toBe(0);
  });
});
