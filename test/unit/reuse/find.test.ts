import { chmod, link, mkdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { assert, asyncProperty, string } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createFinder, type FoundCopy, type WantedFile } from '../../../src/lib/reuse/find.ts';
import { createHashMemory } from '../../../src/lib/reuse/hash-memory.ts';
import { otherPlaces } from '../../../src/lib/reuse/places.ts';
import type { Skipped } from '../../../src/lib/reuse/reader.ts';
import { updateMetadata } from '../../../src/lib/store/metadata.ts';
import { type Content, someContent, Tree } from './tree.ts';

const HUB = 'home/.cache/huggingface/hub';
const OLLAMA = 'home/.ollama/models/blobs';
const LLAMA_CPP = 'home/.cache/llama.cpp';
const LM_STUDIO = 'home/.lmstudio/models';
const OWN = 'own/models';

let tree: Tree;
let content: Content;
let skipped: Skipped[];
let read: number;

beforeEach(async () => {
  tree = await Tree.create();
  content = someContent(2000);
  skipped = [];
  read = 0;
});

afterEach(async () => {
  await tree[Symbol.asyncDispose]();
});

function wantedOf({ bytes, sha256 }: Content, name = 'tiny-Q4_K_M.gguf'): WantedFile {
  return { sha256, size: bytes.length, name, repo: 'ana/tiny-GGUF' };
}

async function find(
  wanted: WantedFile = wantedOf(content),
  environment: Record<string, string> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<FoundCopy | undefined> {
  const finder = createFinder({
    places: otherPlaces({ environment, homeDirectory: tree.at('home'), platform: 'linux' }),
    models: tree.at(OWN),
    hashes: createHashMemory({ file: tree.at('run/hashes.json') }),
    onSkip: (each) => skipped.push(each),
  });
  return finder.find(wanted, { signal, onHash: () => (read += 1) });
}

/** Records files of a repository in our own store, as a finished pull does. */
async function record(
  repo: string,
  file: string,
  { bytes, sha256 }: Content,
  done = true,
): Promise<void> {
  await updateMetadata(tree.at(`${OWN}/${repo}`), repo, (metadata) => {
    const kind = file.startsWith('mmproj') ? 'projectors' : 'quants';
    metadata[kind][file.replace('.gguf', '')] = {
      revision: 'c'.repeat(40),
      source: 'https://hub.example',
      files: [{ name: file, file, size: bytes.length, sha256 }],
      ...(done ? { pulledAt: '2026-01-02T03:04:05.000Z' } : {}),
    };
  });
}

test('where no tool has ever been nothing is found, and nothing made', async () => {
  expect(await find()).toBeUndefined();
  await expect(stat(tree.at('run'))).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('a file is found', () => {
  const layouts: [where: string, file: string, place: string][] = [
    ['the hub cache', `${HUB}/models--ana--tiny-GGUF/blobs/<sha256>`, 'the Hugging Face cache'],
    [
      'the hub cache, of another repository',
      `${HUB}/models--eva--copy/blobs/<sha256>`,
      'the Hugging Face cache',
    ],
    [
      'a hub cache without links',
      `${HUB}/models--ana--tiny-GGUF/snapshots/${'a'.repeat(40)}/tiny-Q4_K_M.gguf`,
      'the Hugging Face cache',
    ],
    ["Ollama's blobs", `${OLLAMA}/sha256-<sha256>`, 'Ollama'],
    ["llama.cpp's folder", `${LLAMA_CPP}/ana_tiny-GGUF_tiny-Q4_K_M.gguf`, 'llama.cpp'],
    [
      "llama.cpp's folder, of another repository",
      `${LLAMA_CPP}/eva_copy_tiny-Q4_K_M.gguf`,
      'llama.cpp',
    ],
    ["llama.cpp's folder, fetched by its URL", `${LLAMA_CPP}/tiny-Q4_K_M.gguf`, 'llama.cpp'],
    ['LM Studio', `${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, 'LM Studio'],
    ['LM Studio, by hand', `${LM_STUDIO}/mine/whatever/tiny-Q4_K_M.gguf`, 'LM Studio'],
    [
      "LM Studio's old home",
      'home/.cache/lm-studio/models/ana/tiny-GGUF/tiny-Q4_K_M.gguf',
      'LM Studio',
    ],
  ];
  test.each(layouts)('in %s', async (_where, file, place) => {
    const put = await tree.put(file.replace('<sha256>', content.sha256), content);
    expect(await find()).toMatchObject({ path: put, place, stamp: { size: 2000 } });
  });

  test.each([
    [`${HUB}/models--ana--tiny-GGUF/snapshots/${'a'.repeat(40)}/Q8_0/tiny-00001-of-00002.gguf`],
    [`${LLAMA_CPP}/ana_tiny-GGUF_Q8_0_tiny-00001-of-00002.gguf`],
    [`${LM_STUDIO}/ana/tiny-GGUF/Q8_0/tiny-00001-of-00002.gguf`],
    [`${LM_STUDIO}/ana/tiny-GGUF/tiny-00001-of-00002.gguf`],
  ])('when it lies in a folder of its repository: %s', async (file) => {
    const put = await tree.put(file, content);
    const copy = await find(wantedOf(content, 'Q8_0/tiny-00001-of-00002.gguf'));
    expect(copy?.path).toBe(put);
  });

  test('in a hub cache that LLAMA_CACHE names', async () => {
    const put = await tree.put(`llama/models--x--y/blobs/${content.sha256}`, content);
    const copy = await find(undefined, { LLAMA_CACHE: tree.at('llama') });
    expect(copy).toMatchObject({ path: put, place: 'llama.cpp' });
  });

  test('in the home that LM Studio was told to use', async () => {
    await tree.put('home/.lmstudio-home-pointer', `${tree.at('big disk')}\n`);
    const put = await tree.put('big disk/models/ana/tiny-GGUF/tiny-Q4_K_M.gguf', content);
    expect((await find())?.path).toBe(put);
  });

  test.each(['', 'relative/folder', 'with\0NUL'])(
    'in the usual home where the pointer of LM Studio holds %j',
    async (text) => {
      await tree.put('home/.lmstudio-home-pointer', text);
      const put = await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, content);
      expect((await find())?.path).toBe(put);
    },
  );

  test('in our own store, under another repository', async () => {
    const put = await tree.put(`${OWN}/eva/copy/Q4_K_M.gguf`, content);
    await record('eva/copy', 'Q4_K_M.gguf', content);
    expect(await find()).toMatchObject({ path: put, place: 'llamero' });
  });

  test('in our own store, as the projector of another repository', async () => {
    const put = await tree.put(`${OWN}/eva/copy/mmproj-F16.gguf`, content);
    await record('eva/copy', 'mmproj-F16.gguf', content);
    expect((await find(wantedOf(content, 'mmproj.gguf')))?.path).toBe(put);
  });

  test('in our own store, whose record was lost', async () => {
    const put = await tree.put(`${OWN}/eva/copy/Q4_K_M.gguf`, content);
    await tree.put(`${OWN}/eva/copy/Q8_0.gguf`, someContent(3000));
    expect((await find())?.path).toBe(put);
    expect(read).toBe(1);
  });
});

describe('in order', () => {
  test('our own store comes first, then what is named by its digest', async () => {
    const byName = await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, content);
    expect((await find())?.path).toBe(byName);
    const inOllama = await tree.put(`${OLLAMA}/sha256-${content.sha256}`, content);
    expect((await find())?.path).toBe(inOllama);
    const own = await tree.put(`${OWN}/eva/copy/Q4_K_M.gguf`, content);
    await record('eva/copy', 'Q4_K_M.gguf', content);
    expect((await find())?.path).toBe(own);
  });

  test('a file that proves to be another gives way to the next', async () => {
    const wrong = await tree.put(
      `${HUB}/models--ana--tiny-GGUF/blobs/${content.sha256}`,
      someContent(2000),
    );
    const right = await tree.put(`${OLLAMA}/sha256-${content.sha256}`, content);
    expect((await find())?.path).toBe(right);
    expect(skipped).toContainEqual({ path: wrong, reason: 'its content is another' });
  });
});

describe('nothing is hashed', () => {
  test.each([
    [`${HUB}/models--ana--tiny-GGUF/blobs/<sha256>`],
    [`${OLLAMA}/sha256-<sha256>`],
    [`${LLAMA_CPP}/ana_tiny-GGUF_tiny-Q4_K_M.gguf`],
    [`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`],
    [`${OWN}/eva/copy/Q4_K_M.gguf`],
  ])('of a wrong size: %s', async (file) => {
    await tree.put(file.replace('<sha256>', content.sha256), someContent(1999));
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test.each([
    [`${HUB}/models--ana--tiny-GGUF/blobs/<sha256>.incomplete`],
    [`${HUB}/models--ana--tiny-GGUF/blobs/<sha256>.0f3c2a11.incomplete`],
    [`${HUB}/models--ana--tiny-GGUF/blobs/<sha256>.downloadInProgress`],
    [`${HUB}/datasets--ana--tiny-GGUF/blobs/<sha256>`],
    [`${OLLAMA}/sha256-<sha256>-partial`],
    [`${OLLAMA}/sha256-<sha256>-partial-0`],
    [`${LLAMA_CPP}/ana_tiny-GGUF_tiny-Q4_K_M.gguf.downloadInProgress`],
    [`${LLAMA_CPP}/ana_tiny-GGUF_other-tiny-Q4_K_M.gguf`],
    [`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q8_0.gguf`],
    [`${LM_STUDIO}/tiny-Q4_K_M.gguf`],
    [`${OWN}/eva/copy/Q4_K_M.gguf.partial`],
  ])('that is unfinished or something else: %s', async (file) => {
    await tree.put(file.replace('<sha256>', content.sha256), content);
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test('of our own that is recorded as something else', async () => {
    await tree.put(`${OWN}/eva/copy/Q4_K_M.gguf`, content);
    await record('eva/copy', 'Q4_K_M.gguf', { ...content, sha256: 'f'.repeat(64) });
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test('of a pull of our own that has not finished', async () => {
    await tree.put(`${OWN}/eva/copy/Q4_K_M.gguf`, content);
    await record('eva/copy', 'Q4_K_M.gguf', content, false);
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test('that is a snapshot of a blob which is named as something else', async () => {
    const repo = `${HUB}/models--ana--tiny-GGUF`;
    await tree.put(`${repo}/blobs/${'e'.repeat(64)}`, someContent(2000));
    await mkdir(tree.at(`${repo}/snapshots/main`), { recursive: true });
    await symlink(
      `../../blobs/${'e'.repeat(64)}`,
      tree.at(`${repo}/snapshots/main/tiny-Q4_K_M.gguf`),
    );
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test('twice: what a file proved to be is remembered, right or wrong', async () => {
    await tree.put(`${OLLAMA}/sha256-${content.sha256}`, someContent(2000));
    await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, content);
    expect(await find()).toMatchObject({ place: 'LM Studio' });
    expect(read).toBe(2);
    expect(await find()).toMatchObject({ place: 'LM Studio' });
    expect(read).toBe(2);
  });
});

test('a file that has changed since it was remembered is not taken for what it was', async () => {
  const file = await tree.put(`${OLLAMA}/sha256-${content.sha256}`, content);
  expect(await find()).toMatchObject({ path: file });
  await writeFile(file, someContent(2000).bytes);
  expect(await find()).toBeUndefined();
  expect(skipped).toEqual([{ path: file, reason: 'its content is another' }]);
});

describe('links', () => {
  const blob = (): string => tree.at(`${OLLAMA}/sha256-${content.sha256}`);

  beforeEach(async () => {
    await mkdir(tree.at(OLLAMA), { recursive: true });
  });

  test('from one tool to the file of another lead to that file', async () => {
    const file = await tree.put(`${LM_STUDIO}/ana/other/name.gguf`, content);
    await symlink(file, blob());
    expect(await find()).toMatchObject({ path: file, place: 'Ollama' });
  });

  test('to a file elsewhere are not followed, and it is said', async () => {
    await symlink(await tree.put('documents/model.gguf', content), blob());
    expect([await find(), read]).toEqual([undefined, 0]);
    expect(skipped).toEqual([{ path: blob(), reason: 'it is a link to a file elsewhere' }]);
  });

  test('of whole folders to a larger disk are followed', async () => {
    await rm(tree.at(OLLAMA), { recursive: true });
    const file = await tree.put(`big disk/blobs/sha256-${content.sha256}`, content);
    await symlink(tree.at('big disk/blobs'), tree.at(OLLAMA));
    expect(await find()).toMatchObject({ path: file });
  });

  test.each([
    ['that dangles', 'nothing'],
    ['to itself', `sha256-<sha256>`],
    ['to a folder', '.'],
    ['to a device', '/dev/zero'],
  ])('a link %s is no copy', async (_name, target) => {
    await symlink(target.replace('<sha256>', content.sha256), blob());
    expect([await find(), read]).toEqual([undefined, 0]);
  });

  test('of folders in a loop end', async () => {
    await rm(tree.at(OLLAMA), { recursive: true });
    await symlink('blobs', tree.at(OLLAMA));
    await mkdir(tree.at(HUB), { recursive: true });
    await symlink('models--a--b', tree.at(`${HUB}/models--a--b`));
    await symlink('.', tree.at(`${HUB}/models--c--d`));
    await mkdir(tree.at(LM_STUDIO), { recursive: true });
    await symlink('.', tree.at(`${LM_STUDIO}/ana`));
    expect(await find()).toBeUndefined();
    expect(skipped.map(({ reason }) => reason)).toContain('ELOOP');
  });
});

test.each([HUB, 'home/.ollama/models', OLLAMA, LLAMA_CPP, LM_STUDIO])(
  'a file where the folder %s should be is no hindrance',
  async (folder) => {
    await tree.put(folder, 'not a folder');
    await expect(find()).resolves.toBeUndefined();
  },
);

/** Runs work without the rights of root, which no permission stops. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) return work();
  expect(isMainThread).toBe(true);
  process.seteuid(65_534);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

test('what may not be read is passed over, and it is said', async () => {
  const file = await tree.put(`${OLLAMA}/sha256-${content.sha256}`, content);
  await tree.put(`${HUB}/models--ana--tiny-GGUF/blobs/${content.sha256}`, content);
  await mkdir(tree.at('run'));
  await chmod(tree.at('run'), 0o777);
  await chmod(file, 0);
  await chmod(tree.at(HUB), 0);
  expect(await asOrdinaryUser(() => find())).toBeUndefined();
  await chmod(tree.at(HUB), 0o755);
  expect(skipped).toContainEqual({ path: file, reason: 'EACCES' });
  expect(skipped).toContainEqual({ path: tree.at(HUB), reason: 'EACCES' });
});

test('a file that vanishes while it is read is passed over', async () => {
  const big = someContent(4_000_000);
  const first = await tree.put(`${OLLAMA}/sha256-${big.sha256}`, big);
  const second = await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, big);
  const finder = createFinder({
    places: otherPlaces({ environment: {}, homeDirectory: tree.at('home'), platform: 'linux' }),
    models: tree.at(OWN),
    hashes: createHashMemory({ file: tree.at('run/hashes.json') }),
  });
  let gone: Promise<void> | undefined;
  const copy = await finder.find(wantedOf(big), {
    signal: new AbortController().signal,
    onHash: () => {
      gone ??= rm(first);
    },
  });
  await gone;
  expect(copy?.path).toBe(second);
});

test('a search ends when it is aborted, even where nothing is left to be read', async () => {
  await tree.put(`${OLLAMA}/sha256-${content.sha256}`, content);
  const interrupted = { code: 'INTERRUPTED' };
  await expect(find(undefined, {}, AbortSignal.abort())).rejects.toMatchObject(interrupted);
  await find();
  await expect(find(undefined, {}, AbortSignal.abort())).rejects.toMatchObject(interrupted);
});

describe('names from the network', () => {
  const hostile = [
    '../../../secret.gguf',
    '/etc/secret.gguf',
    'a/../../../secret.gguf',
    '..\\..\\secret.gguf',
    'secret\0.gguf',
    'secret\u001B[2J.gguf',
    '',
    '.',
    '..',
    'a//b.gguf',
    `${'x'.repeat(300)}.gguf`,
  ];
  test.each(hostile)('the name %j leads nowhere', async (name) => {
    await tree.put('home/secret.gguf', content);
    await tree.put('home/.lmstudio/secret.gguf', content);
    await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/other.gguf`, content);
    expect(await find(wantedOf(content, name))).toBeUndefined();
  });

  test.each(['', '../x', 'F'.repeat(63), '*'.repeat(64), 'A'.repeat(64)])(
    'the digest %j is none, and no file is looked at',
    async (sha256) => {
      await tree.put(`${HUB}/models--ana--tiny-GGUF/x`, content);
      await tree.put(`${HUB}/models--ana--tiny-GGUF/blobs/${sha256 || 'x'}`, content);
      expect([await find({ ...wantedOf(content), sha256 }), read]).toEqual([undefined, 0]);
    },
  );

  test.each(['../..', 'a/b/c', '', '..'])('the repository %j leads nowhere', async (repo) => {
    await tree.put('home/.ollama/tiny-Q4_K_M.gguf', content);
    await tree.put('home/tiny-Q4_K_M.gguf', content);
    expect(await find({ ...wantedOf(content), repo })).toBeUndefined();
  });

  test('a record of our own store that leads out of it is not followed', async () => {
    await tree.put('own/secret.gguf', content);
    await record('eva/copy', '../../../secret.gguf', content);
    expect(await find()).toBeUndefined();
    expect(read).toBe(0);
  });

  test('whatever it is called, a search ends and finds no file of another content', async () => {
    await tree.put(`${LM_STUDIO}/ana/tiny-GGUF/tiny-Q4_K_M.gguf`, someContent(2000));
    await tree.put(`${LLAMA_CPP}/tiny-Q4_K_M.gguf`, someContent(2000));
    await assert(
      asyncProperty(string({ unit: 'binary' }), string(), async (name, repo) => {
        expect(await find({ ...wantedOf(content, name), repo })).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});

test('one of ten thousand blobs in a thousand repositories is found', async () => {
  const one = await tree.put('blob', 'x');
  for (let repo = 0; repo < 1000; repo += 1) {
    const blobs = tree.at(`${HUB}/models--user--repo-${repo}/blobs`);
    await mkdir(blobs, { recursive: true });
    await Promise.all(
      Array.from({ length: 10 }, (_each, index) =>
        link(one, path.join(blobs, `${repo}${index}`.padStart(64, '0'))),
      ),
    );
  }
  const last = await tree.put(`${HUB}/models--user--repo-999/blobs/${content.sha256}`, content);
  await utimes(last, 1, 1);
  expect((await find())?.path).toBe(last);
  expect(await find(wantedOf(someContent(5)))).toBeUndefined();
});
