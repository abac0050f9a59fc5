import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { discoverToken } from '../../../src/lib/hub/token.ts';
import { caught } from '../../support/caught.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'llamero-token-'));
});

afterEach(async () => {
  await rm(home, { recursive: true });
});

async function write(file: string, content: string): Promise<string> {
  const place = path.join(home, file);
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, content);
  return place;
}

async function found(environment: Record<string, string>): Promise<[string, string] | undefined> {
  const token = await discoverToken({ environment, homeDirectory: home });
  return token && [token.token, token.origin];
}

describe('a token is found', () => {
  test('in HF_TOKEN before all else, then in its older name', async () => {
    await write('.cache/huggingface/token', 'hf_file');
    const older = { HUGGING_FACE_HUB_TOKEN: 'hf_older' };
    expect(await found({ ...older, HF_TOKEN: 'hf_new' })).toEqual(['hf_new', 'HF_TOKEN']);
    expect(await found(older)).toEqual(['hf_older', 'HUGGING_FACE_HUB_TOKEN']);
  });

  test.each([
    ['under the home folder', '.cache/huggingface/token', {}],
    ['under XDG_CACHE_HOME', 'xdg/huggingface/token', { XDG_CACHE_HOME: '~/xdg' }],
    ['in HF_HOME', 'hf/token', { HF_HOME: '~/hf', XDG_CACHE_HOME: '~/xdg' }],
    ['at HF_TOKEN_PATH', 'my-token', { HF_TOKEN_PATH: '~/my-token', HF_HOME: '~/hf' }],
  ])('in the one file %s', async (_name, file, environment) => {
    for (const other of ['.cache/huggingface/token', 'xdg/huggingface/token', 'hf/token']) {
      await write(other, 'hf_other');
    }
    const place = await write(file, 'hf_mine\n');
    expect(await found(environment)).toEqual(['hf_mine', `the file ${place}`]);
  });

  test.each([
    [' hf_a \r\n', 'hf_a'],
    ['hf_a\nb', 'hf_ab'],
    ['not-even-hf', 'not-even-hf'],
  ])('without its line ends and blanks: %j', async (text, token) => {
    expect((await found({ HF_TOKEN: text }))?.[0]).toBe(token);
    await write('.cache/huggingface/token', text);
    expect((await found({}))?.[0]).toBe(token);
  });
});

describe('no token is found', () => {
  test('where there is none, or an empty one', async () => {
    expect(await found({})).toBeUndefined();
    await write('.cache/huggingface/token', ' \n');
    expect(await found({ HF_TOKEN: ' ', HF_HOME: '' })).toBeUndefined();
  });

  test('in another file than the one that is named', async () => {
    await write('.cache/huggingface/token', 'hf_file');
    expect(await found({ HF_TOKEN_PATH: path.join(home, 'none') })).toBeUndefined();
  });

  test.each(['1', 'true', 'YES', 'on'])(
    'when implicit tokens are turned off: %s',
    async (value) => {
      const environment = { HF_TOKEN: 'hf_new', HF_HUB_DISABLE_IMPLICIT_TOKEN: value };
      expect(await found(environment)).toBeUndefined();
      expect(await found({ ...environment, HF_HUB_DISABLE_IMPLICIT_TOKEN: '0' })).toBeDefined();
    },
  );
});

describe('what is no token is refused, with its place and without its text', () => {
  test.each(['hf_se cret', 'hf_secrét', 'hf_sec\u0000ret', '“hf_secret”'])('%j', async (text) => {
    const error = await caught(found({ HF_TOKEN: text }));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.message).toContain('HF_TOKEN');
    expect(`${error.message}${error.hint}`).not.toMatch(/hf_s/u);
  });

  test('from a file that cannot be read', async () => {
    const error = await caught(found({ HF_TOKEN_PATH: home }));
    expect(error.code).toBe('TOKEN_REFUSED');
    expect(error.message).toBe(`The token file ${home} is no use: it is a folder`);
    expect(error.hint).toBe('Mend that, or `unset HF_TOKEN_PATH`');
  });

  test('from a folder that no variable names', async () => {
    await mkdir(path.join(home, '.cache/huggingface/token'), { recursive: true });
    const error = await caught(found({}));
    expect(error.message).toMatch(/token is no use: it is a folder$/u);
    expect(error.hint).toContain('HF_HUB_DISABLE_IMPLICIT_TOKEN=1');
    expect(error.hint).not.toMatch(/permissions|HF_TOKEN_PATH/u);
  });

  test('from a link to itself', async () => {
    const file = path.join(home, 'loop');
    await symlink(file, file);
    const error = await caught(found({ HF_TOKEN_PATH: file }));
    expect(error.message).toBe(`The token file ${file} is no use: it is a link to itself`);
  });
});
