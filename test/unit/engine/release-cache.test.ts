import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { createAnswerCache, isEntityTag } from '../../../src/lib/engine/release-cache.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-cache-'));
  file = path.join(folder, 'run', 'releases.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const answer = (text: string) => ({ etag: `"${text}"`, body: { text } });
const long = (name: string, length: number) => ({ etag: `"${name}"`, body: name.repeat(length) });

test('an answer is there in the next run', async () => {
  await createAnswerCache(file).put('u', answer('one'));
  expect(await createAnswerCache(file).get('u')).toMatchObject(answer('one'));
  expect(await createAnswerCache(file).get('other')).toBeUndefined();
});

test('a newer answer takes the place of the one before', async () => {
  const cache = createAnswerCache(file);
  await cache.put('u', answer('one'));
  await cache.put('u', answer('two'));
  expect(await cache.get('u')).toMatchObject(answer('two'));
  expect((await readFile(file, 'utf8')).match(/"url"/gu)).toHaveLength(1);
});

test('answers that two processes keep are both there', async () => {
  const [one, two] = [createAnswerCache(file), createAnswerCache(file)];
  await one.put('a', answer('a'));
  await two.put('b', answer('b'));
  expect([await one.get('b'), await two.get('a')]).toMatchObject([answer('b'), answer('a')]);
});

test('only so many answers are kept: those that were kept last', async () => {
  const cache = createAnswerCache(file, { answers: 2, bytes: 10_000 });
  for (const name of ['a', 'b', 'c']) await cache.put(name, answer(name));
  expect(await cache.get('a')).toBeUndefined();
  expect([await cache.get('b'), await cache.get('c')]).toMatchObject([answer('b'), answer('c')]);
});

test('the file stays below its limit', async () => {
  const cache = createAnswerCache(file, { answers: 100, bytes: 1000 });
  for (const name of ['a', 'b', 'c', 'd']) await cache.put(name, long(name, 300));
  expect((await stat(file)).size).toBeLessThanOrEqual(1000);
  expect(await cache.get('d')).toBeDefined();
  await cache.put('e', long('e', 2000));
  expect([await cache.get('e'), await cache.get('d')]).toEqual([undefined, expect.anything()]);
});

test.each([
  ['is damaged', '{"version":1,"answers":[{"url"'],
  ['is of another version', '{"version":2,"answers":[]}'],
  [
    'holds a tag that would break a header',
    '{"version":1,"answers":[{"url":"u","etag":"\\"a\\r\\nx: y\\"","body":1}]}',
  ],
  ['is larger than it can be', `{"version":1,"answers":[]}${' '.repeat(3_000_000)}`],
])('a file that %s is empty, and the next answer mends it', async (_name, text) => {
  const cache = createAnswerCache(file);
  await cache.put('u', answer('one'));
  await writeFile(file, text);
  expect(await cache.get('u')).toBeUndefined();
  await cache.put('u', answer('two'));
  expect(await cache.get('u')).toMatchObject(answer('two'));
});

test('what cannot be kept is not kept, and nothing fails', async () => {
  // A file where the folder should be: even root cannot write there.
  await writeFile(path.join(folder, 'run'), '');
  const cache = createAnswerCache(file);
  await cache.put('u', answer('one'));
  expect(await cache.get('u')).toBeUndefined();
});

test.each([
  ['"abc"', true],
  ['W/"abc"', true],
  ['""', false],
  ['abc', false],
  ['"a"b"', false],
  ['"a\r\nb"', false],
  [null, false],
])('%j as an entity tag', (text, expected) => {
  expect(isEntityTag(text)).toBe(expected);
});
