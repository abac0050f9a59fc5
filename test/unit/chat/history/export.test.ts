import { constantFrom, array, assert, property } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { exportConversations, formatOfFile } from '../../../../src/lib/chat/history/export.ts';
import type { KeptConversation } from '../../../../src/lib/chat/history/history.ts';
import { jsonText } from '../../../../src/lib/json-text.ts';

const AT = new Date('2026-03-04T05:06:07Z');

const KEPT: KeptConversation = {
  info: {
    id: '7kq2m0xd',
    title: 'What is *this*? <b>',
    model: 'ana/tiny_GGUF:Q4_K_M',
    system: 'Be brief.',
    createdAt: AT,
    updatedAt: AT,
    messageCount: 2,
  },
  messages: [
    {
      id: 1,
      role: 'user',
      content: 'What is *this*? <b>\r\nSay.',
      images: [{ name: 'cat_1.png', mimeType: 'image/png', data: 'AAAA' }],
      at: AT,
    },
    {
      id: 2,
      role: 'assistant',
      content: '- a **cat**\u001B[2J\u009B0m',
      reasoning: 'Fur.\n\nWhiskers.',
      stopped: true,
      stats: { tokens: 5 },
      at: AT,
    },
  ],
};

test('Markdown has what was said as it was said, without control characters', () => {
  expect(exportConversations([KEPT, KEPT], 'md').split('\n---\n\n')[0]).toMatchInlineSnapshot(`
    "# What is \\*this\\*? \\<b\\>

    - Model: ana/tiny_GGUF:Q4_K_M
    - Begun: 2026-03-04T05:06:07.000Z
    - Conversation: 7kq2m0xd

    ## System

    Be brief.

    ## User

    *Image: cat_1.png (image/png)*

    What is *this*? <b>
    Say.

    ## Assistant

    > Fur.
    >
    > Whiskers.

    - a **cat**[2J0m

    *(stopped)*
    "
  `);
});

test('JSON has the messages of a chat request, the system prompt first', () => {
  const text = exportConversations([KEPT], 'json');
  expect(JSON.parse(text)).toEqual({
    conversations: [
      {
        id: '7kq2m0xd',
        title: 'What is *this*? <b>',
        model: 'ana/tiny_GGUF:Q4_K_M',
        createdAt: AT.toISOString(),
        updatedAt: AT.toISOString(),
        messageCount: 2,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { ...KEPT.messages[0], at: AT.toISOString() },
          { ...KEPT.messages[1], at: AT.toISOString() },
        ],
      },
    ],
  });
});

test('JSON Lines has a conversation on each line', () => {
  const text = exportConversations([KEPT, KEPT], 'jsonl');
  const lines = text.split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe('');
  expect(lines[0]).toBe(lines[1]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: '7kq2m0xd' });
});

test.each([
  ['chat.md', 'md'],
  ['chat.Markdown', 'md'],
  ['/a.b/chat.JSON', 'json'],
  ['chats.jsonl', 'jsonl'],
  ['chats.txt', undefined],
  ['md', undefined],
  ['a.md/chat', undefined],
])('the name %s asks for the format %s', (name, format) => {
  expect(formatOfFile(name)).toBe(format);
});

describe('JSON for a terminal', () => {
  test('is the same data, and holds nothing that a terminal obeys', () => {
    const character = constantFrom(
      'a',
      '"',
      '\\',
      '\n',
      '\u001B',
      '\u0000',
      '\u007F',
      '\u009B',
      '\u202E',
      '\u2069',
      '\uD800',
      '🦙',
    );
    assert(
      property(array(character), (characters) => {
        const value = { [characters.join('')]: [characters.join('')] };
        const text = jsonText(value, 2);
        expect(JSON.parse(text)).toEqual(value);
        expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\u2069]/u);
      }),
    );
  });
});
