import { PassThrough } from 'node:stream';

import { describe, expect, test } from 'vitest';

import type { PromptReader } from '../../../src/lib/chat/editor/prompt-reader.ts';
import type { EditorInput } from '../../../src/lib/chat/editor/question.ts';
import { Terminal } from '../../../src/lib/ui/terminal.ts';
import { choosePlainly, confirmPlainly } from '../../../src/views/chat-plain-questions.ts';

const CHOICES = [
  { value: 'a', label: 'user/alpha' },
  { value: 'b', label: 'user/beta', remark: 'takes more\u0007 memory' },
  { value: 'c', label: 'other/beta' },
];
const signal = new AbortController().signal;

/** Somebody who types what a script says, and leaves by Ctrl+C at its end. */
function typing(...lines: readonly string[]): PromptReader {
  const rest = [...lines];
  return {
    ask: (): Promise<EditorInput> => {
      const text = rest.shift();
      return Promise.resolve(
        text === undefined ? { type: 'interrupted', hadText: false } : { type: 'text', text },
      );
    },
    lend: (work) => work(),
    [Symbol.dispose]: () => undefined,
  };
}

async function choose(...lines: readonly string[]) {
  const stdout = new PassThrough();
  const streams = { stdin: process.stdin, stdout, stderr: new PassThrough() };
  const terminal = new Terminal(streams, 'normal', { TERM: 'dumb' });
  const chosen = await choosePlainly(terminal, typing(...lines), 'Which?', CHOICES, signal);
  return { chosen, shown: String(stdout.read()) };
}

describe('a choice on a terminal that cannot be drawn on', () => {
  test.each([
    ['its number', ['2'], 'b'],
    ['letters of it alone', ['alp'], 'a'],
    ['more letters where there are several', ['beta', 'other'], 'c'],
    ['another number where there is none', ['9', '1'], 'a'],
    ['nothing, by Enter', [''], undefined],
    ['nothing, by Ctrl+C', [], undefined],
  ])('is made by %s', async (_how, lines, value) => {
    expect((await choose(...lines)).chosen).toBe(value);
  });

  test('shows what there is with numbers, and no control character', async () => {
    expect((await choose('1')).shown).toBe(
      'Which?\n1  user/alpha\n2  user/beta  takes more memory\n3  other/beta\n',
    );
  });
});

describe('yes or no on a terminal that cannot be drawn on', () => {
  test.each([
    [['y'], false, true],
    [['YES'], false, true],
    [['n'], true, false],
    [[''], true, true],
    [[''], false, false],
    [['what', 'no'], true, false],
    [[], true, false],
  ])('%j, where %s is meant by Enter', async (lines, byDefault, answer) => {
    expect(await confirmPlainly(typing(...lines), 'Sure?', byDefault, signal)).toBe(answer);
  });
});
