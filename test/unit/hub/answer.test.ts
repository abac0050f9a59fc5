import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  isHubPath,
  isRepoId,
  modelAnswer,
  searchAnswer,
  treeAnswer,
} from '../../../src/lib/hub/answer.ts';

const COMMIT = 'a'.repeat(40);
const SHA256 = 'b'.repeat(64);
const model = { name: 'user/repo', sha: COMMIT };
const file = { type: 'file', path: 'a.gguf', size: 7, oid: COMMIT };

test.each([
  ['user/repo', true],
  ['User-1/repo_2.GGUF', true],
  ['repo', false],
  ['user/repo/more', false],
  ['../repo', false],
  ['user/..', false],
  ['user/a..b', false],
  ['user/repo.', false],
  ['user/re po', false],
  ['user/repo?x', false],
  ['user/repo\n', false],
  [`user/${'a'.repeat(97)}`, false],
])('%j is a repository’s name: %s', (text, expected) => {
  expect(isRepoId(text)).toBe(expected);
});

test.each([
  ['a.gguf', true],
  ['folder/ö (1) #2%.gguf', true],
  ['..a/b..gguf', true],
  ['', false],
  ['/etc/passwd', false],
  ['a//b', false],
  ['a/../../b', false],
  ['./a', false],
  ['a\\..\\b', false],
  ['C:/windows', false],
  ['a\u0000b', false],
  ['a\nb', false],
  ['a\u001B[2J', false],
  ['a\u202Efugg.exe', false],
  ['a\uD800', false],
  ['a'.repeat(1025), false],
])('the path %j leads into the repository: %s', (path, expected) => {
  expect(isHubPath(path)).toBe(expected);
});

test('no path that passes leads out of a folder, whatever it is made of', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '/', '\\', 'C:', '\u0000', 'a'), fc.string());
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const path = parts.join('');
      if (!isHubPath(path)) return;
      const { pathname } = new URL(
        path.split('/').map(encodeURIComponent).join('/'),
        'http://h/x/y/',
      );
      expect(pathname.startsWith('/x/y/')).toBe(true);
      expect(pathname.split('/')).toHaveLength(path.split('/').length + 3);
    }),
  );
});

describe('a model', () => {
  test('has all that the hub tells', () => {
    expect(
      modelAnswer.parse({
        ...model,
        private: false,
        gated: 'auto',
        downloads: 186_325,
        likes: 38,
        updatedAt: new Date(5000),
        createdAt: '1970-01-01T00:00:01.000Z',
        task: 'text-generation',
        tags: ['gguf', 'base_model:quantized:google/gemma-3-1b-it'],
        cardData: { license: 'gemma', base_model: ['google/gemma-3-1b-it'] },
        gguf: { total: 999_885_952, architecture: 'gemma3', context_length: 32_768 },
      }),
    ).toEqual({
      id: 'user/repo',
      author: 'user',
      commit: COMMIT,
      private: false,
      gated: 'auto',
      downloads: 186_325,
      likes: 38,
      updatedAt: new Date(5000),
      createdAt: new Date(1000),
      pipeline: 'text-generation',
      tags: ['gguf', 'base_model:quantized:google/gemma-3-1b-it'],
      license: 'gemma',
      baseModels: ['google/gemma-3-1b-it'],
      parameters: 999_885_952,
      architecture: 'gemma3',
      contextLength: 32_768,
    });
  });

  test.each([
    [false, false],
    [true, 'manual'],
    ['auto', 'auto'],
    ['manual', 'manual'],
    ['something new', 'manual'],
    [null, false],
    [undefined, false],
  ])('that is gated %j counts as %j', (gated, expected) => {
    expect(modelAnswer.parse({ ...model, gated }).gated).toBe(expected);
  });

  test.each([
    [{ license: 'mit' }, [], 'mit'],
    [{ license: ['mit', 'gpl'] }, [], 'mit'],
    [{ license: 'other', license_name: 'llama-x' }, [], 'llama-x'],
    [{ license: 'other' }, [], 'other'],
    [undefined, ['license:apache-2.0'], 'apache-2.0'],
    [{}, [], undefined],
    [{ license: 7 }, [], undefined],
  ])('with the card %j and the tags %j is under %s', (cardData, tags, license) => {
    expect(modelAnswer.parse({ ...model, cardData, tags }).license).toBe(license);
  });

  test.each([
    [{ base_model: 'a/b' }, [], ['a/b']],
    [{ base_model: ['a/b', 'c/d', 'a/b', 7, '../x'] }, [], ['a/b', 'c/d']],
    [undefined, ['base_model:a/b', 'base_model:quantized:a/b'], ['a/b']],
    [undefined, [], []],
  ])('with the card %j and the tags %j comes from %j', (cardData, tags, baseModels) => {
    expect(modelAnswer.parse({ ...model, cardData, tags }).baseModels).toEqual(baseModels);
  });

  test('does without what is shown only, when that is nonsense', () => {
    const parsed = modelAnswer.parse({
      ...model,
      private: 'yes',
      downloads: -1,
      likes: 1e300,
      updatedAt: new Date(Number.NaN),
      createdAt: 'yesterday',
      task: 'x'.repeat(1000),
      tags: ['fine', 7, null, '\u001B[31mred', 'x'.repeat(1000), '  '],
      cardData: 'none',
      gguf: { total: -5, architecture: {}, context_length: 1.5 },
    });
    expect(parsed).toEqual({
      id: 'user/repo',
      author: 'user',
      commit: COMMIT,
      private: false,
      gated: false,
      downloads: 0,
      likes: 0,
      tags: ['fine', '[31mred'],
      baseModels: [],
    });
  });

  test.each([
    { name: undefined },
    { name: '../..' },
    { name: 7 },
    { sha: 'main' },
    { sha: undefined },
    { sha: `${COMMIT}/../x` },
  ])('is refused with %j', (wrong) => {
    expect(modelAnswer.safeParse({ ...model, ...wrong }).success).toBe(false);
  });
});

describe('a search hit', () => {
  test('holds the models, not what goes with them, nor paths that lead elsewhere', () => {
    const names = [
      'model-Q4_K_M.gguf',
      'sub/Model-F16.GGUF',
      'mmproj-F16.gguf',
      'model.imatrix.gguf',
      'mtp-model-Q8_0.gguf',
      '../evil.gguf',
      'README.md',
    ];
    const siblings = [...names.map((rfilename) => ({ rfilename })), null, {}, { rfilename: 7 }];
    expect(searchAnswer.parse({ ...model, siblings }).ggufFiles).toEqual(names.slice(0, 2));
  });

  test.each([undefined, null, 'x', {}, [[]]])('has no files in siblings %j', (siblings) => {
    expect(searchAnswer.parse({ ...model, siblings }).ggufFiles).toEqual([]);
  });
});

describe('an entry of the file tree', () => {
  test('is a file with its hashes', () => {
    const lfs = { oid: SHA256, size: 7, pointerSize: 134 };
    expect(treeAnswer.parse({ ...file, lfs, xetHash: 'x' })).toEqual({
      path: 'a.gguf',
      size: 7,
      sha256: SHA256,
      gitOid: COMMIT,
    });
    expect(treeAnswer.parse(file)).toEqual({ path: 'a.gguf', size: 7, gitOid: COMMIT });
  });

  test('is nothing when it is a folder or its path leads elsewhere', () => {
    expect(
      treeAnswer.parse({ type: 'directory', path: 'a', size: 0, oid: COMMIT }),
    ).toBeUndefined();
    expect(treeAnswer.parse({ ...file, path: '../a.gguf' })).toBeUndefined();
  });

  test.each([
    { path: 7 },
    { size: -1 },
    { size: 1.5 },
    { size: '7' },
    { size: 2 ** 51 },
    { size: undefined },
    { oid: 'x' },
    { lfs: { oid: 'x', size: 7 } },
    { lfs: { oid: SHA256, size: 8 } },
    { lfs: 'x' },
    { type: 'submarine' },
  ])('is refused with %j', (wrong) => {
    expect(treeAnswer.safeParse({ ...file, ...wrong }).success).toBe(false);
  });
});

test('no value at all makes the reading fall over', () => {
  fc.assert(
    fc.property(fc.anything(), fc.jsonValue(), (anything, json) => {
      for (const schema of [modelAnswer, searchAnswer, treeAnswer]) {
        for (const value of [anything, json]) schema.safeParse(value);
      }
      const fields = { tags: json, cardData: json, gguf: json, gated: json, siblings: json };
      expect(searchAnswer.safeParse({ ...model, ...fields }).success).toBe(true);
      expect(modelAnswer.safeParse({ ...model, ...fields }).success).toBe(true);
    }),
  );
});
