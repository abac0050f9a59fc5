import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupMembers } from '../../src/lib/process-identity.ts';
import { readLiveState } from '../../src/lib/server/state.ts';
import { requestJson } from '../../src/lib/server/request.ts';
import { writeTinyProjector } from '../support/gguf/tiny-projector.ts';
import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
const LONG = Array.from({ length: 300 }, (_, index) => `w${index}`).join(' ');
const REF = 'user/alpha:Q4_K_M';
const THINKER = 'user/thinker:Q8_0';
const SLOW = 'user/slow:F32';
/** A template whose model thinks unless it is told not to, in the form that many models use. */
const THINKING_TEMPLATE = `{%- if reasoning_effort is defined %}[{{ reasoning_effort }}]{% endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' and message.reasoning_content %}
{{- '<|assistant|><think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' + message.content + '<|end|>' }}
{%- else %}{{- '<|' + message.role + '|>' + message.content + '<|end|>' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|assistant|><think>\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}{{- '\\n</think>\\n\\n' }}{% endif %}
{%- endif %}`;
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(REF, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function put(name: string, content: string | Buffer): Promise<string> {
  await writeFile(path.join(home.folder, name), content);
  return name;
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** How many requests a model works on now. */
async function busySlots(ref: string): Promise<number> {
  const state = await readLiveState(home.path('run', 'server.json'));
  if (state === undefined) throw new Error('no server runs');
  const slots = (await requestJson(state, {
    method: 'GET',
    path: `/slots?model=${encodeURIComponent(ref)}`,
  })) as { is_processing: boolean }[];
  return slots.filter((slot) => slot.is_processing).length;
}

describe('what is asked', () => {
  test('is joined from words, --prompt and the pipe, also by the name chat', async () => {
    const promptTokens = async (words: readonly string[], input: string): Promise<number> => {
      const result = await home.run([...words, '--json'], { input });
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      return (JSON.parse(result.stdout) as { usage: { promptTokens: number } }).usage.promptTokens;
    };
    const whole = 'hello you\n\nand you\n\nand what is piped in';
    const parts = ['chat', REF, 'hello', 'you', '-p', 'and you'];
    const joined = await promptTokens(parts, 'and what is piped in\n');
    expect(joined).toBe(await promptTokens(['run', REF, '-p', whole], ''));
    expect(joined).toBeGreaterThan(await promptTokens(['run', REF, 'hello'], ''));
  });

  test('that is not text is refused', async () => {
    const child = home.start(['run', REF], { input: 'a\u0000b' });
    expect(await child).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('with --raw is gone on with, without the chat template', async () => {
    const raw = await home.run(['run', REF, '--raw', '--json', '-p', 'hi']);
    // The two characters and the beginning, nothing of a template.
    expect(JSON.parse(raw.stdout)).toMatchObject({ text: SENTENCE, usage: { promptTokens: 3 } });
    const shown = await home.run(['run', REF, '--raw', '-p', 'hi']);
    expect(shown).toEqual({ exitCode: 0, stdout: `${SENTENCE}\n`, stderr: '' });
    expect(await home.run(['run', REF, '--raw', '-p', 'hi', '-s', 'x'])).toMatchObject({
      exitCode: 2,
    });
  });

  test('with pictures needs a model that sees', async () => {
    await put('pixel.png', PIXEL);
    const blind = await home.run(['run', REF, 'what?', '--image', 'pixel.png']);
    expect(blind).toMatchObject({ exitCode: 2, stdout: '' });
    expect(blind.stderr).toContain(`${REF} cannot see pixel.png`);
    const file = await home.store('user/seeing:Q8_0', SENTENCE);
    await writeTinyProjector({ path: path.join(path.dirname(file), 'mmproj-F16.gguf') });
    const words = ['run', 'user/seeing', 'what?', '--image', 'pixel.png', '--image', 'pixel.png'];
    expect(await home.run(words)).toEqual({ exitCode: 0, stdout: `${SENTENCE}\n`, stderr: '' });
    await put('broken.png', PIXEL.subarray(0, 20));
    const broken = await home.run(['run', 'user/seeing', 'what?', '--image', 'broken.png']);
    expect(broken).toMatchObject({ exitCode: 10, stdout: '' });
    expect(broken.stderr).toContain('Failed to load image');
  });

  test('and does not fit the context says what does', async () => {
    const result = await home.run(['run', REF, '--json'], { input: 'x'.repeat(9000) });
    expect(result.exitCode).toBe(10);
    const { error } = JSON.parse(result.stdout) as { error: Record<string, string> };
    expect(error['code']).toBe('CONTEXT_EXCEEDED');
    expect(error['message']).toMatch(/takes 90\d\d tokens, and the context holds 4096/u);
    expect(error['hint']).toContain('-c 10240');
  });
});

describe('the answer', () => {
  test('keeps to JSON, a schema or a grammar', async () => {
    const colours = { enum: ['llamas'] };
    const schema = { type: 'object', properties: { a: colours }, required: ['a'] };
    await put('a.schema.json', JSON.stringify({ ...schema, additionalProperties: false }));
    await put('a.gbnf', 'root ::= "llamas" " carry"\n');
    const json = await home.run(['run', REF, 'hi', '--format', 'json', '-n', '20']);
    expect(json.stdout.trimStart()).toMatch(/^\{/u);
    const bySchema = await home.run(['run', REF, 'hi', '--format', 'a.schema.json']);
    expect(JSON.parse(bySchema.stdout)).toEqual({ a: 'llamas' });
    for (const more of [[], ['--raw']]) {
      const byGrammar = await home.run(['run', REF, 'hi', '--format', 'a.gbnf', ...more]);
      expect(byGrammar).toEqual({ exitCode: 0, stdout: 'llamas carry\n', stderr: '' });
    }
    const gone = await home.run(['run', REF, 'hi', '--format', 'gone.json']);
    expect(gone).toMatchObject({ exitCode: 3, stdout: '' });
  });

  test('comes as events, an error as well', async () => {
    const words = ['--output', 'stream-json'];
    const events = jsonLines((await home.run(['run', REF, 'hello', ...words])).stdout);
    const types = events.map((event) => event['type']);
    expect(types[0]).toBe('start');
    expect(types.at(-1)).toBe('end');
    expect(new Set(types)).toEqual(new Set(['start', 'progress', 'text', 'end']));
    const pieces = events.filter((event) => event['type'] === 'text');
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.map((event) => event['text']).join('')).toBe(SENTENCE);
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 9 } });

    const failed = await home.run(['run', 'user/none', 'hello', ...words]);
    expect(failed).toMatchObject({ exitCode: 3, stderr: '' });
    expect(jsonLines(failed.stdout)).toEqual([
      { type: 'error', error: expect.objectContaining({ code: 'MODEL_NOT_FOUND' }) as object },
    ]);
    const wrong = await home.run(['run', REF, 'hi', '--output', 'json', '--temp', 'hot']);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { exitCode: 2 } });
    const both = await home.run(['run', REF, 'hi', '--json', '--output', 'text']);
    expect(both.exitCode).toBe(2);
  });

  test('is followed by figures on stderr when they are wanted', async () => {
    const { stderr, stdout } = await home.run(['run', REF, 'hello', '--stats']);
    expect(stdout).toBe(`${SENTENCE}\n`);
    expect(stderr).toMatch(
      /^[\d.]+ tok\/s · first token [\d.]+ s · 9 tokens · context \d+ of 4\.1k \(\d+ %\).*\n$/u,
    );
  });

  test('is apart from what was thought, as much as was wanted', async () => {
    await home.store(THINKER, 'let me see now </think> the answer is 42');
    const template = await put('template.jinja', THINKING_TEMPLATE);
    const words = ['run', THINKER, 'hi', '--chat-template-file', template];
    expect(await home.run(words)).toEqual({
      exitCode: 0,
      stdout: 'the answer is 42\n',
      stderr: 'let me see now \n',
    });
    for (const quiet of ['--hide-thinking', '--quiet']) {
      expect(await home.run([...words, quiet])).toMatchObject({ stderr: '' });
    }
    const json = await home.run([...words, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      text: ' the answer is 42',
      reasoning: 'let me see now ',
    });
    // The template closes the thinking, so all that this model says is its answer.
    const off = await home.run([...words, '--think', 'off']);
    expect(off).toEqual({
      exitCode: 0,
      stdout: 'let me see now </think> the answer is 42\n',
      stderr: '',
    });
    const tokens = async (level: string): Promise<number> => {
      const { stdout } = await home.run([...words, '--think', level, '--json']);
      return (JSON.parse(stdout) as { usage: { promptTokens: number } }).usage.promptTokens;
    };
    expect((await tokens('high')) - (await tokens('on'))).toBe('[high]'.length);
    const thoughtless = await home.run(['run', REF, 'hi', '--think', 'high']);
    expect(thoughtless).toMatchObject({ exitCode: 0, stdout: `${SENTENCE}\n` });
    expect(thoughtless.stderr).toContain(`the template of ${REF} knows no thinking`);
  });
});

describe('an answer that is broken off', () => {
  beforeEach(async () => {
    // A wide model is a slow one: it speaks for some seconds.
    await home.store(SLOW, LONG, { embeddingSize: 2048 });
  });

  test('by Ctrl+C ends with 130, keeps what came, and the server stops', async () => {
    const child = home.start(['run', SLOW, 'hello', '--stats']);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const { exitCode, stderr, stdout } = await child;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/^w0(?: w\d+)*\n$/u);
    expect(stdout).not.toContain('w299');
    expect(stderr).toMatch(/^.* tokens? · context .*\nInterrupted\n$/u);
    await expect.poll(() => busySlots(SLOW), { timeout: 10_000 }).toBe(0);
  });

  test('by a reader that has enough ends in silence', async () => {
    const child = home.start(['run', SLOW, 'hello']);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await child).toMatchObject({ exitCode: 0, stderr: '' });
    await expect.poll(() => busySlots(SLOW), { timeout: 10_000 }).toBe(0);
  });

  test('by the death of the model says so and keeps what came', async () => {
    const child = home.start(['run', SLOW, 'hello']);
    await once(child.stdout, 'data');
    const state = await readLiveState(home.path('run', 'server.json'));
    if (state === undefined) throw new Error('no server runs');
    for (const pid of await groupMembers(state.pid)) {
      if (pid !== state.pid) process.kill(pid, 'SIGKILL');
    }
    const { exitCode, stderr, stdout } = await child;
    expect(exitCode).toBe(10);
    expect(stdout).toMatch(/^w0(?: w\d+)*\n$/u);
    expect(stderr).toContain(`error: The process of ${SLOW} ended in the middle of the answer`);
    const again = await home.run(['run', REF, 'hello']);
    expect(again).toMatchObject({ exitCode: 0, stdout: `${SENTENCE}\n` });
  });
});

describe('loading', () => {
  async function loaded(): Promise<{ ref: string; contextSize?: number }[]> {
    const { stdout } = await home.run(['ps', '--json']);
    return (JSON.parse(stdout) as { models: { ref: string; contextSize?: number }[] }).models;
  }

  test('takes the flags of llama-server that follow --', async () => {
    const words = ['run', REF, 'hello', '--', '--ctx-size', '512', '--no-context-shift'];
    expect(await home.run(words)).toMatchObject({ exitCode: 0, stdout: `${SENTENCE}\n` });
    expect(await loaded()).toMatchObject([{ ref: REF, contextSize: 512 }]);
    const wrong = await home.run(['run', REF, 'hello', '--', 'no-flag']);
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('with --keep-alive 0 ends with the answer', async () => {
    const kept = await home.run(['run', REF, 'hello', '--keep-alive', '5m']);
    expect(kept).toMatchObject({ exitCode: 0 });
    expect(await loaded()).toHaveLength(1);
    const freed = await home.run(['run', REF, 'hello', '--keep-alive', '0']);
    expect(freed).toMatchObject({ exitCode: 0, stdout: `${SENTENCE}\n` });
    expect(await loaded()).toEqual([]);
  });
});

describe('on a terminal', () => {
  test('a long prompt says how far it is read, in a line that goes away', async () => {
    await home.store(SLOW, SENTENCE, { embeddingSize: 2048 });
    const batches = ['--batch-size', '64', '--ubatch-size', '64'];
    await using pty = new Pty(home, ['run', SLOW, ...batches, '--no-markdown', 'x'.repeat(2000)]);
    const seen = await pty.waitFor('Reading the prompt …');
    await pty.waitFor(SENTENCE, seen);
    expect(await pty.ended).toBe(0);
    expect(pty.output.slice(seen)).toMatch(/\r\u001B\[Kllamas carry/u);
  });

  test('Markdown is laid out, but not for a pipe, nor when it is not wanted', async () => {
    await home.store('user/bold:Q8_0', 'a **bold** word');
    const words = ['run', 'user/bold', 'hello'];
    await using laidOut = new Pty(home, words);
    expect(await laidOut.ended).toBe(0);
    expect(laidOut.output).toContain('bold');
    expect(laidOut.output).not.toContain('**');
    await using plain = new Pty(home, [...words, '--no-markdown']);
    expect(await plain.ended).toBe(0);
    expect(plain.output).toContain('a **bold** word');
    expect(await home.run(words)).toMatchObject({ stdout: 'a **bold** word\n', stderr: '' });
  });

  test('a prompt with -i is answered, and the conversation goes on', async () => {
    await using pty = new Pty(home, ['run', REF, '-i', 'hello']);
    const seen = await pty.waitFor('paths');
    await pty.waitFor('>>> ', seen);
    pty.type('/bye\r');
    expect(await pty.ended).toBe(0);
  });

  test('a conversation cannot begin in a pipe', async () => {
    for (const words of [[REF, '-i', 'hello'], ['--continue'], ['--resume', 'abc'], []]) {
      expect(await home.run(['run', ...words])).toMatchObject({ exitCode: 2, stdout: '' });
    }
  });
});
