import type { ServerResponse } from 'node:http';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerReader } from '../../../src/lib/server/client-answer.ts';
import { type ChatAnswer, streamChat } from '../../../src/lib/server/client.ts';
import { ContextExceeded, type ServerAddress } from '../../../src/lib/server/request.ts';
import { caught } from '../../support/caught.ts';
import { startLocalServer } from '../../support/local-server.ts';

const USAGE = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const TIMINGS = {
  cache_n: 2,
  prompt_n: 7,
  prompt_per_second: 70.5,
  predicted_n: 4,
  predicted_per_second: 20.25,
};

function chunk(delta: object, finishReason: string | null = null): string {
  return event({ choices: [{ index: 0, delta, finish_reason: finishReason }] });
}

function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

const STREAM = [
  ': ping\n\n',
  chunk({ role: 'assistant', content: null }),
  chunk({ reasoning_content: 'Hm …' }),
  chunk({ content: 'Grüße, ' }),
  chunk({ content: '🦙!' }),
  chunk({}, 'stop'),
  event({ choices: [], usage: USAGE, timings: TIMINGS }),
  event('[DONE]'),
].join('');

const ANSWER = {
  text: 'Grüße, 🦙!',
  reasoning: 'Hm …',
  finishReason: 'stop',
  usage: { promptTokens: 9, completionTokens: 4, totalTokens: 13 },
  timings: {
    promptTokens: 7,
    cachedTokens: 2,
    promptTokensPerSecond: 70.5,
    completionTokens: 4,
    completionTokensPerSecond: 20.25,
  },
  firstTokenSeconds: 0.25,
};

/** A clock that is read twice: when the request is sent and when the first token is there. */
function quarterSecondClock(): () => number {
  let reading = 750;
  return () => (reading += 250);
}

function addressOf(origin: string): ServerAddress {
  const { hostname, port } = new URL(origin);
  return { host: hostname, port: Number(port) };
}

async function chatWith(
  answer: (response: ServerResponse) => void,
  options: Parameters<typeof streamChat>[2] = {},
) {
  await using server = await startLocalServer((request, response) => {
    request.resume();
    answer(response);
  });
  const body = { model: 'm', messages: [] };
  return await streamChat(addressOf(server.origin), body, {
    now: quarterSecondClock(),
    ...options,
  });
}

const EVENTS = { 'content-type': 'text/event-stream' };

describe('an answer that streams in', () => {
  test('is put together, and told piece by piece', async () => {
    const told: string[] = [];
    const answer = await chatWith((response) => response.writeHead(200, EVENTS).end(STREAM), {
      onText: (text) => told.push(text),
      onReasoning: (text) => told.push(`(${text})`),
    });
    expect(answer).toEqual(ANSWER);
    expect(told).toEqual(['(Hm …)', 'Grüße, ', '🦙!']);
  });

  test('is the same when every byte comes by itself', async () => {
    const answer = await chatWith((response) => {
      response.writeHead(200, EVENTS);
      const bytes = [...Buffer.from(STREAM)];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) response.end();
        else response.write(Buffer.of(byte), () => setImmediate(next));
      };
      next();
    });
    expect(answer).toEqual(ANSWER);
  });

  test('is the same wherever its bytes are cut', () => {
    const bytes = Buffer.from(STREAM);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
        const told: string[] = [];
        const reader = new AnswerReader({ onText: (text) => told.push(text) }, () => 0.25);
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          reader.feed(bytes.subarray(from, cut));
          from = cut;
        }
        expect(reader.isComplete).toBe(true);
        expect(reader.result()).toEqual(ANSWER);
        expect(told.join('')).toBe(ANSWER.text);
      }),
    );
  });

  test('lacks usage and timings where the server tells none', async () => {
    const answer = await chatWith((response) =>
      response.writeHead(200, EVENTS).end(`${chunk({ content: 'x' }, 'length')}data: [DONE]\n\n`),
    );
    expect(answer).toEqual({
      text: 'x',
      finishReason: 'length',
      usage: null,
      timings: null,
      firstTokenSeconds: 0.25,
    });
  });

  const CUT = chunk({ content: 'half' });
  const HALF_A_CHARACTER = Buffer.from('data: {"choices":[{"delta":{"content":"🦙').subarray(0, -2);
  test.each<[string, (response: ServerResponse) => void]>([
    ['is ended', (response) => response.writeHead(200, EVENTS).end(CUT)],
    [
      'is cut off',
      (response) => response.writeHead(200, EVENTS).write(CUT, () => response.destroy()),
    ],
    [
      'ends in half a character',
      (response) =>
        response.writeHead(200, EVENTS).end(Buffer.concat([Buffer.from(CUT), HALF_A_CHARACTER])),
    ],
  ])('that %s too early says that the server is gone, and keeps what came', async (_, end) => {
    const partial: ChatAnswer[] = [];
    const options = { onPartial: (answer: ChatAnswer) => partial.push(answer) };
    expect((await caught(chatWith(end, options))).code).toBe('SERVER_GONE');
    expect(partial.map(({ finishReason, text }) => [text, finishReason])).toEqual([['half', null]]);
  });

  test('that is broken off knows its figures from the last event', async () => {
    const timings = { ...TIMINGS, predicted_n: 1 };
    let partial: ChatAnswer | undefined;
    const controller = new AbortController();
    const delta = { choices: [{ delta: { content: 'one' }, finish_reason: null }], timings };
    await caught(
      chatWith((response) => response.writeHead(200, EVENTS).write(event(delta)), {
        signal: controller.signal,
        onText: () => controller.abort(),
        onPartial: (answer) => (partial = answer),
      }),
    );
    expect(partial).toMatchObject({
      text: 'one',
      usage: { promptTokens: 9, completionTokens: 1, totalTokens: 10 },
      timings: { completionTokens: 1 },
    });
  });

  test('tells how far the prompt has been read', async () => {
    const told: unknown[] = [];
    const progress = { total: 34, cache: 2, processed: 18, time_ms: 7 };
    const delta = { role: 'assistant', content: null };
    const reading = event({ choices: [{ delta, finish_reason: null }], prompt_progress: progress });
    await chatWith((response) => response.writeHead(200, EVENTS).end(reading + STREAM), {
      onProgress: (at) => told.push(at),
    });
    expect(told).toEqual([{ total: 34, cached: 2, processed: 18 }]);
  });

  test('puts tool calls together from their pieces', async () => {
    const call = (index: number, rest: object): string =>
      chunk({ tool_calls: [{ index, ...rest }] });
    const answer = await chatWith((response) =>
      response
        .writeHead(200, EVENTS)
        .end(
          call(0, { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"ci' } }) +
            call(1, { id: 'b', function: { name: 'time', arguments: '' } }) +
            call(0, { function: { arguments: 'ty":"Cusco"}' } }) +
            call(1, { function: { arguments: '{}' } }) +
            chunk({}, 'tool_calls') +
            event('[DONE]'),
        ),
    );
    expect(answer.finishReason).toBe('tool_calls');
    expect(answer.toolCalls).toEqual([
      { id: 'a', name: 'weather', arguments: '{"city":"Cusco"}' },
      { id: 'b', name: 'time', arguments: '{}' },
    ]);
  });

  test('whose listener fails is that failure, not the server gone', async () => {
    const failing = chatWith((response) => response.writeHead(200, EVENTS).end(STREAM), {
      onText: () => {
        throw new TypeError('a slip of ours');
      },
    });
    await expect(failing).rejects.toThrow(new TypeError('a slip of ours'));
  });

  test('that stalls is waited for until it is broken off', async () => {
    const controller = new AbortController();
    const error = await caught(
      chatWith(
        (response) => {
          response.writeHead(200, EVENTS).write(': ping\n\n', () => controller.abort());
        },
        { signal: controller.signal },
      ),
    );
    expect(error.code).toBe('INTERRUPTED');
  });

  test.each([
    [
      'as data',
      event({ error: { code: 500, message: 'out of\u001B[2J slots', type: 'server_error' } }),
    ],
    ['as a field', 'error: {"code":500,"message":"out of\\u001b[2J slots"}\n\n'],
  ])('that fails halfway gives the words of the server, sent %s', async (_, failure) => {
    const error = await caught(
      chatWith((response) =>
        response.writeHead(200, EVENTS).end(`${chunk({ content: 'half' })}${failure}`),
      ),
    );
    expect(error.code).toBe('SERVER_ANSWER');
    expect(error.message).toBe('The server says: out of[2J slots');
  });

  test('that is refused gives the words of the server', async () => {
    const body = {
      error: { code: 400, message: "model 'zzz' not found", type: 'invalid_request_error' },
    };
    const error = await caught(
      chatWith((response) => response.writeHead(400).end(JSON.stringify(body))),
    );
    expect(error).toMatchObject({
      code: 'SERVER_ANSWER',
      message: "The server says: model 'zzz' not found",
    });
  });

  const TOO_LONG = { code: 400, message: 'too long', type: 'exceed_context_size_error' };
  test.each([
    ['with figures', { ...TOO_LONG, n_prompt_tokens: 9004, n_ctx: 4096 }, '-c 10240'],
    ['without', TOO_LONG, '-c <tokens>'],
  ])('that does not fit the context comes with what to do, %s', async (_, refusal, hint) => {
    const body = JSON.stringify({ error: refusal });
    const error = await caught(chatWith((response) => response.writeHead(400).end(body)));
    expect(error.code).toBe('CONTEXT_EXCEEDED');
    expect(error.exitCode).toBe(10);
    expect(error.hint).toContain(hint);
  });

  test('that does not fit the context tells its figures to the program as well', async () => {
    const refusal = { ...TOO_LONG, n_prompt_tokens: 9004, n_ctx: 4096 };
    const error = await caught(
      chatWith((response) => response.writeHead(200, EVENTS).end(event({ error: refusal }))),
    );
    expect(error.message).toContain('9004');
    expect(error.cause).toBeInstanceOf(ContextExceeded);
    expect(error.cause).toMatchObject({ promptTokens: 9004, contextSize: 4096 });
  });

  test.each(['not JSON', '{"choices":7}', '[]'])(
    'with nonsense in it (%s) is an error',
    async (data) => {
      const error = await caught(
        chatWith((response) => response.writeHead(200, EVENTS).end(event(data))),
      );
      expect(error.code).toBe('SERVER_ANSWER');
    },
  );

  test('that is broken off closes the connection', async () => {
    const controller = new AbortController();
    let closed = (): void => undefined;
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const error = await caught(
      chatWith(
        (response) => {
          response.on('close', closed);
          response.writeHead(200, EVENTS).write(chunk({ content: 'first' }));
        },
        { signal: controller.signal, onText: () => controller.abort() },
      ),
    );
    expect(error.code).toBe('INTERRUPTED');
    await closing;
  });

  test('is not asked for when the signal is aborted already', async () => {
    await using server = await startLocalServer((_, response) => response.end());
    const error = await caught(
      streamChat(addressOf(server.origin), {}, { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe('INTERRUPTED');
    expect(server.seen).toEqual([]);
  });
});
