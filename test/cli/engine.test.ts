import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome, type CliResult } from '../support/cli.ts';
import { type ScriptEngine, scriptArchive } from '../support/engine/script-engine.ts';
import { writeTar } from '../support/engine/tar.ts';
import { Pty } from '../support/pty.ts';
import type { AssetSource } from '../support/releases/release.ts';
import { startReleases, type TestReleases } from '../support/releases/releases.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');

let home: CliHome;
let releases: TestReleases;

beforeEach(async () => {
  releases = await startReleases();
  home = await CliHome.create({ LLAMERO_RELEASES_URL: releases.baseUrl });
  // No llama-server of the machine is on this PATH.
  home.env['PATH'] = '/usr/bin:/bin';
  await publish({ build: 100 });
  await releases.publishStable('v0.1.0', 'b100');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await releases.close();
});

async function publish(
  engine: ScriptEngine,
  more: Readonly<Record<string, AssetSource>> = {},
): Promise<void> {
  const assets = await scriptArchive(home.folder, engine);
  await releases.publish(`b${engine.build}`, { ...assets, ...more });
}

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await home.run([...words, '--json']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function ok(words: readonly string[]): Promise<CliResult> {
  const result = await home.run(words);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

const program = (name: string): string => home.path('bin', name, 'llama-server');

async function used(): Promise<string> {
  return (await ok(['engine', 'path'])).stdout.trim();
}

function downloads(name: string): number {
  return releases.requests.filter(
    ({ host, path: asked }) => host === 'storage' && asked.includes(name),
  ).length;
}

describe('update', () => {
  test('installs the stable build, and a second time has nothing to do', async () => {
    const first = await ok(['update']);
    expect(first.stdout).toBe(`${program('b100-cpu')}\n`);
    expect(first.stderr).toContain('llama.cpp b100 (v0.1.0, CPU)');
    expect(await readdir(home.path('bin', 'b100-cpu'))).toEqual(['LICENSE', 'llama-server']);
    expect((await readdir(home.path('bin'))).sort()).toEqual(['b100-cpu', 'version.json']);

    releases.clearRequests();
    const second = await ok(['update']);
    expect(second.stderr).toContain('is in use already');
    expect(releases.requests.filter(({ host }) => host === 'storage')).toHaveLength(
      downloads('nightly-tag.txt'),
    );
  });

  test('--check only looks', async () => {
    const { stderr, stdout } = await ok(['update', '--check']);
    expect(stdout).toBe('b100-cpu\n');
    expect(stderr).toContain('to fetch');
    expect(await json(['update', '--check'])).toMatchObject({
      build: 100,
      tag: 'b100',
      stable: 'v0.1.0',
      backend: 'cpu',
      state: 'new',
      skipped: [],
      pinned: null,
      before: null,
      changed: false,
      path: null,
      server: null,
    });
    expect((await home.run(['engine', 'path'])).exitCode).toBe(9);
  });

  test('takes every build on the nightly channel, and passes over one that is being uploaded', async () => {
    await publish({ build: 200 });
    const starter = await scriptArchive(home.folder, { build: 300 });
    const unfinished = Object.entries(starter).map(([name, asset]) => [
      name,
      { ...asset, state: 'starter' as const },
    ]);
    await releases.publish('b300', Object.fromEntries(unfinished) as Record<string, AssetSource>);
    const { stderr } = await ok(['update', '--channel', 'nightly']);
    expect(stderr).toContain('Passed over, as they lack what this machine needs: b300');
    expect(await used()).toBe(program('b200-cpu'));
    await ok(['config', 'set', 'engine.channel', 'nightly']);
    expect(await json(['update', '--check'])).toMatchObject({ build: 200, state: 'used' });
  });

  test('stays at a build that was asked for until the latest is', async () => {
    await publish({ build: 90 });
    await ok(['update', '--version', 'b90']);
    expect(await used()).toBe(program('b90-cpu'));
    const stay = await ok(['update']);
    expect(stay.stderr).toContain('Stays at b90');
    expect(await used()).toBe(program('b90-cpu'));
    await ok(['update', '--version', 'latest']);
    expect(await json(['update', '--check'])).toMatchObject({ pinned: null, state: 'used' });
    expect(await used()).toBe(program('b100-cpu'));
  });

  test('asks on a terminal, unless told not to', async () => {
    await using no = new Pty(home, ['update'], { columns: 160, rows: 24 });
    await no.waitFor('Install b100-cpu, ');
    no.type('n\r');
    expect(await no.ended).toBe(130);
    expect((await home.run(['engine', 'path'])).exitCode).toBe(9);
    await using yes = new Pty(home, ['update', '--yes'], { columns: 160, rows: 24 });
    expect(await yes.ended).toBe(0);
    expect(yes.output).not.toContain('Install b100');
  });

  test.each([
    [['update', '--version', 'soon'], 2, 'no build of llama.cpp'],
    [['update', '--version', 'b7'], 3, 'no build b7'],
    [['update', '--backend', 'metal'], 9, 'etal'],
    [['update', '--backend', 'abacus'], 2, 'abacus'],
  ])('%j exits %i', async (words, exitCode, message) => {
    const result = await home.run(words);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  test('keeps the build in use and the one before it, and removes older ones', async () => {
    for (const build of [101, 102, 103]) {
      await publish({ build });
      await ok(['update', '--channel', 'nightly']);
    }
    const { engines } = await json(['engine', 'list']);
    expect((engines as { name: string }[]).map(({ name }) => name)).toEqual([
      'b103-cpu',
      'b102-cpu',
    ]);
  });
});

describe('a build that is not what it should be leaves the one in use as it is', () => {
  beforeEach(async () => {
    await ok(['update']);
  });

  async function refused(words: readonly string[]): Promise<CliResult> {
    const result = await home.run(words);
    expect(result.stdout).toBe('');
    expect(await used()).toBe(program('b100-cpu'));
    const left = (await readdir(home.path('bin'))).filter((name) => name !== '.downloads');
    expect(left.sort()).toEqual(['b100-cpu', 'version.json']);
    return result;
  }

  test('another digest: exit 8', async () => {
    const [entry] = Object.entries(await scriptArchive(home.folder, { build: 200 }));
    if (entry === undefined) throw new Error('no archive');
    const [name, asset] = entry;
    const digest = `sha256:${'0'.repeat(64)}`;
    await releases.publish('b200', { [name]: { ...asset, digest } });
    const { exitCode, stderr } = await refused(['update', '--channel', 'nightly']);
    expect(exitCode).toBe(8);
    expect(stderr).toContain('arrived damaged twice');
  });

  test('a trial that fails: exit 9 with the line that tells why', async () => {
    await publish({
      build: 200,
      version: 'echo "error: this CPU is not supported" >&2; exit 1',
    });
    const { exitCode, stderr } = await refused(['update', '--channel', 'nightly']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('llama.cpp b200 (CPU) failed its trial');
    expect(stderr).toContain('error: this CPU is not supported');
    expect(stderr).toContain('Nothing was changed: b100-cpu is still used');
    expect(stderr).not.toContain('.unfinished-');
  });

  test('an archive that attacks: exit 8, and nothing outside its folder', async () => {
    const outside = home.path('outside');
    await publish({
      build: 200,
      entries: [
        { path: 'llama-b200/out', type: 'SymbolicLink', target: '../../../..' },
        { path: 'llama-b200/out/outside', content: 'bad' },
      ],
    });
    const { exitCode, stderr } = await refused(['update', '--channel', 'nightly']);
    expect(exitCode).toBe(8);
    expect(stderr).toContain('a link out of the folder');
    await expect(readFile(outside)).rejects.toThrow('ENOENT');
  });

  test('an archive without a llama-server: exit 9', async () => {
    const name = `llama-b200-bin-ubuntu-${process.arch}.tar.gz`;
    const file = path.join(home.folder, name);
    await writeTar(file, [{ path: 'llama-b200/README', content: 'nothing here' }]);
    await releases.publish('b200', { [name]: { file } });
    const { exitCode, stderr } = await refused(['update', '--channel', 'nightly']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('holds no llama-server');
  });

  test('releases that cannot be reached: exit 6, and what is installed goes on', async () => {
    await releases.goDown();
    await rm(home.path('run', 'releases.json'), { force: true });
    const { exitCode } = await refused(['update', '--version', 'b555']);
    expect(exitCode).toBe(6);
    expect(await json(['version'])).toMatchObject({ engine: { build: 100, backend: 'cpu' } });
    await releases.comeUp();
  }, 120_000);

  test('LLAMERO_OFFLINE: exit 6 without a request', async () => {
    releases.clearRequests();
    home.env['LLAMERO_OFFLINE'] = '1';
    const { exitCode } = await refused(['update', '--version', 'b555']);
    expect(exitCode).toBe(6);
    expect(releases.requests).toEqual([]);
  });
});

describe('engine', () => {
  test('goes back, and forth, and to a build by its number', async () => {
    await ok(['update']);
    await publish({ build: 200 });
    await ok(['update', '--channel', 'nightly']);
    const { stdout } = await ok(['engine', 'rollback']);
    expect(stdout).toBe('Using b100 (CPU)\n');
    expect(await used()).toBe(program('b100-cpu'));
    await ok(['engine', 'rollback']);
    expect(await used()).toBe(program('b200-cpu'));
    for (const name of ['100', 'b200', 'B100-CPU']) await ok(['engine', 'use', name]);
    expect(await used()).toBe(program('b100-cpu'));
    expect(await json(['engine', 'use', 'b200'])).toEqual({
      build: 200,
      backend: 'cpu',
      path: program('b200-cpu'),
      server: null,
    });
  });

  test('without a build to go back to says so', async () => {
    await ok(['update']);
    const { exitCode, stderr } = await home.run(['engine', 'rollback']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('no build to go back to');
  });

  test('does not switch to a build that is broken by now', async () => {
    await ok(['update']);
    await publish({ build: 200 });
    await ok(['update', '--channel', 'nightly']);
    await writeFile(program('b100-cpu'), '#!/bin/sh\necho "the disk ate it" >&2\nexit 1\n');
    const { exitCode, stderr } = await home.run(['engine', 'use', 'b100']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('the disk ate it');
    expect(await used()).toBe(program('b200-cpu'));
  });

  test('removes what is not in use, and nothing else', async () => {
    await ok(['update']);
    await publish({ build: 200 });
    await ok(['update', '--channel', 'nightly']);
    const refused = await home.run(['engine', 'remove', 'b200']);
    expect(refused).toMatchObject({ exitCode: 11, stdout: '' });
    expect(refused.stderr).toContain('engine rollback');
    const unknown = await home.run(['engine', 'remove', 'b300']);
    expect(unknown).toMatchObject({ exitCode: 9 });
    expect(unknown.stderr).toContain('Installed: b200-cpu, b100-cpu');
    expect((await ok(['engine', 'remove', 'b100'])).stdout).toBe('Removed b100-cpu\n');
    expect((await readdir(home.path('bin'))).sort()).toEqual(['b200-cpu', 'version.json']);
  });

  test('list shows the installed ones and those of others, with what is used', async () => {
    await ok(['update']);
    const folder = path.join(home.folder, 'mine');
    await mkdir(folder);
    const mine = path.join(folder, 'llama-server');
    await writeFile(mine, await readFile(program('b100-cpu')));
    await chmod(mine, 0o755);
    home.env['PATH'] = `${folder}:/usr/bin:/bin`;
    expect(await json(['engine', 'list'])).toEqual({
      engines: [
        {
          origin: 'installed',
          path: program('b100-cpu'),
          build: 100,
          name: 'b100-cpu',
          backend: 'cpu',
          installedAt: expect.any(String) as string,
          used: true,
        },
        { origin: 'path', path: mine, build: 100, version: '0.7.0', used: false },
      ],
    });
    home.env['LLAMERO_LLAMA_SERVER'] = mine;
    const { stdout } = await ok(['engine', 'list']);
    expect(stdout).toMatch(/^\*\s+b100 \(0\.7\.0\)\s+LLAMERO_LLAMA_SERVER/mu);
    const update = await ok(['update']);
    expect(update.stderr).toContain(`${mine} comes first`);
  });

  test('list of nothing says how to get one', async () => {
    const { stderr, stdout } = await ok(['engine', 'list']);
    expect(stdout).toBe('');
    expect(stderr).toContain('llamero update');
    expect(await json(['engine', 'list'])).toEqual({ engines: [] });
  });

  test('detect shows the machine and what could run on it', async () => {
    const document = await json(['engine', 'detect']);
    expect(document).toMatchObject({ machine: { os: 'linux', architecture: process.arch } });
    const backends = document['backends'] as { backend: string; usable: boolean; reason: string }[];
    expect(backends.map(({ backend }) => backend)).toEqual([
      'metal',
      'cuda',
      'rocm',
      'vulkan',
      'sycl',
      'cpu',
    ]);
    expect(backends.at(-1)).toMatchObject({ usable: true });
    const { stdout } = await ok(['engine', 'detect']);
    expect(stdout).toContain('Metal is on macOS only');
  });

  test('version tells all versions, paths and the settings of llama.cpp', async () => {
    expect(await json(['version'])).toMatchObject({
      llamero: expect.stringMatching(/^\d+\.\d+\.\d+$/u) as string,
      node: process.versions.node,
      engine: null,
      paths: { home: home.path(), models: home.path('models') },
    });
    await ok(['update']);
    const config = path.join(home.folder, '.config/llama.cpp/config.ini');
    await mkdir(path.dirname(config), { recursive: true });
    await writeFile(config, '');
    expect(await json(['version'])).toMatchObject({
      engine: {
        build: 100,
        version: '0.7.0',
        backend: 'cpu',
        path: program('b100-cpu'),
        origin: 'installed',
      },
      llamaConfigFiles: expect.arrayContaining([config]) as string[],
    });
    const { stderr, stdout } = await ok(['version']);
    expect(stdout).toContain('b100 (0.7.0) CPU, installed');
    expect(stdout).toMatch(/^settings +\S+config\.yaml$/mu);
    expect(stderr).toContain(config);
  });
});

describe('the CUDA runtime', () => {
  const CUDART = process.arch === 'x64' ? 'cuda-12.8' : 'cuda-13.4';

  async function publishCuda(build: number, runtime: string): Promise<string> {
    const name = `cudart-llama-b${build}-bin-ubuntu-${CUDART}-${process.arch}.tar.gz`;
    const file = path.join(home.folder, name);
    await writeTar(file, [
      { path: 'cudart/libcudart.so.12.8', content: runtime },
      { path: 'cudart/libcudart.so.12', type: 'SymbolicLink', target: 'libcudart.so.12.8' },
    ]);
    await publish(
      { build, backend: CUDART, devices: 'CUDA0: NVIDIA Test (1 MiB, 1 MiB free)' },
      { [name]: { file } },
    );
    return name;
  }

  test('comes beside the engine, and is not fetched again while it is the same', async () => {
    await publishCuda(200, 'runtime');
    const words = ['update', '--channel', 'nightly', '--backend', 'cuda'];
    await ok(words);
    const folder = home.path('bin', 'b200-cuda');
    expect((await readdir(folder)).sort()).toEqual([
      'LICENSE',
      'libcudart.so.12',
      'libcudart.so.12.8',
      'llama-server',
    ]);
    const same = await publishCuda(201, 'runtime');
    const { stderr } = await ok(words);
    expect(stderr).toContain('an installed build has it');
    expect(downloads(same)).toBe(0);
    const other = home.path('bin', 'b201-cuda');
    expect(await readFile(path.join(other, 'libcudart.so.12'), 'utf8')).toBe('runtime');

    const changed = await publishCuda(202, 'newer runtime');
    await ok(words);
    expect(downloads(changed)).toBeGreaterThan(0);
    await rm(folder, { recursive: true, force: true });
    expect(await readFile(path.join(other, 'libcudart.so.12'), 'utf8')).toBe('runtime');
  });

  test('that would replace a file of the engine is refused', async () => {
    const name = `cudart-llama-b200-bin-ubuntu-${CUDART}-${process.arch}.tar.gz`;
    const file = path.join(home.folder, name);
    await writeTar(file, [{ path: 'LLAMA-server', content: 'bad' }]);
    await publish({ build: 200, backend: CUDART }, { [name]: { file } });
    const { exitCode, stderr } = await home.run([
      'update',
      '--version',
      '200',
      '--backend',
      'cuda',
    ]);
    expect(exitCode).toBe(8);
    expect(stderr).toContain('would replace that of the engine');
  });
});

describe('a run without an engine', () => {
  test('where nobody can be asked is exit 9 with the way out, and no request', async () => {
    releases.clearRequests();
    const { exitCode, stderr, stdout } = await home.run(['run', 'user/repo', 'hello']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 9, stdout: '' });
    expect(stderr).toContain('llamero update');
    expect(stderr).toContain('--yes');
    expect(releases.requests).toEqual([]);
  });

  test('asks once, with size and backend, and takes no for an answer', async () => {
    await using pty = new Pty(home, ['run', 'user/repo', 'hello'], { columns: 160, rows: 24 });
    await pty.waitFor('There is no llama.cpp on this machine. Install llama.cpp b100');
    expect(pty.output).toMatch(/CPU\), [\d.]+ k?B\?/u);
    pty.type('n\r');
    expect(await pty.ended).toBe(9);
    await expect(readdir(home.path('bin'))).rejects.toThrow('ENOENT');
  });

  test('is not offered one in place of the one that was named', async () => {
    home.env['LLAMERO_LLAMA_SERVER'] = '/nowhere';
    const { exitCode, stderr } = await home.run(['run', '--yes', 'user/repo', 'hello']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('which LLAMERO_LLAMA_SERVER names');
  });

  test('says why none can be fetched', async () => {
    home.env['LLAMERO_OFFLINE'] = '1';
    const { exitCode, stderr } = await home.run(['run', '--yes', 'user/repo', 'hello']);
    expect(exitCode).toBe(9);
    expect(stderr).toContain('none can be fetched');
  });
});

describe('a small disk', () => {
  /** Runs a shell script in which LLAMERO_HOME is a small file system of its own. */
  async function onSmallDisk(size: string, script: string): Promise<string> {
    await mkdir(home.path(), { recursive: true });
    const mount = `mount -t tmpfs -o size=${size} tmpfs "$LLAMERO_HOME"`;
    const { all } = await execa('unshare', ['-rm', 'sh', '-c', `${mount} || exit 99\n${script}`], {
      env: { ...home.env, NODE: process.execPath, PROGRAM },
      extendEnv: false,
      all: true,
    });
    return all;
  }

  beforeEach(async () => {
    const config = path.join(home.folder, 'config.yaml');
    await writeFile(config, 'pull:\n  reserve: 0\n');
    home.env['LLAMERO_CONFIG'] = config;
    await publish({
      build: 200,
      entries: [{ path: 'llama-b200/libbig.so', content: randomBytes(400_000) }],
    });
    // Compresses to nothing, so that the disk fills where nobody saw it coming.
    const zeros = Buffer.alloc(8_000_000);
    await publish({ build: 300, entries: [{ path: 'llama-b300/libzero.so', content: zeros }] });
  });

  test.each([
    ['before the first byte', '300k', 'b200', 'Not enough disk space'],
    ['in the middle of unpacking', '3m', 'b300', 'The disk is full'],
  ])('that does not hold the build is found %s: exit 7', async (_, size, version, message) => {
    const output = await onSmallDisk(
      size,
      `"$NODE" "$PROGRAM" update; echo "first $?"
       "$NODE" "$PROGRAM" update --version ${version}; echo "exit $?"
       "$NODE" "$PROGRAM" engine path
       ls -A "$LLAMERO_HOME/bin"`,
    );
    expect(output).toContain('first 0');
    expect(output).toContain(message);
    expect(output).toContain('exit 7');
    expect(output).toContain(`${program('b100-cpu')}\n`);
    expect(output).not.toMatch(/^\.unfinished/mu);
  });
});
