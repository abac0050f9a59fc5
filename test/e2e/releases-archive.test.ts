import { lstat, mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPromise } from 'yauzl';

import { type TestEngine, ensureEngine } from '../support/engine/engine.ts';
import {
  type ArchiveOptions,
  type Defect,
  EXIT_LINE,
  makeEngineArchive,
} from '../support/releases/archive.ts';
import { buildOf } from '../support/releases/build-number.ts';

// The archives that the tests of the engine install: from a real llama.cpp, laid out like upstream's.

let engine: TestEngine;
let build: number;
let work: string;

beforeAll(async () => {
  engine = await ensureEngine();
  build = engine.build ?? Number.NaN;
  work = await mkdtemp(path.join(tmpdir(), 'llamero-archive-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

/** The folder `llama-b<build>` out of a tar.gz made to these options. */
async function unpacked(options: Omit<ArchiveOptions, 'engine' | 'folder'>): Promise<string> {
  const folder = await mkdtemp(path.join(work, 'tar-'));
  const archive = await makeEngineArchive({ engine, folder, ...options });
  await extract({ file: archive.file, cwd: folder });
  return path.join(folder, `llama-${archive.tag}`);
}

test('an archive unpacks to an engine that runs, with its links and exec bits', async () => {
  const folder = await unpacked({});
  expect(await buildOf(folder)).toBe(build);
  const names = await readdir(folder);
  expect(names).toEqual(expect.arrayContaining(['LICENSE', 'llama-server', 'libllama.so']));
  expect(await readlink(path.join(folder, 'libllama.so'))).toMatch(/^libllama\.so\.\d+$/u);
  const isRunnable = ((await lstat(path.join(folder, 'llama-server'))).mode & 0o111) !== 0;
  expect(isRunnable).toBe(true);
});

test('an archive of another build has programs that say so', async () => {
  const folder = await unpacked({ build: build + 1 });
  expect(await buildOf(folder)).toBe(build + 1);
  const bench = await execa(path.join(folder, 'llama-cli'), ['--version'], { all: true });
  expect(bench.all).toContain(`build ${build + 1}`);
  expect(await buildOf(engine.folder)).toBe(build);
});

describe('an archive with a defect', () => {
  const ask = async (defect: Defect, ...words: string[]) => {
    const folder = await unpacked({ build: build + 1, defect });
    const server = path.join(folder, 'llama-server');
    return execa(server, words, { all: true, cwd: folder, reject: false });
  };

  test('says another build', async () => {
    const { all, exitCode } = await ask('other build', '--version');
    expect([exitCode, all]).toEqual([0, expect.stringContaining(`build ${build},`)]);
  });

  test('lacks a library', async () => {
    const { all, exitCode } = await ask('missing library', '--version');
    expect([exitCode, all]).toEqual([127, expect.stringContaining('libllama')]);
  });

  test('crashes', async () => {
    const { signal } = await ask('crash', '--version');
    expect(signal).toBe('SIGSEGV');
  });

  test('exits with 1 and says why', async () => {
    const { exitCode, stderr } = await ask('exit 1', '--version');
    expect([exitCode, stderr]).toEqual([1, EXIT_LINE]);
  });

  test('runs, but loads no model', async () => {
    const version = await ask('no backend', '--version');
    expect([version.exitCode, version.all]).toEqual([
      0,
      expect.stringContaining(`build ${build + 1}`),
    ]);
    const load = await ask('no backend', '-m', 'any.gguf', '--port', '0');
    expect([load.exitCode, load.all]).toEqual([
      1,
      expect.stringContaining('no backends are loaded'),
    ]);
  });
});

test.each([
  ['flat zip', ''],
  ['old zip', 'build/bin/'],
] as const)(
  '%s: it holds whole, runnable files and no links',
  async (layout, prefix) => {
    const folder = path.join(work, layout);
    await mkdir(folder);
    const { file, name } = await makeEngineArchive({ engine, folder, layout });
    expect(name.endsWith('.zip')).toBe(true);
    const zip = await openPromise(file);
    const kinds = new Map<string, number>();
    for await (const entry of zip.eachEntry()) {
      kinds.set(entry.fileName, entry.externalFileAttributes >>> 16);
      // Read to the end, the stream checks the size.
      const stream = await zip.openReadStreamPromise(entry);
      let size = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) size += chunk.length;
      expect(size).toBe(entry.uncompressedSize);
    }
    expect(kinds.get(`${prefix}llama-server`)).toBe(0o100755);
    expect([...kinds.keys()].every((entry) => entry.startsWith(prefix))).toBe(true);
    expect([...kinds.values()].every((mode) => (mode & 0o170000) === 0o100000)).toBe(true);
  },
  60_000,
);
