import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { addressOf, chooseKey, isLoopback, keepKey } from '../../../src/lib/server/api-key.ts';
import { caught } from '../../support/caught.ts';

let folder: string;
let ownFile: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-key-'));
  ownFile = path.join(folder, 'run', 'api-key');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('loopback', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.7', false],
    ['my-machine.local', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('the key of a new server', () => {
  test('is not needed on this machine alone', async () => {
    expect(await chooseKey('127.0.0.1', {}, ownFile)).toBeUndefined();
  });

  test('is needed beyond it, and the error says how to have one', async () => {
    const error = await caught(chooseKey('0.0.0.0', {}, ownFile));
    expect(error).toMatchObject({ code: 'API_KEY_REQUIRED', exitCode: 2 });
    expect(error.hint).toContain('--generate-api-key');
  });

  test('that is made is kept for its owner alone, and taken again', async () => {
    const made = await chooseKey('0.0.0.0', {}, ownFile, true);
    if (made === undefined) throw new Error('no key');
    expect(made.value).toMatch(/^[\w-]{43}$/u);
    await keepKey(made);
    expect((await stat(ownFile)).mode & 0o777).toBe(0o600);
    expect((await chooseKey('0.0.0.0', {}, ownFile, true))?.value).toBe(made.value);
    // Without being asked for it goes with what others can reach, and with nothing else.
    expect((await chooseKey('0.0.0.0', {}, ownFile))?.value).toBe(made.value);
    expect(await chooseKey('127.0.0.1', {}, ownFile)).toBeUndefined();
  });

  test('comes from a named file before the environment', async () => {
    const file = path.join(folder, 'mine');
    await writeFile(file, '# for the office\n\n  office-key  \nanother\n');
    const key = await chooseKey('127.0.0.1', { file, value: 'from-environment' }, ownFile);
    expect(key).toEqual({ file, value: 'office-key', isNew: false });
    expect(await chooseKey('127.0.0.1', { value: 'from-environment' }, ownFile)).toEqual({
      file: ownFile,
      value: 'from-environment',
      isNew: true,
    });
  });

  test.each(['two words', 'line\nbreak', 'ümlaut'])(
    'cannot be %j, which is not shown',
    async (value) => {
      const error = await caught(chooseKey('127.0.0.1', { value }, ownFile));
      expect(error.code).toBe('API_KEY_INVALID');
      expect(`${error.message}${error.hint ?? ''}`).not.toContain(value);
    },
  );

  test('is not found in an empty or missing file', async () => {
    const file = path.join(folder, 'mine');
    expect((await caught(chooseKey('::', { file }, ownFile))).code).toBe('API_KEY_INVALID');
    await writeFile(file, '# nothing\n');
    expect((await caught(chooseKey('::', { file }, ownFile))).code).toBe('API_KEY_INVALID');
  });
});

describe('the address of a running server', () => {
  test('has the key from the file that the record names', async () => {
    const file = path.join(folder, 'mine');
    await writeFile(file, 'office-key\n');
    const state = { host: '0.0.0.0', port: 1, apiKeyFile: file };
    expect(await addressOf(state)).toEqual({ host: '0.0.0.0', port: 1, apiKey: 'office-key' });
    await rm(file);
    expect((await caught(addressOf(state))).message).toContain(file);
    expect(await addressOf({ host: 'h', port: 2 })).toEqual({ host: 'h', port: 2 });
    expect(await readFile(ownFile, 'utf8').catch(() => undefined)).toBeUndefined();
  });
});
