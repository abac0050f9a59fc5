import { PassThrough } from 'node:stream';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerText } from '../../../src/lib/chat/answer-text.ts';
import type { ChatAnswer } from '../../../src/lib/server/client.ts';
import { type StandardStreams, Terminal } from '../../../src/lib/ui/terminal.ts';
import { documentOutput, eventOutput, textOutput } from '../../../src/views/one-shot-output.ts';

const ANSWER: ChatAnswer = {
  text: 'Hello',
  reasoning: 'Hm',
  finishReason: 'stop',
  usage: { promptTokens: 9, completionTokens: 4, totalTokens: 13 },
  timings: null,
};

/** A terminal whose streams remember what they were given. */
function recorded({ isTTY = false } = {}) {
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const streams = { stdin, stdout, stderr } as unknown as StandardStreams;
  return {
    terminal: new Terminal(streams, 'normal', { TERM: 'xterm' }),
    out: () => textOf(stdout),
    err: () => textOf(stderr),
  };
}

function textOf(stream: PassThrough): string {
  const bytes = stream.read() as Buffer | null;
  return bytes?.toString() ?? '';
}

describe('an answer as text', () => {
  const shown = (options: { thinking?: boolean; keepStart?: boolean; isTTY?: boolean } = {}) => {
    const { isTTY = false, keepStart = false, thinking = true } = options;
    const streams = recorded({ isTTY });
    const { terminal } = streams;
    const answer = new AnswerText((text) => terminal.write(text), { keepStart });
    return { ...streams, output: textOutput({ terminal, thinking, answer }) };
  };

  test('is alone on stdout, ended by one line break; thoughts go to stderr', () => {
    const { err, out, output } = shown();
    output.onReasoning?.(' Let me');
    output.onReasoning?.(' see');
    output.onText?.('\n\nThe ans');
    output.onText?.('wer');
    output.finish(ANSWER);
    output.stop();
    output.stop();
    expect(out()).toBe('The answer\n');
    expect(err()).toBe('Let me see\n');
  });

  test('may be thought about again in the middle', () => {
    const { err, out, output } = shown();
    for (const piece of ['one', 'two']) {
      output.onReasoning?.(`thought ${piece}`);
      output.onText?.(`${piece} `);
    }
    output.stop();
    expect([out(), err()]).toEqual(['one two \n', 'thought one\nthought two\n']);
  });

  test('hides thoughts when that is wanted', () => {
    const { err, out, output } = shown({ thinking: false });
    output.onReasoning?.('Hm');
    output.onText?.('yes');
    output.stop();
    expect([out(), err()]).toEqual(['yes\n', '']);
  });

  test('that goes on with a text keeps its first blank', () => {
    const { out, output } = shown({ keepStart: true });
    output.onText?.(' there was');
    output.stop();
    expect(out()).toBe(' there was\n');
  });

  test('that is broken off in the middle of thoughts ends their line', () => {
    const { err, out, output } = shown();
    output.onReasoning?.('Hm');
    output.stop();
    expect([out(), err()]).toEqual(['', 'Hm\n']);
  });

  test('says on a terminal how far the prompt is read, and takes that away', () => {
    const { err, out, output } = shown({ isTTY: true });
    output.onProgress?.({ total: 1000, cached: 200, processed: 400 });
    output.onProgress?.({ total: 1000, cached: 200, processed: 401 });
    output.onProgress?.({ total: 1000, cached: 200, processed: 1000 });
    output.onText?.('yes');
    output.stop();
    expect(err()).toBe('\r\u001B[KReading the prompt … 25 %\r\u001B[K');
    expect(out()).toBe('yes\n');
  });

  test('lets no control character of the model through', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => {
        const { err, out, output } = shown();
        for (const piece of pieces) {
          output.onReasoning?.(piece);
          output.onText?.(piece);
        }
        output.stop();
        // eslint-disable-next-line no-control-regex
        expect(out() + err()).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202E]/u);
      }),
    );
  });
});

test('an answer as a document shows nothing by itself', () => {
  const { err, out, terminal } = recorded();
  const output = documentOutput(terminal);
  output.start();
  output.onReasoning?.('Hm');
  output.onText?.('yes');
  output.finish(ANSWER);
  output.stop();
  expect([out(), err()]).toEqual(['', '']);
});

describe('an answer as events', () => {
  function lines(thinking: boolean): unknown[] {
    const { out, terminal } = recorded();
    const output = eventOutput(terminal, 'user/repo:Q8_0', thinking);
    output.start();
    output.onProgress?.({ total: 9, cached: 2, processed: 9 });
    output.onReasoning?.('Hm');
    output.onText?.('Hello');
    output.finish(ANSWER);
    output.stop();
    return out()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }

  test('is a JSON document a line', () => {
    expect(lines(true)).toEqual([
      { type: 'start', model: 'user/repo:Q8_0' },
      { type: 'progress', total: 9, cached: 2, processed: 9 },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hello' },
      { type: 'end', finishReason: 'stop', usage: ANSWER.usage, timings: null },
    ]);
  });

  test('hides thoughts when that is wanted', () => {
    expect(JSON.stringify(lines(false))).not.toContain('Hm');
  });
});
