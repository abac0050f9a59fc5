import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { withLock } from '../../../src/lib/lock.ts';
import type { Removal } from '../../../src/lib/store/removal.ts';
import { createStore, type Store } from '../../../src/lib/store/store.ts';

let home: string;
let models: string;
let store: Store;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'llamero-removal-'));
  models = path.join(home, 'models');
  store = createStore({ models });
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

/** Puts a file into the store; answers where it lies. */
async function put(name: string, size: number): Promise<string> {
  const file = path.join(models, ...name.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.alloc(size));
  return file;
}

async function removeAll(): Promise<Removal> {
  return store.remove((await store.survey()).models);
}

describe('of several models', () => {
  beforeEach(async () => {
    await put('a/first/Q8_0.gguf', 10);
    await put('b/second/Q8_0.gguf', 20);
    await put('c/third/Q8_0.gguf', 30);
    for (const name of ['a/first', 'b/second', 'c/third']) {
      await store.aliases.set(name.slice(0, 1), `${name}:Q8_0`);
    }
  });

  test('one that cannot go stops no other, and is told with the reason', async () => {
    const lock = path.join(models, 'b/second/Q8_0.gguf.lock');
    const { aliases, failed, freed, removed } = await withLock(
      lock,
      { purpose: 'pulling b/second:Q8_0' },
      removeAll,
    );
    expect(removed.map(({ ref }) => ref)).toEqual(['a/first:Q8_0', 'c/third:Q8_0']);
    expect(failed).toMatchObject([{ ref: 'b/second:Q8_0', error: { code: 'BUSY' } }]);
    expect(freed).toBe(40);
    expect([...aliases.keys()]).toEqual(['a', 'c']);
    expect([...(await store.aliases.list()).keys()]).toEqual(['b']);
    expect((await store.survey()).models.map(({ ref }) => ref)).toEqual(['b/second:Q8_0']);
  });

  test('what went of one that stays in part is counted', async () => {
    await put('b/second/BF16/m-00001-of-00002.gguf', 5);
    const last = await put('b/second/BF16/m-00002-of-00002.gguf', 7);
    const { failed, freed, removed } = await withLock(
      `${last}.lock`,
      { purpose: 'checking it' },
      removeAll,
    );
    expect(failed.map(({ ref }) => ref)).toEqual(['b/second:BF16']);
    expect(removed).toHaveLength(3);
    expect(freed).toBe(65);
  });

  test('one whose projector cannot go is gone itself, with its alias', async () => {
    const projector = await put('b/second/mmproj-F16.gguf', 5);
    const { aliases, failed, removed } = await withLock(
      `${projector}.lock`,
      { purpose: 'pulling b/second:Q4_K_M' },
      removeAll,
    );
    expect(removed).toHaveLength(3);
    expect([...aliases.keys()]).toEqual(['a', 'b', 'c']);
    expect(failed).toMatchObject([{ ref: 'b/second:Q8_0', error: { code: 'BUSY' } }]);
  });
});

describe('the disk gets back', () => {
  async function weighAndRemove(): Promise<Pick<Removal, 'freed' | 'shared'>> {
    const weight = await store.weigh((await store.survey()).models);
    const { freed, shared } = await removeAll();
    expect(weight).toEqual({ freed, shared });
    return weight;
  }

  test('all of a repository, its projector and unfinished files too', async () => {
    await put('a/one/Q4_K_M.gguf', 10);
    await put('a/one/Q8_0.gguf.partial', 5);
    await put('a/one/mmproj-F16.gguf', 7);
    expect(await weighAndRemove()).toEqual({ freed: 22, shared: 0 });
    expect(await readdir(models)).toEqual([]);
  });

  test('nothing of a projector that another quant still needs', async () => {
    await put('a/one/Q4_K_M.gguf', 10);
    await put('a/one/Q8_0.gguf', 20);
    await put('a/one/mmproj-F16.gguf', 7);
    const [first] = (await store.survey()).models;
    expect(await store.weigh(first === undefined ? [] : [first])).toEqual({ freed: 10, shared: 0 });
  });

  test('nothing for a file that has a name elsewhere', async () => {
    const file = await put('a/one/Q4_K_M.gguf', 10);
    await put('a/one/Q8_0.gguf', 20);
    await link(file, path.join(home, 'elsewhere'));
    expect(await weighAndRemove()).toEqual({ freed: 20, shared: 10 });
    expect(await readFile(path.join(home, 'elsewhere'))).toHaveLength(10);
  });

  test('once a file all of whose names go', async () => {
    const file = await put('a/one/Q4_K_M.gguf', 10);
    await mkdir(path.join(models, 'b', 'other'), { recursive: true });
    await link(file, path.join(models, 'b', 'other', 'Q4_K_M.gguf'));
    expect(await weighAndRemove()).toEqual({ freed: 10, shared: 0 });
  });

  test('nothing for a link, and what it leads to stays', async () => {
    const target = path.join(home, 'target.gguf');
    await writeFile(target, Buffer.alloc(10));
    await mkdir(path.join(models, 'a', 'one'), { recursive: true });
    await symlink(target, path.join(models, 'a', 'one', 'Q4_K_M.gguf'));
    expect(await weighAndRemove()).toEqual({ freed: 0, shared: 10 });
    expect(await readFile(target)).toHaveLength(10);
    expect(await readdir(models)).toEqual([]);
  });

  test('of a repository no link that leads nowhere is left', async () => {
    await put('a/one/Q4_K_M.gguf', 10);
    await symlink('/nowhere', path.join(models, 'a', 'one', 'mmproj-F16.gguf'));
    expect(await weighAndRemove()).toEqual({ freed: 10, shared: 0 });
    expect(await readdir(models)).toEqual([]);
  });
});
