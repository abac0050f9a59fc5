import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupMembers } from '../../src/lib/process-identity.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { type TestHub, startHub } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';

const SENTENCE_A = 'llamas carry small loads over high mountain paths';
const SENTENCE_B = 'every good herder counts her animals at dusk';
/** Words of an answer may be drawn one by one on a terminal. */
const LAST_WORD_A = 'paths';
const LAST_WORD_B = 'dusk';
const A = 'user/alpha:Q4_K_M';
const B = 'user/beta:UD-Q4_K_XL';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(A, SENTENCE_A);
  await home.store(B, SENTENCE_B);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function ps(): Promise<{
  server: { pid: number } | null;
  models: { ref: string; status: string; contextSize?: number }[];
}> {
  return JSON.parse((await home.run(['ps', '--json'])).stdout) as Awaited<ReturnType<typeof ps>>;
}

describe('run', () => {
  test('answers a prompt on stdout alone, for two models in turn, and stop leaves nothing', async () => {
    for (const [ref, sentence] of [
      [A, SENTENCE_A],
      ['user/beta', SENTENCE_B],
      ['user/ALPHA:q4_k_m', SENTENCE_A],
    ] as const) {
      expect(await home.run(['run', ref, 'hello'])).toEqual({
        exitCode: 0,
        stdout: `${sentence}\n`,
        stderr: '',
      });
    }
    const { models, server } = await ps();
    expect(models.map(({ ref }) => ref).sort()).toEqual([A, B]);
    const pid = server?.pid ?? 0;
    expect(await groupMembers(pid)).toHaveLength(3);

    expect(await home.run(['stop', B])).toMatchObject({ exitCode: 0, stdout: `Stopped ${B}\n` });
    expect((await ps()).models.map(({ ref }) => ref)).toEqual([A]);
    expect(await home.run(['stop', '--all'])).toMatchObject({ exitCode: 0 });
    expect(await groupMembers(pid)).toEqual([]);
    expect(await ps()).toMatchObject({ server: null, models: [] });
  });

  test('answers what is piped in', async () => {
    const piped = await home.run(['run', A], { input: 'a question\n' });
    expect(piped).toMatchObject({ exitCode: 0, stdout: `${SENTENCE_A}\n` });
    const both = await home.run(['run', A, 'summarise', '--json'], { input: 'a text\n' });
    expect(JSON.parse(both.stdout)).toMatchObject({
      model: A,
      text: SENTENCE_A,
      finishReason: 'stop',
      usage: { completionTokens: expect.any(Number) as number },
      timings: { completionTokensPerSecond: expect.any(Number) as number },
    });
  });

  test('keeps to its flags for sampling and loading', async () => {
    const short = await home.run(['run', A, '-n', '3', '-c', '512', '--temp', '0', 'hello']);
    expect(short.stdout).toBe('llamas carry small\n');
    expect(short.stderr).toContain('limit of tokens');
    expect((await ps()).models).toMatchObject([{ ref: A, status: 'loaded', contextSize: 512 }]);
    await home.run(['run', A, 'hello']);
    expect((await ps()).models[0]?.contextSize).toBe(512);
    expect(await home.run(['run', A, '--ctx', 'big', 'hello'])).toMatchObject({ exitCode: 2 });
    expect(await home.run(['run', A, '--top-p', '7', 'hello'])).toMatchObject({ exitCode: 2 });
  });

  test('without a prompt and without a terminal says what is wanted', async () => {
    const result = await home.run(['run', A]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('There is no prompt');
  });

  test('stop wants to be told what', async () => {
    await home.run(['run', A, 'hello']);
    expect(await home.run(['stop'])).toMatchObject({ exitCode: 2 });
    expect((await ps()).server).not.toBeNull();
  });
});

describe('a model that is missing', () => {
  const REF = 'user/far:Q4_K_M';

  /** A hub that has the model, in the environment of the home. */
  async function hubWithModel(): Promise<TestHub> {
    const hub = await startHub();
    const file = path.join(home.folder, 'far.gguf');
    await writeTinyModel({ path: file, sentence: SENTENCE_B });
    await hub.addRepo('user/far', { 'far-Q4_K_M.gguf': { file } });
    Object.assign(home.env, { HF_ENDPOINT: hub.endpoint, LLAMERO_OFFLINE: '0' });
    return hub;
  }

  test('is an error where nobody can be asked, and is pulled with --yes', async () => {
    await using _hub = await hubWithModel();
    const refused = await home.run(['run', REF, 'hello']);
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    const result = await home.run(['run', '--yes', REF, 'hello']);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${SENTENCE_B}\n` });
  });

  test('is asked about on a terminal', async () => {
    await using _hub = await hubWithModel();
    await using no = new Pty(home, ['run', REF, 'hello']);
    await no.waitFor('Pull it?');
    no.type('n\r');
    expect(await no.ended).toBe(3);
    await using yes = new Pty(home, ['run', REF]);
    await yes.waitFor('Pull it?');
    yes.type('y\r');
    const seen = await yes.waitFor('>>> ');
    yes.type('hello\r');
    await yes.waitFor('>>> ', await yes.waitFor(LAST_WORD_B, seen));
    yes.type('/bye\r');
    expect(await yes.ended).toBe(0);
  });
});

test('a conversation goes on after the server was killed between two turns', async () => {
  await using pty = new Pty(home, ['run', A]);
  let seen = await pty.waitFor('>>> ');
  pty.type('hello\r');
  seen = await pty.waitFor(LAST_WORD_A, seen);
  seen = await pty.waitFor('>>> ', seen);
  process.kill((await ps()).server?.pid ?? 0, 'SIGKILL');
  pty.type('hello again\r');
  seen = await pty.waitFor('it is started again', seen);
  seen = await pty.waitFor(LAST_WORD_A, seen);
  await pty.waitFor('>>> ', seen);
  pty.type('/bye\r');
  expect(await pty.ended).toBe(0);
});
