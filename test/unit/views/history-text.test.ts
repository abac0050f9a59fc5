import { PassThrough } from 'node:stream';

import { expect, test } from 'vitest';

import type { KeptConversation } from '../../../src/lib/chat/history/history.ts';
import { type StandardStreams, Terminal } from '../../../src/lib/ui/terminal.ts';
import { renderConversation } from '../../../src/views/history-text.ts';

const NOW = new Date('2026-01-02T00:00:00Z');

function terminal(): Terminal {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  return new Terminal(streams as unknown as StandardStreams, 'normal', { FORCE_COLOR: '1' });
}

function conversation(...answers: readonly string[]): KeptConversation {
  return {
    info: {
      id: 'abcd1234',
      title: 'About code',
      model: 'user/alpha:Q4_K_M',
      createdAt: NOW,
      updatedAt: NOW,
      messageCount: answers.length,
    },
    messages: answers.map((content, id) => ({ id, role: 'assistant', content, at: NOW })),
  };
}

test('code in every answer of a conversation has its colours', async () => {
  const kept = conversation('```js\nconst a = 1;\n```', 'Or:\n\n~~~python\ndef b(): pass\n~~~');
  const options = { terminal: terminal(), now: NOW };
  const keyword = /\u001B\[\d+m(?:const|def)\u001B/gu;
  expect((await renderConversation(kept, { ...options, raw: false })).match(keyword)).toHaveLength(
    2,
  );
  expect(await renderConversation(kept, { ...options, raw: true })).toContain(
    '```js\nconst a = 1;',
  );
});
