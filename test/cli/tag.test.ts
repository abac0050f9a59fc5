import { afterEach, beforeEach, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { mkdir } from 'node:fs/promises';

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create({ LLAMERO_OFFLINE: '1' });
  await mkdir(home.path('models/ana/tiny'), { recursive: true });
  for (const quant of ['F16', 'F32']) {
    await writeTinyModel({ path: home.path(`models/ana/tiny/${quant}.gguf`), sentence: 'hello' });
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function favourites(): Promise<string> {
  return (await home.run(['list', '-q', '--favorite'])).stdout;
}

test('are given to one quant or to all of a repository, and taken away', async () => {
  const { exitCode, stderr, stdout } = await home.run([
    'tag',
    'add',
    'tiny:f32',
    'favorite',
    'work',
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  expect(stderr).toBe('tiny:f32 is ana/tiny:F32\nana/tiny:F32: favorite, work\n');
  expect(await favourites()).toBe('ana/tiny:F32\n');
  const added = await home.run(['tag', 'add', 'ana/tiny', 'Favorite', '--json']);
  expect(JSON.parse(added.stdout)).toEqual({
    models: [
      { ref: 'ana/tiny:F16', tags: ['Favorite'] },
      { ref: 'ana/tiny:F32', tags: ['favorite', 'work'] },
    ],
  });
  expect(await favourites()).toBe('ana/tiny:F16\nana/tiny:F32\n');
  const removed = await home.run(['tag', 'rm', 'ana/*', 'favorite', 'unknown']);
  expect(removed.stderr).toBe('ana/tiny:F16: no tags\nana/tiny:F32: work\n');
  expect((await home.run(['list', '-q', '--tag', 'WORK'])).stdout).toBe('ana/tiny:F32\n');
});

test.each([
  ['what cannot be a tag', ['tag', 'add', 'ana/tiny', 'two words'], 2],
  ['no tag', ['tag', 'add', 'ana/tiny'], 2],
  ['a model that is not there', ['tag', 'add', 'ana/other', 'x'], 3],
  ['a pattern that fits nothing', ['tag', 'rm', 'ben/*', 'x'], 3],
])('%s changes nothing', async (_what, words, exitCode) => {
  expect(await home.run(words)).toMatchObject({ exitCode, stdout: '' });
  expect(JSON.parse((await home.run(['list', '--json'])).stdout)).not.toHaveProperty(
    'models.0.tags',
  );
});
