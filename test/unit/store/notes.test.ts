import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { requireTag } from '../../../src/lib/store/notes.ts';
import { createStore, type Store } from '../../../src/lib/store/store.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';

let folder: string;
let store: Store;
let metadata: string;

const RECORD = {
  revision: 'c'.repeat(40),
  source: 'https://hub.example',
  files: [{ name: 'm-Q4_K_M.gguf', file: 'Q4_K_M.gguf', size: 10, etag: 'kept' }],
  pulledAt: '2026-01-02T03:04:05.000Z',
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-notes-'));
  const repo = path.join(folder, 'models', 'user', 'repo');
  metadata = path.join(repo, 'metadata.json');
  store = createStore({ models: path.join(folder, 'models') });
  await mkdir(repo, { recursive: true });
  for (const name of ['Q4_K_M', 'Q8_0']) {
    await writeFile(path.join(repo, `${name}.gguf`), Buffer.alloc(10));
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function model(quant = 'Q4_K_M'): Promise<StoredModel> {
  const [found] = await store.match({ repo: 'user/repo', tag: quant });
  if (found === undefined) throw new Error(`${quant} is not there`);
  return found;
}

async function write(more: object, quants: object = { Q4_K_M: RECORD }): Promise<void> {
  const document = { version: 1, repo: 'user/repo', quants, projectors: {}, ...more };
  await writeFile(metadata, JSON.stringify(document));
}

test('uses are counted, and the last is remembered, also of what nobody pulled', async () => {
  await store.markUsed(await model(), new Date('2026-05-06T07:08:09Z'));
  await store.markUsed(await model(), new Date('2026-05-07T07:08:09Z'));
  expect(await model()).toMatchObject({
    timesUsed: 2,
    lastUsedAt: new Date('2026-05-07T07:08:09Z'),
  });
  expect(await model('Q8_0')).not.toHaveProperty('timesUsed');
});

test('what llamero 0.1 wrote of the last use is read, and stands until the next', async () => {
  await write({}, { Q4_K_M: { ...RECORD, lastUsedAt: '2025-01-01T00:00:00.000Z' } });
  expect(await model()).toMatchObject({
    lastUsedAt: new Date('2025-01-01'),
    pulledAt: new Date(RECORD.pulledAt),
  });
  await store.markUsed(await model(), new Date('2026-05-06'));
  expect(await model()).toMatchObject({ lastUsedAt: new Date('2026-05-06'), timesUsed: 1 });
});

test('tags are given and taken, each once in any case', async () => {
  await store.changeTags([await model(), await model('Q8_0')], { add: ['work', 'Small', 'WORK'] });
  expect((await model()).tags).toEqual(['work', 'Small']);
  expect((await model('Q8_0')).tags).toEqual(['work', 'Small']);
  await store.changeTags([await model()], { remove: ['small', 'unknown'], add: ['work', 'new'] });
  expect((await model()).tags).toEqual(['work', 'new']);
  await store.changeTags([await model()], { remove: ['work', 'new'] });
  expect(await model()).not.toHaveProperty('tags');
});

test('keys that are not known survive', async () => {
  await write({ future: [1], notes: { Q4_K_M: { stars: 3 }, Q8_0: {} } });
  await store.markUsed(await model(), new Date('2026-05-06'));
  await store.changeTags([await model()], { add: ['work'] });
  const kept: unknown = JSON.parse(await readFile(metadata, 'utf8'));
  expect(kept).toMatchObject({
    future: [1],
    quants: { Q4_K_M: RECORD },
    notes: { Q4_K_M: { stars: 3, tags: ['work'], timesUsed: 1 }, Q8_0: {} },
  });
});

test.each([{ notes: 7 }, { notes: { Q4_K_M: 7 } }, { notes: { Q4_K_M: { tags: 'work' } } }])(
  'damaged notes do not take the record with them: %j',
  async (damage) => {
    await write(damage);
    expect(await model()).not.toHaveProperty('tags');
    await store.changeTags([await model()], { add: ['work'] });
    expect(await model()).toMatchObject({ tags: ['work'], pulledAt: new Date(RECORD.pulledAt) });
  },
);

test('a time that is none is left out', async () => {
  await write(
    { notes: { Q4_K_M: { lastUsedAt: 'yesterday' } } },
    {
      Q4_K_M: { ...RECORD, pulledAt: 'once' },
    },
  );
  const { lastUsedAt, pulledAt } = await model();
  expect({ lastUsedAt, pulledAt }).toEqual({ lastUsedAt: undefined, pulledAt: undefined });
});

test('the note of a model goes with it', async () => {
  await store.changeTags([await model(), await model('Q8_0')], { add: ['work'] });
  await store.remove([await model()]);
  expect(JSON.parse(await readFile(metadata, 'utf8'))).toHaveProperty('notes', {
    Q8_0: { tags: ['work'] },
  });
});

test('so do its aliases', async () => {
  await store.aliases.set('fast', 'user/repo:Q4_K_M');
  await store.aliases.set('good', 'user/repo:Q8_0');
  const { aliases } = await store.remove([await model()]);
  expect([...aliases]).toEqual([['fast', 'user/repo:Q4_K_M']]);
  expect([...(await store.aliases.list()).keys()]).toEqual(['good']);
});

test.each(['', 'two words', 'a,b', '-x', 'a/b', 'x'.repeat(33), 'a\u0007'])(
  '%j cannot be a tag',
  (tag) => {
    expect(() => requireTag(tag)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  },
);

test.each(['favorite', 'Größe', '3d', 'v1.0-rc_1'])('%j can be a tag', (tag) => {
  expect(requireTag(tag)).toBe(tag);
});
