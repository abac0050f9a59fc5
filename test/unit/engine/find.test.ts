import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type FindOptions, findEngine } from '../../../src/lib/engine/find.ts';
import { caught } from '../../support/caught.ts';

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'llamero-find-')));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function program(...parts: string[]): Promise<string> {
  const file = path.join(folder, ...parts);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

function options(changes: Partial<FindOptions> = {}): FindOptions {
  return {
    binFolder: path.join(folder, 'bin'),
    searchPath: ['one', 'two'].map((name) => path.join(folder, name)).join(':'),
    platform: 'linux',
    workingFolder: folder,
    ...changes,
  };
}

function named(file: string): FindOptions {
  return options({ named: { path: file, by: 'LLAMERO_LLAMA_SERVER', origin: 'environment' } });
}

describe('finding the engine', () => {
  test('the named one comes before all others, relative or absolute', async () => {
    await program('one', 'llama-server');
    const mine = await program('mine', 'llama-server');
    for (const name of [mine, 'mine/llama-server', 'mine']) {
      expect(await findEngine(named(name))).toEqual({
        command: [mine],
        folder: path.join(folder, 'mine'),
        origin: 'environment',
      });
    }
  });

  test('a named one that is not there is an error, even where others are', async () => {
    await program('one', 'llama-server');
    await writeFile(path.join(folder, 'plain'), '');
    await mkdir(path.join(folder, 'empty'));
    for (const [name, problem] of [
      ['nowhere', 'does not exist'],
      ['plain', 'is not an executable file'],
      ['empty', 'is a folder without a llama-server'],
    ] as const) {
      const error = await caught(findEngine(named(name)));
      expect(error.code).toBe('ENGINE_MISSING');
      expect(error.message).toBe(
        `${path.join(folder, name)}, which LLAMERO_LLAMA_SERVER names, ${problem}`,
      );
    }
  });

  test('the installed build comes before the one on PATH', async () => {
    await program('one', 'llama-server');
    const installed = await program('bin', 'b11669-cpu', 'llama-server');
    const record = path.join(folder, 'bin', 'version.json');
    await writeFile(record, JSON.stringify({ current: 'b11669-cpu' }));
    expect(await findEngine(options())).toMatchObject({
      command: [installed],
      origin: 'installed',
    });
  });

  test.each([
    ['is damaged', '{'],
    ['names nothing', '{}'],
    ['names a build that is gone', '{"current":"b1-cpu"}'],
    ['points outside', '{"current":"../two"}'],
    ['holds no text', '{"current":7}'],
  ])('a record of installed builds that %s is passed over', async (_, text) => {
    const onPath = await program('one', 'llama-server');
    await program('two', 'llama-server');
    await mkdir(path.join(folder, 'bin'));
    await writeFile(path.join(folder, 'bin', 'version.json'), text);
    expect(await findEngine(options())).toMatchObject({ command: [onPath], origin: 'path' });
  });

  test('llama-server anywhere on PATH comes before llama, which is run as `llama serve`', async () => {
    const llama = await program('one', 'llama');
    expect(await findEngine(options())).toMatchObject({ command: [llama, 'serve'] });
    const server = await program('two', 'llama-server');
    expect(await findEngine(options())).toMatchObject({ command: [server] });
  });

  test('a folder or a file that may not be run is passed over', async () => {
    await mkdir(path.join(folder, 'one', 'llama-server'), { recursive: true });
    const file = await program('two', 'llama-server');
    await chmod(file, 0o644);
    expect((await caught(findEngine(options()))).code).toBe('ENGINE_MISSING');
  });

  test('relative entries of PATH are not looked into', async () => {
    await program('here', 'llama-server');
    const error = await caught(findEngine(options({ searchPath: 'here::.' })));
    expect(error.code).toBe('ENGINE_MISSING');
    expect(error.hint).toContain('llamero update');
  });

  test('the folder is that of the real file behind a link', async () => {
    const real = await program('real', 'llama-server');
    await mkdir(path.join(folder, 'one'));
    await symlink(real, path.join(folder, 'one', 'llama-server'));
    expect(await findEngine(options())).toMatchObject({ folder: path.join(folder, 'real') });
  });

  test('on Windows the program has its extension, and scripts do not count', async () => {
    await program('one', 'llama-server.cmd');
    await program('one', 'llama-server');
    const real = await program('two', 'llama-server.exe');
    const windows = options({
      platform: 'win32',
      pathExtensions: '.COM;.EXE;.BAT;.CMD',
      searchPath: ['one', 'two'].map((name) => path.join(folder, name)).join(';'),
    });
    expect(await findEngine(windows)).toMatchObject({ command: [real] });
  });
});
