import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Aliases, createAliases } from '../../../src/lib/store/aliases.ts';

const NOBODY = 65_534;

let folder: string;
let file: string;
let aliases: Aliases;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-aliases-'));
  file = path.join(folder, 'home', 'aliases.json');
  aliases = createAliases({ file });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const all = async (): Promise<object> => Object.fromEntries(await aliases.list());

test('names are kept in one file, in their order', async () => {
  expect(await all()).toEqual({});
  expect(await aliases.set('slow', 'a/b:F16')).toBeUndefined();
  expect(await aliases.set('fast', 'a/b:Q4_K_M')).toBeUndefined();
  expect(await readFile(file, 'utf8')).toBe(
    '{\n  "version": 1,\n  "aliases": {\n    "fast": "a/b:Q4_K_M",\n    "slow": "a/b:F16"\n  }\n}\n',
  );
  expect(Object.fromEntries(await createAliases({ file }).list())).toEqual(await all());
});

test('a name stands for one model, in any case', async () => {
  await aliases.set('fast', 'a/b:F16');
  expect(await aliases.set('Fast', 'c/d:F16')).toBe('a/b:F16');
  expect(await all()).toEqual({ Fast: 'c/d:F16' });
});

test('a model may have a name that no repository of the hub could have', async () => {
  await aliases.set('odd', 'a b/c d-GGUF:Q4 0');
  expect(await all()).toEqual({ odd: 'a b/c d-GGUF:Q4 0' });
});

test('what is set again as it is, is not written again', async () => {
  await aliases.set('fast', 'a/b:F16');
  const before = await stat(file);
  await aliases.set('fast', 'a/b:F16');
  expect((await stat(file)).ino).toBe(before.ino);
});

test.each(['', 'a/b', 'a:b', 'a@b', '-a', '.a', 'a b', 'ä', 'a\u001B', 'x'.repeat(65), 'a,b', '*'])(
  '%j cannot be a name',
  async (name) => {
    expect(() => aliases.set(name, 'a/b:F16')).toThrow(
      expect.objectContaining({ code: 'USAGE', exitCode: 2 }) as Error,
    );
    expect(await all()).toEqual({});
  },
);

test.each(['a', '7', 'Llama-3.2', 'x'.repeat(64), 'a_b', 'constructor'])(
  '%j can be',
  async (name) => {
    await aliases.set(name, 'a/b:F16');
    expect(await all()).toEqual({ [name]: 'a/b:F16' });
  },
);

describe('removal', () => {
  beforeEach(async () => {
    await aliases.set('one', 'a/b:F16');
    await aliases.set('two', 'a/b:F16');
    await aliases.set('three', 'a/b:Q8_0');
  });

  test('by name, in any case', async () => {
    expect(await aliases.remove(['ONE'])).toEqual(new Map([['one', 'a/b:F16']]));
    expect(Object.keys(await all())).toEqual(['three', 'two']);
  });

  test('of an unknown name removes none and tells the nearest', async () => {
    await expect(aliases.remove(['one', 'twoo'])).rejects.toMatchObject({
      code: 'ALIAS_NOT_FOUND',
      exitCode: 3,
      hint: expect.stringContaining('Did you mean two?') as string,
    });
    expect(Object.keys(await all())).toHaveLength(3);
  });

  test('of the names of models', async () => {
    expect([...(await aliases.removeOf(['a/b:F16', 'x/y:F16'])).keys()]).toEqual(['one', 'two']);
    expect(await all()).toEqual({ three: 'a/b:Q8_0' });
    expect(await aliases.removeOf(['x/y:F16'])).toEqual(new Map());
  });
});

describe.each([
  '',
  '{',
  '[]',
  'null',
  '{"version":1}',
  '{"aliases":7}',
  '{"aliases":{"a/b":"a/b:F16","ok":7,"c":"no reference","d":"a/b:../x","e":"a/b:F\\u001b16"}}',
])('a damaged file: %j', (text) => {
  beforeEach(async () => {
    await aliases.set('first', 'a/b:F16');
    await writeFile(file, text);
  });

  test('holds no names, and is known for damaged', async () => {
    expect(await all()).toEqual({});
    expect(await aliases.isDamaged()).toBe(true);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('can be written again, and is kept beside', async () => {
    const kept: string[] = [];
    const telling = createAliases({ file, onKept: (copy) => kept.push(copy) });
    await telling.set('fast', 'a/b:F16');
    expect(await all()).toEqual({ fast: 'a/b:F16' });
    expect(await aliases.isDamaged()).toBe(false);
    expect(kept).toEqual([`${file}.damaged`]);
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text);
    await telling.set('faster', 'a/b:F16');
    expect(kept).toHaveLength(1);
  });
});

test('a file that is damaged in part keeps the rest, and all of it is kept beside', async () => {
  const text = '{"aliases":{"fast":"a/b:F16","slow":7}}';
  await aliases.set('first', 'a/b:F16');
  await writeFile(file, text);
  expect(await aliases.isDamaged()).toBe(true);
  await aliases.set('other', 'a/b:F16');
  expect(await all()).toEqual({ fast: 'a/b:F16', other: 'a/b:F16' });
  expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text);
});

test('what was kept of an earlier damage stays', async () => {
  await aliases.set('first', 'a/b:F16');
  for (const text of ['one', 'two', 'three']) {
    await writeFile(file, text);
    await aliases.set('fast', 'a/b:F16');
  }
  expect((await readdir(path.dirname(file))).sort()).toEqual([
    'aliases.json',
    'aliases.json.damaged',
    'aliases.json.damaged-2',
    'aliases.json.damaged-3',
  ]);
  expect(await readFile(`${file}.damaged`, 'utf8')).toBe('one');
});

test('a file that is not there, or cannot be, is not damaged', async () => {
  expect(await aliases.isDamaged()).toBe(false);
  await writeFile(path.join(folder, 'home'), '');
  expect(await all()).toEqual({});
  expect(await aliases.isDamaged()).toBe(false);
});

test('one that may not be read is told as the system does', async () => {
  await aliases.set('first', 'a/b:F16');
  await chmod(folder, 0o755);
  await chmod(file, 0);
  const module = path.resolve(import.meta.dirname, '../../../src/lib/store/aliases.ts');
  const script = `import { createAliases } from '${module}';
    await createAliases({ file: '${file}' }).list().catch((error) => console.log(error.code, error.path));`;
  const who = process.getuid?.() === 0 ? { uid: NOBODY } : {};
  const words = ['--input-type=module', '-e', script];
  const { stdout } = await execa(process.execPath, words, { ...who, cwd: '/' });
  expect(stdout).toBe(`EACCES ${file}`);
});

test('two that set names at once lose none', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `name${index}`);
  await Promise.all(names.map((name) => createAliases({ file }).set(name, 'a/b:F16')));
  expect(Object.keys(await all()).sort()).toEqual(names);
});
