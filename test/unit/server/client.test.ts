import type { ServerResponse } from 'node:http';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerReader, streamChat } from '../../../src/lib/server/client.ts';
import { type ServerAddress, requestJson, serverUrl } from '../../../src/lib/server/request.ts';
import { caught } from '../../support/caught.ts';
import { closedOrigin, startLocalServer } from '../../support/local-server.ts';

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
};

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
  return await streamChat(addressOf(server.origin), { model: 'm', messages: [] }, options);
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

  test('is the same however its text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 30 }), (cuts) => {
        const reader = new AnswerReader({});
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), STREAM.length]) {
          reader.feed(STREAM.slice(from, cut));
          from = cut;
        }
        expect(reader.isComplete).toBe(true);
        expect(reader.result()).toEqual(ANSWER);
      }),
    );
  });

  test('lacks usage and timings where the server tells none', async () => {
    const answer = await chatWith((response) =>
      response.writeHead(200, EVENTS).end(`${chunk({ content: 'x' }, 'length')}data: [DONE]\n\n`),
    );
    expect(answer).toEqual({ text: 'x', finishReason: 'length', usage: null, timings: null });
  });

  test('that ends too early says that the server is gone', async () => {
    const cut = chunk({ content: 'half' });
    for (const end of [
      (response: ServerResponse) => response.writeHead(200, EVENTS).end(cut),
      (response: ServerResponse) => {
        response.writeHead(200, EVENTS).write(cut, () => response.destroy());
      },
    ]) {
      expect((await caught(chatWith(end))).code).toBe('SERVER_GONE');
    }
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

  test('that does not fit the context comes with what to do', async () => {
    const body = { error: { code: 400, message: 'too long', type: 'exceed_context_size_error' } };
    const error = await caught(
      chatWith((response) => response.writeHead(400).end(JSON.stringify(body))),
    );
    expect(error.hint).toContain('-c <tokens>');
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

describe('a request', () => {
  test('to nobody says so', async () => {
    const address = addressOf(await closedOrigin());
    const error = await caught(requestJson(address, { method: 'GET', path: '/health' }));
    expect(error.code).toBe('SERVER_GONE');
    expect(error.message).toBe(`The server at ${serverUrl(address)} is gone: nobody listens there`);
  });

  test('that is not answered ends after its time', async () => {
    await using server = await startLocalServer(() => undefined);
    const request = { method: 'GET', path: '/health', timeoutSeconds: 0.2 } as const;
    const error = await caught(requestJson(addressOf(server.origin), request));
    expect(error.message).toContain('no answer within 0.2 s');
  });

  test('that is answered by something else says so', async () => {
    await using server = await startLocalServer((_, response) => response.end('<html>'));
    const address = addressOf(server.origin);
    const error = await caught(requestJson(address, { method: 'GET', path: '/models' }));
    expect(error.code).toBe('SERVER_ANSWER');
    expect(error.message).toContain('does not answer like llama-server');
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['fe80::1', 'http://[fe80::1]:80'],
    ['box.lan', 'http://box.lan:80'],
  ])('to a server on %s goes to %s', (host, url) => {
    expect(serverUrl({ host, port: 80 })).toBe(url);
  });
});
