import type { IncomingMessage, ServerResponse } from 'node:http';

import { describe, expect, test } from 'vitest';

import {
  applyTemplate,
  countChatTokens,
  countTokens,
  modelProps,
} from '../../../src/lib/server/model-props.ts';
import type { ServerAddress } from '../../../src/lib/server/request.ts';
import { caught } from '../../support/caught.ts';
import { startLocalServer } from '../../support/local-server.ts';

const ID = 'user/repo:Q4 & more';

/** A server that answers everything with one document. */
async function answering(document: unknown) {
  const bodies: unknown[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await textOf(request);
    bodies.push(text === '' ? undefined : JSON.parse(text));
    response.end(JSON.stringify(document));
  };
  const server = await startLocalServer((request, response) => void answer(request, response));
  const { hostname, port } = new URL(server.origin);
  const address: ServerAddress = { host: hostname, port: Number(port) };
  return { address, bodies, seen: server.seen, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** As build 11669 answers, but for what is of no matter here. */
const PROPS = {
  default_generation_settings: { params: { temperature: 0.8 }, n_ctx: 4096 },
  modalities: { vision: true, video: true, audio: false },
  chat_template: '{{ messages }}',
  chat_template_caps: { supports_tools: true, supports_reasoning_effort: false, odd: 'text' },
  is_sleeping: false,
};

describe('what a model can do', () => {
  test('is read from its server, which is asked by the whole name', async () => {
    await using server = await answering(PROPS);
    expect(await modelProps(server.address, ID)).toEqual({
      contextSize: 4096,
      vision: true,
      audio: false,
      chatTemplate: '{{ messages }}',
      templateCapabilities: { supports_tools: true, supports_reasoning_effort: false },
      supportsThinking: false,
      supportsThinkLevels: false,
    });
    expect(server.seen[0]?.url).toBe(`/props?model=${encodeURIComponent(ID)}`);
  });

  test('is nothing where the server tells nothing', async () => {
    await using server = await answering({});
    expect(await modelProps(server.address, ID)).toEqual({
      contextSize: undefined,
      vision: false,
      audio: false,
      chatTemplate: undefined,
      templateCapabilities: {},
      supportsThinking: false,
      supportsThinkLevels: false,
    });
  });

  test.each([
    ['{% if enable_thinking is false %}', {}, true, false],
    ["{{ content.split('</think>')[-1] }}", {}, true, false],
    ['{{ message.reasoning_content }}', {}, true, false],
    ['{{ x }}', { supports_reasoning_effort: true }, true, true],
    ['{{ bos_token }}{{ message.content }}', {}, false, false],
  ])('template %j with %j: thinking %j, levels %j', async (template, caps, thinking, levels) => {
    await using server = await answering({ chat_template: template, chat_template_caps: caps });
    expect(await modelProps(server.address, ID)).toMatchObject({
      supportsThinking: thinking,
      supportsThinkLevels: levels,
    });
  });

  test('of a server that answers otherwise is an error that says so', async () => {
    await using server = await answering({ modalities: 'all' });
    expect((await caught(modelProps(server.address, ID))).code).toBe('SERVER_ANSWER');
  });
});

describe('what a model is given', () => {
  const body = { model: ID, messages: [{ role: 'user', content: 'hi' }] };

  test('is the template filled with the messages', async () => {
    await using server = await answering({ prompt: '<|user|>hi' });
    expect(await applyTemplate(server.address, body)).toBe('<|user|>hi');
    expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/apply-template' });
    expect(server.bodies).toEqual([body]);
  });

  test('is counted in tokens, a text or a chat', async () => {
    await using text = await answering({ tokens: [1, 2, 3] });
    expect(await countTokens(text.address, ID, 'a b c')).toBe(3);
    expect(text.bodies).toEqual([{ model: ID, content: 'a b c' }]);
    await using chat = await answering({ input_tokens: 6, object: 'response.input_tokens' });
    expect(await countChatTokens(chat.address, body)).toBe(6);
    expect(chat.bodies).toEqual([body]);
  });
});
