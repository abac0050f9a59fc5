import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
/** What is looked for in the output: words of an answer may be drawn one by one. */
const LAST_WORD = 'paths';
const A = 'user/alpha:Q4_K_M';
const CTRL_D = '\u0004';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(A, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

describe('a context size that was set in the conversation', () => {
  async function contextSize(): Promise<number | undefined> {
    const { stdout } = await home.run(['ps', '--json']);
    const { models } = JSON.parse(stdout) as {
      readonly models: readonly { readonly ref: string; readonly contextSize?: number }[];
    };
    return models.find(({ ref }) => ref === A)?.contextSize;
  }

  /** Talks with a context of 1024 tokens. */
  async function withContextSet(pty: Pty): Promise<number> {
    let seen = await pty.waitFor('>>> ');
    pty.type('/set ctx-size 1024\r');
    seen = await pty.waitFor('again with it now?', seen);
    pty.type('y\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor('ctx-size: 1024', seen));
    expect(await contextSize()).toBe(1024);
    return seen;
  }

  test('is there again with the next question after somebody stopped the model', async () => {
    await using pty = new Pty(home, ['run', A]);
    let seen = await withContextSet(pty);
    for (const stop of [
      ['stop', A],
      ['stop', '--server'],
    ]) {
      expect((await home.run(stop)).exitCode).toBe(0);
      pty.type('/show\r');
      seen = await pty.waitFor('not now; the next question loads it', seen);
      seen = await pty.waitFor('>>> ', await pty.waitFor('ctx-size 1024', seen));
      pty.type('hello\r');
      seen = await pty.waitFor('it is loaded again with ctx-size 1024', seen);
      seen = await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
      expect(await contextSize()).toBe(1024);
    }
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
  });

  test('by a flag is there again as well', async () => {
    await using pty = new Pty(home, ['run', A, '-c', '1024']);
    let seen = await pty.waitFor('>>> ');
    expect((await home.run(['stop', A])).exitCode).toBe(0);
    pty.type('hello\r');
    seen = await pty.waitFor('it is loaded again with ctx-size 1024', seen);
    await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
    expect(await contextSize()).toBe(1024);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
  });

  test('is told to be gone where somebody else uses the model with another', async () => {
    await using pty = new Pty(home, ['run', A]);
    let seen = await withContextSet(pty);
    expect((await home.run(['run', A, '-c', '2048', 'Hello'])).exitCode).toBe(0);
    pty.type('hello\r');
    seen = await pty.waitFor('without ctx-size 1024', seen);
    seen = await pty.waitFor('>>> ', await pty.waitFor(LAST_WORD, seen));
    expect(await contextSize()).toBe(2048);
    pty.type('/show\r');
    await pty.waitFor('of 2048 tokens', seen);
    await pty.waitFor('>>> ', await pty.waitFor('kept as', seen));
    expect(pty.output.slice(seen)).not.toContain('ctx-size 1024');
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
  });
});
