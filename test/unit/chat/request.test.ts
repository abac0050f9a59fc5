import { describe, expect, test } from 'vitest';

import type { Message } from '../../../src/lib/chat/message.ts';
import {
  THINK_LEVELS,
  type ThinkLevel,
  chatRequest,
  completionRequest,
} from '../../../src/lib/chat/request.ts';

const HELLO: Message = { role: 'user', content: 'hello' };
const PNG = { name: 'a.png', mimeType: 'image/png', data: 'AAAA' };
const SCHEMA = { type: 'object', properties: {} };

function request(options: Partial<Parameters<typeof chatRequest>[0]> = {}) {
  return chatRequest({ model: 'm', messages: [HELLO], sampling: {}, ...options });
}

describe('the request for an answer', () => {
  test('holds the model, the messages and what was set, and nothing else', () => {
    expect(request({ sampling: { temp: 0, 'top-k': 40, seed: undefined } })).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      temperature: 0,
      top_k: 40,
    });
  });

  test('gives nothing back to the model of what it thought', () => {
    const messages: Message[] = [
      HELLO,
      { role: 'assistant', content: 'hi', reasoning: 'secret', stopped: true },
    ];
    expect(request({ messages })['messages']).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'hi' },
    ]);
  });

  test.each([
    ['hello', [{ type: 'text', text: 'hello' }]],
    ['', []],
  ])('shows pictures before the text %j', (content, text) => {
    const messages: Message[] = [{ role: 'user', content, images: [PNG] }];
    expect(request({ messages })['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }, ...text],
      },
    ]);
  });

  test.each<[ThinkLevel, object]>([
    ['on', { chat_template_kwargs: { enable_thinking: true } }],
    ['off', { chat_template_kwargs: { enable_thinking: false }, reasoning_budget_tokens: 0 }],
    ['low', { chat_template_kwargs: { enable_thinking: true, reasoning_effort: 'low' } }],
    ['medium', { chat_template_kwargs: { enable_thinking: true, reasoning_effort: 'medium' } }],
    ['high', { chat_template_kwargs: { enable_thinking: true, reasoning_effort: 'high' } }],
  ])('says how much to think: %s', (think, fields) => {
    expect(THINK_LEVELS).toContain(think);
    expect(request({ think })).toEqual({ ...request(), ...fields });
  });

  test.each([
    [{ type: 'json' } as const, { response_format: { type: 'json_object' } }],
    [
      { type: 'schema', schema: SCHEMA } as const,
      {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: SCHEMA } },
      },
    ],
    [{ type: 'grammar', grammar: 'root ::= "a"' } as const, { grammar: 'root ::= "a"' }],
  ])('says the form: %j', (format, fields) => {
    expect(request({ format })).toEqual({ ...request(), ...fields });
  });

  test('asks to go on with the last message', () => {
    const messages: Message[] = [HELLO, { role: 'assistant', content: 'half an ans' }];
    expect(request({ messages, continueLast: true })).toMatchObject({
      continue_final_message: true,
      add_generation_prompt: false,
    });
    expect(request({ messages })).not.toHaveProperty('continue_final_message');
  });
});

describe('the request to go on with a text', () => {
  test.each([
    [undefined, {}],
    [{ type: 'json' } as const, { json_schema: { type: 'object' } }],
    [{ type: 'schema', schema: SCHEMA } as const, { json_schema: SCHEMA }],
    [{ type: 'grammar', grammar: 'root ::= "a"' } as const, { grammar: 'root ::= "a"' }],
  ])('has the text as it is, in the form %j', (format, fields) => {
    const body = completionRequest({
      model: 'm',
      prompt: ' Once ',
      sampling: { predict: 3 },
      format,
    });
    expect(body).toEqual({ model: 'm', prompt: ' Once ', max_tokens: 3, ...fields });
  });
});
