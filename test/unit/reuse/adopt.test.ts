import { link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type AdoptedBy, adopt, canLink } from '../../../src/lib/reuse/adopt.ts';
import type { FoundCopy, WantedFile } from '../../../src/lib/reuse/find.ts';
import { stampOf } from '../../../src/lib/file-stamp.ts';
import { type Content, someContent, Tree } from './tree.ts';

let tree: Tree;
let content: Content;
let copy: FoundCopy;
let target: string;

beforeEach(async () => {
  tree = await Tree.create();
  content = someContent(5_000_000);
  copy = await copyAt(await tree.put('ollama/blob', content));
  target = tree.at('models/ana/tiny-GGUF/Q4_K_M.gguf');
});

afterEach(async () => {
  await tree[Symbol.asyncDispose]();
});

async function copyAt(file: string): Promise<FoundCopy> {
  const stamp = await stampOf(file);
  if (stamp === undefined) throw new Error(`${file} is no file`);
  return { path: file, place: 'Ollama', stamp };
}

async function take(signal = new AbortController().signal): Promise<AdoptedBy> {
  const wanted: WantedFile = {
    sha256: content.sha256,
    size: content.bytes.length,
    name: 'tiny.gguf',
    repo: 'ana/tiny-GGUF',
  };
  return adopt(copy, target, wanted, { signal });
}

async function left(): Promise<string[]> {
  return readdir(path.dirname(target));
}

describe('on one file system', () => {
  test('both names share one file', async () => {
    expect(await take()).toBe('hard link');
    const [ours, theirs] = [await stat(target), await stat(copy.path)];
    expect([ours.ino, ours.nlink]).toEqual([theirs.ino, 2]);
    expect(await left()).toEqual(['Q4_K_M.gguf']);
  });

  test('ours stays when the other tool removes or replaces its own', async () => {
    await take();
    await rm(copy.path);
    expect((await readFile(target)).equals(content.bytes)).toBe(true);
    await writeFile(copy.path, 'something new');
    expect((await readFile(target)).equals(content.bytes)).toBe(true);
  });

  test('a file in the way is replaced', async () => {
    await tree.put('models/ana/tiny-GGUF/Q4_K_M.gguf', 'an older revision');
    await take();
    expect((await readFile(target)).equals(content.bytes)).toBe(true);
  });

  test('taking a file twice, or one that is linked already, leaves nothing beside it', async () => {
    await take();
    expect(await take()).toBe('hard link');
    expect(await left()).toEqual(['Q4_K_M.gguf']);
    expect((await stat(target)).nlink).toBe(2);
  });

  test('what a killed process left behind goes', async () => {
    await tree.put('models/ana/tiny-GGUF/Q4_K_M.gguf.adopting', 'half a copy');
    await take();
    expect(await left()).toEqual(['Q4_K_M.gguf']);
  });
});

describe('a file that is no longer what was found is refused, and nothing is left', () => {
  const changes: [name: string, change: () => Promise<void>][] = [
    ['written to', () => writeFile(copy.path, someContent(5_000_000).bytes)],
    ['gone', () => rm(copy.path)],
    [
      'replaced by another',
      async () => {
        await rm(copy.path);
        await tree.put('ollama/blob', someContent(5_000_000));
      },
    ],
    [
      'a link now',
      async () => {
        const moved = tree.at('moved');
        await link(copy.path, moved);
        await rm(copy.path);
        await symlink(moved, copy.path);
      },
    ],
    [
      'a folder now',
      async () => {
        await rm(copy.path);
        await mkdir(copy.path);
      },
    ],
  ];
  test.each(changes)('%s', async (_name, change) => {
    await change();
    await expect(take()).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    expect(await left()).toEqual([]);
  });
});

test('an abort leaves nothing', async () => {
  await expect(take(AbortSignal.abort())).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await left()).toEqual([]);
});

test('a file where the folder should be is an error that leaves the source alone', async () => {
  await tree.put('models/ana', 'a file where the folder should be');
  await expect(take()).rejects.toThrow();
  expect((await readFile(copy.path)).equals(content.bytes)).toBe(true);
});

describe('canLink', () => {
  test('on one file system, in a folder that need not exist', async () => {
    expect(await canLink(copy.path, path.dirname(target))).toBe(true);
    expect(await canLink(copy.path, tree.root)).toBe(true);
  });

  test('never on another', async () => {
    expect(await canLink(copy.path, '/proc')).toBe(false);
  });

  test('a file that is not there is an error', async () => {
    await expect(canLink(tree.at('nothing'), tree.root)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
