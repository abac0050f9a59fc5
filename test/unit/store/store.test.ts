import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { withLock } from '../../../src/lib/lock.ts';
import { updateMetadata } from '../../../src/lib/store/metadata.ts';
import { createStore, type Store } from '../../../src/lib/store/store.ts';

const REPO = 'user/repo';

let models: string;
let folder: string;
let store: Store;

beforeEach(async () => {
  models = await mkdtemp(path.join(tmpdir(), 'llamero-store-'));
  folder = path.join(models, 'user', 'repo');
  store = createStore({ models });
});

afterEach(async () => {
  await rm(models, { recursive: true, force: true });
});

async function put(name: string, size: number): Promise<void> {
  const file = path.join(folder, ...name.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.alloc(size));
}

async function record(quant: string, files: Record<string, number>, done = true): Promise<void> {
  await updateMetadata(folder, REPO, (metadata) => {
    metadata.quants[quant] = {
      revision: 'c'.repeat(40),
      source: 'https://hub.example',
      files: Object.entries(files).map(([file, size]) => ({ name: `hub-${file}`, file, size })),
      ...(done ? { pulledAt: '2026-01-02T03:04:05.000Z' } : {}),
    };
  });
}

async function states(): Promise<string[]> {
  const { models: found } = await store.survey();
  return found.map(({ ref, size, state, percent }) =>
    [ref, size, state, ...(percent === undefined ? [] : [`${percent} %`])].join(' '),
  );
}

describe('what is on disk is what there is', () => {
  test('nothing at all', async () => {
    expect(await store.survey()).toEqual({ models: [], size: 0 });
    await rm(models, { recursive: true });
    expect(await store.survey()).toEqual({ models: [], size: 0 });
  });

  test('files without a record', async () => {
    await put('Q4_K_M.gguf', 10);
    await put('Q8_0/m-00001-of-00002.gguf', 20);
    await put('Q8_0/m-00002-of-00002.gguf', 5);
    await put('mmproj-F16.gguf', 7);
    await put('README.md', 3);
    expect(await states()).toEqual(['user/repo:Q4_K_M 10 complete', 'user/repo:Q8_0 25 complete']);
    const { models: found, size } = await store.survey();
    expect(size).toBe(42);
    expect(found[0]?.projector).toBe(path.join(folder, 'mmproj-F16.gguf'));
    expect(found[1]?.path).toBe(path.join(folder, 'Q8_0', 'm-00001-of-00002.gguf'));
  });

  test('a missing shard is told even without a record', async () => {
    await put('Q8_0/m-00001-of-00003.gguf', 20);
    expect(await states()).toEqual(['user/repo:Q8_0 20 partial 33 %']);
  });

  test('an unfinished file with its journal', async () => {
    await put('Q4_K_M.gguf.partial', 30);
    await writeFile(
      path.join(folder, 'Q4_K_M.gguf.partial.json'),
      '{"version":1,"source":"x","size":120}',
    );
    expect(await states()).toEqual(['user/repo:Q4_K_M 30 partial 25 %']);
  });

  test('an unfinished file with a damaged journal', async () => {
    await put('Q4_K_M.gguf.partial', 30);
    await writeFile(path.join(folder, 'Q4_K_M.gguf.partial.json'), '{"vers');
    expect(await states()).toEqual(['user/repo:Q4_K_M 30 partial']);
  });

  test('shards of which some have not begun, by the record of the pull', async () => {
    const names = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'];
    await record('Q8_0', { [`Q8_0/${names[0]}`]: 60, [`Q8_0/${names[1]}`]: 40 }, false);
    await put(`Q8_0/${names[0]}`, 60);
    expect(await states()).toEqual(['user/repo:Q8_0 60 partial 60 %']);
  });

  test('a file that is shorter than recorded is not complete', async () => {
    await record('Q4_K_M', { 'Q4_K_M.gguf': 100 });
    await put('Q4_K_M.gguf', 99);
    expect(await states()).toEqual(['user/repo:Q4_K_M 99 partial 99 %']);
  });

  test('a pull that was killed while it fetched the projector', async () => {
    await record('Q4_K_M', { 'Q4_K_M.gguf': 100 }, false);
    await put('mmproj-F16.gguf.partial', 5);
    expect(await states()).toEqual(['user/repo:Q4_K_M 0 partial 0 %']);
  });

  test.each(['', '{', '[]', '{"version":9}', '\u0000'])('a damaged record: %j', async (text) => {
    await put('Q4_K_M.gguf', 10);
    await writeFile(path.join(folder, 'metadata.json'), text);
    expect(await states()).toEqual(['user/repo:Q4_K_M 10 complete']);
  });

  test.each(['constructor', '__proto__', 'toString'])('a quant called %s', async (quant) => {
    await put(`${quant}.gguf`, 10);
    expect(await states()).toEqual([`user/repo:${quant} 10 complete`]);
    await record(quant, { [`${quant}.gguf`]: 12 });
    expect(await states()).toEqual([`user/repo:${quant} 10 partial 83 %`]);
  });

  test('the use of a model is remembered', async () => {
    await put('Q4_K_M.gguf', 10);
    await record('Q4_K_M', { 'Q4_K_M.gguf': 10 });
    const [model] = await store.match({ repo: REPO });
    if (model === undefined) throw new Error('not found');
    await store.markUsed(model, new Date('2026-05-06T07:08:09Z'));
    const [again] = await store.match({ repo: REPO });
    expect(again?.lastUsedAt).toEqual(new Date('2026-05-06T07:08:09Z'));
  });
});

describe('matching', () => {
  beforeEach(async () => {
    await put('Q4_K_M.gguf', 10);
    await put('Q8_0.gguf', 20);
    await record('Q8_0', { 'Q8_0.gguf': 20 });
  });

  test.each([
    [{ repo: REPO }, ['user/repo:Q4_K_M', 'user/repo:Q8_0']],
    [{ repo: 'USER/Repo', tag: 'q8_0' }, ['user/repo:Q8_0']],
    [{ repo: REPO, tag: 'hub-Q8_0.gguf' }, ['user/repo:Q8_0']],
  ])('%j', async (reference, expected) => {
    expect((await store.match(reference)).map(({ ref }) => ref)).toEqual(expected);
  });

  test('a near miss is suggested, never taken', async () => {
    await expect(store.match({ repo: 'user/repo', tag: 'Q8_1' })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('user/repo:Q8_0') as string,
    });
  });
});

describe('removal', () => {
  async function remove(tag?: string): Promise<number> {
    const found = await store.match({ repo: REPO, ...(tag === undefined ? {} : { tag }) });
    return (await store.remove(found)).freed;
  }

  beforeEach(async () => {
    await put('Q4_K_M.gguf', 10);
    await put('Q8_0/m-00001-of-00002.gguf', 20);
    await put('Q8_0/m-00002-of-00002.gguf.partial', 5);
    await writeFile(path.join(folder, 'Q8_0', 'm-00002-of-00002.gguf.partial.json'), '{}');
    await put('mmproj-F16.gguf', 7);
  });

  test('of one quant leaves the others and the projector', async () => {
    expect(await remove('Q8_0')).toBe(25);
    expect((await readdir(folder)).sort()).toEqual([
      'Q4_K_M.gguf',
      'metadata.json',
      'mmproj-F16.gguf',
    ]);
  });

  test('of the last quant leaves nothing behind', async () => {
    expect(await remove()).toBe(42);
    expect(await readdir(models)).toEqual([]);
  });

  test('keeps what somebody else put there', async () => {
    await put('notes.txt', 3);
    await remove();
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('counts nothing for a file that has a second name', async () => {
    await link(path.join(folder, 'Q4_K_M.gguf'), path.join(models, 'second-name'));
    expect(await remove('Q4_K_M')).toBe(0);
    expect(await readFile(path.join(models, 'second-name'))).toHaveLength(10);
  });

  test('is refused while a file is being pulled', async () => {
    const lock = path.join(folder, 'Q4_K_M.gguf.lock');
    await withLock(lock, { purpose: 'pulling user/repo:Q4_K_M' }, async () => {
      const { failed, removed } = await store.remove(
        await store.match({ repo: REPO, tag: 'Q4_K_M' }),
      );
      expect(removed).toEqual([]);
      expect(failed).toMatchObject([
        { error: { message: expect.stringContaining('pulling user/repo:Q4_K_M') as string } },
      ]);
    });
    expect(await readdir(folder)).toContain('Q4_K_M.gguf');
  });
});
