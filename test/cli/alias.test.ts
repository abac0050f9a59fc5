import { rm } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ServerHome } from '../support/server-home.ts';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store('ana/tiny-GGUF:F32', 'hello from tiny');
  await home.store('ana/other-GGUF:UD-F32', 'hello from other');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function ok(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const { exitCode, stderr, stdout } = await home.run(words);
  expect(exitCode, stderr).toBe(0);
  return { stdout, stderr };
}

/** What the server answers to a request that names a model. */
async function ask(model: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${home.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  });
  if (!response.ok) return `status ${response.status}`;
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

describe('an alias', () => {
  test('is set, shown and taken away', async () => {
    expect((await ok('alias')).stderr).toContain('No aliases yet');
    expect((await ok('alias', 'set', 'fast', 'ana/tiny-GGUF')).stderr).toBe(
      'fast is ana/tiny-GGUF:F32\n',
    );
    expect((await ok('cp', 'other', 'Fast')).stderr).toBe(
      'other is ana/other-GGUF:UD-F32\nFast is ana/other-GGUF:UD-F32, and no longer ana/tiny-GGUF:F32\n',
    );
    expect(JSON.parse((await ok('cp', 'fast', 'second', '--json')).stdout)).toEqual({
      alias: 'second',
      ref: 'ana/other-GGUF:UD-F32',
    });
    expect((await ok('alias', 'list')).stdout).toMatchInlineSnapshot(`
      "ALIAS   MODEL
      Fast    ana/other-GGUF:UD-F32
      second  ana/other-GGUF:UD-F32
      "
    `);
    expect((await ok('alias', 'rm', 'FAST', 'second')).stderr).toBe(
      'Fast was ana/other-GGUF:UD-F32\nsecond was ana/other-GGUF:UD-F32\n',
    );
    expect(JSON.parse((await ok('alias', '--json')).stdout)).toEqual({ aliases: [] });
  });

  test.each([
    [['alias', 'set', 'a/b', 'ana/tiny-GGUF'], 2, 'cannot be an alias'],
    [['alias', 'set', 'fast', 'ana/none'], 3, 'not stored'],
    [['alias', 'set', 'fast', 'ana'], 4, 'fits more than one model'],
    [['alias', 'rm', 'fast'], 3, 'There is no alias fast'],
  ])('%j is refused', async (words, code, said) => {
    const { exitCode, stderr } = await home.run(words);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(said);
  });

  test('whose model is gone is shown as such, and stands for nothing else', async () => {
    await ok('alias', 'set', 'tiny', 'ana/tiny-GGUF');
    await rm(home.path('models/ana/tiny-GGUF/F32.gguf'));
    expect((await ok('alias')).stdout).toContain('tiny   ana/tiny-GGUF:F32  not stored');
    await home.store('ben/tiny-tiny:F32', 'never asked');
    const { exitCode, stderr } = await home.run(['stop', 'tiny']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('tiny is an alias of ana/tiny-GGUF:F32, which is not stored');
    const run = await home.run(['run', 'tiny', 'hello']);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('ana/tiny-GGUF:F32 is not on this machine');
  });
});

describe('with the server', () => {
  test('an alias names the model in run and in requests', async () => {
    await ok('alias', 'set', 'fast', 'ana/tiny-GGUF');
    await ok('alias', 'set', 'second', 'ana/other-GGUF');
    const { stderr, stdout } = await ok('run', 'fast', 'hi');
    expect(stdout).toBe('hello from tiny\n');
    expect(stderr).not.toContain('fast is');
    expect(await ask('fast')).toBe('hello from tiny');
    expect(await ask('second')).toBe('hello from other');
    expect(await ask('ana/other-GGUF:UD-F32')).toBe('hello from other');
    const status = JSON.parse((await ok('ps', '--json')).stdout) as { models: { ref: string }[] };
    expect(status.models.map(({ ref }) => ref).sort()).toEqual([
      'ana/other-GGUF:UD-F32',
      'ana/tiny-GGUF:F32',
    ]);
    expect((await ok('list', '--sort', 'used', '-q')).stdout).toMatch(/^ana\/tiny-GGUF:F32\n/u);
    expect(JSON.parse((await ok('list', '--json')).stdout)).toMatchObject({
      models: [{ aliases: ['second'] }, { aliases: ['fast'], timesUsed: 1 }],
    });
  });

  test('one that is set while the server runs is known at once, and no longer when it is gone', async () => {
    await ok('serve', '--detach');
    await ok('alias', 'set', 'late', 'ana/tiny-GGUF');
    expect(await ask('late')).toBe('hello from tiny');
    await ok('stop', 'late');
    await ok('alias', 'rm', 'late');
    expect(await ask('late')).toMatch(/^status 4\d\d$/u);
  });

  test('one that is set for a loaded model holds when it was unloaded, which is said', async () => {
    await ok('run', 'ana/tiny-GGUF', 'hi');
    const { stderr } = await ok('alias', 'set', 'late', 'ana/tiny-GGUF');
    expect(stderr).toContain('once the model is loaded anew');
    const before = JSON.parse((await ok('ps', '--json')).stdout) as { models: object[] };
    expect(before.models).toMatchObject([{ ref: 'ana/tiny-GGUF:F32', status: 'loaded' }]);
    await ok('stop', 'late');
    expect(await ask('late')).toBe('hello from tiny');
  });
});
