import { readFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readLiveState } from '../../src/lib/server/state.ts';
import { busySlots, type Kept, latestConversation } from '../support/conversations.ts';
import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';
import { screenText } from '../support/screen.ts';
import { signalTalkers } from '../support/talkers.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
/** What is looked for in the output: words of an answer may be drawn one by one. */
const LAST_WORD = 'paths';
/** So many words on so wide a model take far longer than any test waits for a stop. */
const ENDLESS = Array.from({ length: 1500 }, (_, index) => `w${index}`).join(' ');
const DOCUMENT = `# Llamas

Some **bold words** and a list of what a llama carries over the mountains every single day:

- salt, *if it must*
- \`wool\`

\`\`\`js
const llama = 'carries'; // small loads
\`\`\`

| load | weight |
|---|---|
| salt | 20 |

That is all.`;
const A = 'user/alpha:Q4_K_M';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(A, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

describe('Ctrl+C', () => {
  test('stops the answer on the server, keeps what came of it, and /continue goes on', async () => {
    const ref = 'user/endless:F32';
    await home.store(ref, ENDLESS, { embeddingSize: 2048 });
    await using pty = new Pty(home, ['run', ref]);
    let seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    expect(await busySlots(home, ref)).toBe(1);
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    await expect.poll(() => busySlots(home, ref), { timeout: 5000, interval: 50 }).toBe(0);
    seen = await pty.waitFor('>>> ', seen);
    const stopped = (await latestConversation(home)).messages.at(-1);
    expect(stopped?.stopped).toBe(true);
    expect(ENDLESS.startsWith(stopped?.content.trim() ?? '-')).toBe(true);

    pty.type('/continue\r');
    const words = stopped?.content.trim().split(' ').length ?? 0;
    await pty.waitFor(`w${words + 10}`, seen);
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    await pty.waitFor('>>> ', seen);
    const { messages } = await latestConversation(home);
    expect(messages).toHaveLength(2);
    expect(ENDLESS.startsWith(messages[1]?.content.trim() ?? '-')).toBe(true);
    expect(messages[1]?.content.length).toBeGreaterThan(stopped?.content.length ?? 0);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
  });

  test('clears what is typed, hints at the empty prompt and leaves at the second', async () => {
    await using pty = new Pty(home, ['run', A]);
    let seen = await pty.waitFor('>>> ');
    pty.type('half a thought');
    await pty.waitFor('half a thought', seen);
    pty.type(CTRL_C);
    seen = await pty.waitFor('>>> ', pty.output.length);
    expect(pty.output).not.toContain('Press Ctrl+C again');
    pty.type(CTRL_C);
    seen = await pty.waitFor('Press Ctrl+C again', seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_C);
    expect(await pty.ended).toBe(0);
  });
});

describe('a conversation', () => {
  test('is there again after its program was killed, and goes on', async () => {
    {
      await using pty = new Pty(home, ['run', A]);
      const seen = await pty.waitFor('>>> ');
      pty.type('the first question\r');
      await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
      expect(await signalTalkers(home, 'SIGKILL')).toBe(1);
      await pty.ended;
    }
    await using pty = new Pty(home, ['run', '--continue']);
    let seen = await pty.waitFor('the first question');
    seen = await pty.waitFor(LAST_WORD, seen);
    seen = await pty.waitFor('>>> ', seen);
    pty.type('the second question\r');
    seen = await pty.waitFor(LAST_WORD, seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    expect((await latestConversation(home)).messages.map(({ content }) => content)).toEqual([
      'the first question',
      SENTENCE,
      'the second question',
      SENTENCE,
    ]);
  });

  test('is not disturbed by another at the same time', async () => {
    await using one = new Pty(home, ['run', A]);
    await using other = new Pty(home, ['run', A]);
    for (const word of ['first', 'second', 'third']) {
      await Promise.all(
        [one, other].map(async (pty, index) => {
          const seen = await pty.waitFor('>>> ', pty.output.lastIndexOf('>>> '));
          pty.type(`${word} of ${index}\r`);
          await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
        }),
      );
    }
    for (const pty of [one, other]) {
      pty.type(CTRL_D);
      expect(await pty.ended).toBe(0);
    }
    const { stdout } = await home.run(['history', 'list', '--json']);
    const { conversations } = JSON.parse(stdout) as {
      conversations: readonly { readonly id: string; readonly messageCount: number }[];
    };
    expect(conversations.map(({ messageCount }) => messageCount)).toEqual([6, 6]);
    for (const { id } of conversations) {
      const shown = await home.run(['history', 'show', id, '--json']);
      const { conversation } = JSON.parse(shown.stdout) as { readonly conversation: Kept };
      const about = conversation.messages
        .filter(({ role }) => role === 'user')
        .map(({ content }) => content);
      expect(new Set(about.map((content) => content.at(-1))).size).toBe(1);
    }
  });

  test('outlives the server that is killed in the middle of an answer', async () => {
    const ref = 'user/endless:F32';
    await home.store(ref, ENDLESS, { embeddingSize: 2048 });
    await using pty = new Pty(home, ['run', ref]);
    let seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    process.kill((await readLiveState(home.path('run', 'server.json')))?.pid ?? 0, 'SIGKILL');
    seen = await pty.waitFor('ended in the middle of the answer', seen);
    seen = await pty.waitFor('>>> ', seen);
    pty.type('again\r');
    seen = await pty.waitFor('w20', seen, 60);
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    const { messages } = await latestConversation(home);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  test('takes a paste of several lines as one message', async () => {
    await using pty = new Pty(home, ['run', A]);
    const seen = await pty.waitFor('>>> ');
    pty.type('one\rtwo\rthree');
    await pty.waitFor('three', seen);
    pty.type('\r');
    await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
    pty.type('/bye\r');
    expect(await pty.ended).toBe(0);
    expect((await latestConversation(home)).messages).toHaveLength(2);
  });

  test('is not kept with --no-save or LLAMERO_NOHISTORY', async () => {
    await using pty = new Pty(home, ['run', A, '--no-save']);
    const seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
    pty.type(`/save\r${CTRL_D}`);
    await pty.waitFor('not kept here');
    expect(await pty.ended).toBe(0);
    home.env['LLAMERO_NOHISTORY'] = '1';
    await using other = new Pty(home, ['run', A]);
    const shown = await other.waitFor('>>> ');
    other.type('hello\r');
    await other.waitFor('>>> ', await other.waitFor(LAST_WORD, shown));
    other.type(CTRL_D);
    expect(await other.ended).toBe(0);
    await expect(readFile(home.path('history.db'))).rejects.toThrow('ENOENT');
  });

  test('goes on with another model and shows what it is sent', async () => {
    const ref = 'user/beta:Q8_0';
    await home.store(ref, 'every good herder counts her animals at dusk');
    await using pty = new Pty(home, ['run', A]);
    let seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
    pty.type('/model\r');
    seen = await pty.waitFor('Which model?', seen);
    pty.type('bet');
    await pty.waitFor(`❯ ${ref}`, seen);
    pty.type('\r');
    seen = await pty.waitFor(`Now ${ref}`, seen);
    seen = await pty.waitFor('>>> ', seen);
    pty.type('and you?\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor('dusk', seen));
    pty.type('/prompt\r');
    const prompt = `<|user|>hello<|end|><|assistant|>${SENTENCE}<|end|>`.slice(0, 70);
    await pty.waitFor('>>> ', await pty.waitFor(prompt, seen));
    pty.type('/bye\r');
    expect(await pty.ended).toBe(0);
  });
});

describe('what is seen of a conversation', () => {
  test.each([60, 80, 200])('at %i columns', async (columns) => {
    const size = { columns, rows: 30 };
    await home.store('user/writer:F16', DOCUMENT);
    await using pty = new Pty(home, ['run', 'user/writer'], size);
    let seen = await pty.waitFor('>>> ');
    pty.type('tell me\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor('all.', seen));
    pty.type('/set temp 11\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor('not 11', seen));
    pty.type('/nothing\r');
    await pty.waitFor('>>> ', await pty.waitFor('is no command here', seen));
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    const shown = await screenText(pty.output, size);
    // What is said before depends on the memory of the machine.
    expect(shown.slice(shown.indexOf('user/writer:F16. '))).toMatchSnapshot();
  });
});
