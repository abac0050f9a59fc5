import { link, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createHashMemory, type HashMemory } from '../../../src/lib/reuse/hash-memory.ts';
import { contentOf, someContent, Tree } from './tree.ts';

let tree: Tree;
let memoryFile: string;
const signal = new AbortController().signal;

beforeEach(async () => {
  tree = await Tree.create();
  memoryFile = tree.at('run/hashes.json');
});

afterEach(async () => {
  await tree[Symbol.asyncDispose]();
});

/** The digest that a memory tells, and whether the file was read for it. */
async function ask(
  file: string,
  memory: HashMemory = createHashMemory({ file: memoryFile }),
): Promise<[sha256: string | undefined, read: boolean]> {
  let read = false;
  const hashed = await memory.digest(file, { signal, onHash: () => (read = true) });
  return [hashed?.sha256, read];
}

test('a file is read once, in this process and in the next', async () => {
  const content = someContent(3_000_000);
  const file = await tree.put('model.gguf', content);
  const memory = createHashMemory({ file: memoryFile });
  expect(await ask(file, memory)).toEqual([content.sha256, true]);
  expect(await ask(file, memory)).toEqual([content.sha256, false]);
  expect(await ask(file)).toEqual([content.sha256, false]);
});

test('reading tells how far it is', async () => {
  const file = await tree.put('model.gguf', someContent(3_000_000));
  const told: [number, number][] = [];
  const memory = createHashMemory({ file: memoryFile });
  await memory.digest(file, { signal, onHash: (checked, size) => told.push([checked, size]) });
  expect(told.at(-1)).toEqual([3_000_000, 3_000_000]);
});

describe('a file is read again when', () => {
  const before = contentOf(Buffer.from('before!'));
  const after = contentOf(Buffer.from('after!!'));

  test('its content and time have changed', async () => {
    const file = await tree.put('model.gguf', before);
    await ask(file);
    await writeFile(file, after.bytes);
    expect(await ask(file)).toEqual([after.sha256, true]);
  });

  test('its time alone has changed', async () => {
    const file = await tree.put('model.gguf', before);
    await ask(file);
    const { mtime } = await stat(file);
    const later = new Date(mtime.getTime() + 1);
    await utimes(file, later, later);
    expect(await ask(file)).toEqual([before.sha256, true]);
  });

  test('another file of the same size and time took its name', async () => {
    const file = await tree.put('model.gguf', before);
    await ask(file);
    const { mtime } = await stat(file);
    const other = await tree.put('other.gguf', after);
    await utimes(other, mtime, mtime);
    await rename(other, file);
    await utimes(file, mtime, mtime);
    expect(await ask(file)).toEqual([after.sha256, true]);
  });

  test('it has grown and its time was set back', async () => {
    const file = await tree.put('model.gguf', before);
    await ask(file);
    const { mtime } = await stat(file);
    await writeFile(file, 'longer than before');
    await utimes(file, mtime, mtime);
    expect((await ask(file))[1]).toBe(true);
  });
});

test('a hard link made of a file does not make it another', async () => {
  const content = someContent(100);
  const file = await tree.put('model.gguf', content);
  await ask(file);
  await link(file, tree.at('second name'));
  expect(await ask(file)).toEqual([content.sha256, false]);
});

test('a file written to a moment ago is not yet remembered', async () => {
  const content = someContent(100);
  const file = await tree.put('model.gguf', content);
  const now = new Date();
  await utimes(file, now, now);
  expect(await ask(file)).toEqual([content.sha256, true]);
  expect(await ask(file)).toEqual([content.sha256, true]);
  const later = createHashMemory({ file: memoryFile, now: () => now.getTime() + 10_000 });
  expect(await ask(file, later)).toEqual([content.sha256, true]);
  expect(await ask(file)).toEqual([content.sha256, false]);
});

test('a file that is written to while it is read is nothing', async () => {
  const file = await tree.put('model.gguf', someContent(5_000_000));
  const memory = createHashMemory({ file: memoryFile });
  const writing: Promise<void>[] = [];
  const hashed = await memory.digest(file, {
    signal,
    onHash: () => writing.push(utimes(file, new Date(), new Date(1_000_000_000 + writing.length))),
  });
  await Promise.all(writing);
  expect(writing.length).toBeGreaterThan(0);
  expect(hashed).toBeUndefined();
});

test('what was verified elsewhere is remembered', async () => {
  const content = someContent(100);
  const file = await tree.put('model.gguf', content);
  await createHashMemory({ file: memoryFile }).remember(file, content.sha256);
  expect(await ask(file)).toEqual([content.sha256, false]);
});

test('a folder is no file', async () => {
  await tree.put('folder/file', 'x');
  expect(await ask(tree.at('folder'))).toEqual([undefined, false]);
});

test.each([
  ['empty', ''],
  ['cut', '{"version":1,"files":{'],
  ['of another version', '{"version":2,"files":{}}'],
  ['an array', '[]'],
  [
    'with a digest that is none',
    '{"version":1,"files":{"/x":{"size":1,"mtimeMs":1,"inode":"1","device":"1","sha256":"../x"}}}',
  ],
])('a memory that is %s is an empty one, and is written anew', async (_name, text) => {
  await tree.put('run/hashes.json', text);
  const content = someContent(100);
  const file = await tree.put('model.gguf', content);
  expect(await ask(file)).toEqual([content.sha256, true]);
  expect(await ask(file)).toEqual([content.sha256, false]);
});

test('the files noted first are forgotten first', async () => {
  const files = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => tree.put(name, someContent(50))),
  );
  const [first = '', second = '', third = '', fourth = ''] = files;
  const limited = (): HashMemory => createHashMemory({ file: memoryFile, limit: 3 });
  for (const file of [first, second, third]) await ask(file, limited());
  await limited().remember(first, someContent(1).sha256);
  await ask(fourth, limited());
  const kept = JSON.parse(await readFile(memoryFile, 'utf8')) as { files: object };
  expect(Object.keys(kept.files)).toEqual([third, first, fourth]);
});

test('many files at once are all remembered', async () => {
  const contents = Array.from({ length: 20 }, () => someContent(2000));
  const files = await Promise.all(
    contents.map((content, index) => tree.put(`models/${index}`, content)),
  );
  const memory = createHashMemory({ file: memoryFile });
  await Promise.all(files.map((file) => ask(file, memory)));
  for (const [index, file] of files.entries()) {
    expect(await ask(file)).toEqual([contents[index]?.sha256, false]);
  }
});

test('notes of two processes are both kept', async () => {
  const [one, two] = [await tree.put('one', someContent(9)), await tree.put('two', someContent(9))];
  const [first, second] = [
    createHashMemory({ file: memoryFile }),
    createHashMemory({ file: memoryFile }),
  ];
  await ask(one, first);
  await ask(two, second);
  await ask(await tree.put('three', someContent(9)), first);
  expect((await ask(one))[1]).toBe(false);
  expect((await ask(two))[1]).toBe(false);
});

test('the names of your files are for you alone', async () => {
  await ask(await tree.put('model.gguf', someContent(9)));
  expect((await stat(memoryFile)).mode & 0o777).toBe(0o600);
});

test('reading ends when it is aborted', async () => {
  const file = await tree.put('model.gguf', someContent(4_000_000));
  const controller = new AbortController();
  const memory = createHashMemory({ file: memoryFile });
  await expect(
    memory.digest(file, { signal: controller.signal, onHash: () => controller.abort() }),
  ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await ask(file)).toMatchObject([expect.any(String), true]);
});
