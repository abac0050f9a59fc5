import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { checkEngineAge } from '../../../src/lib/doctor/engine-age.ts';
import { checkEngine, openEngine } from '../../../src/lib/doctor/engine.ts';
import { checkGpu } from '../../../src/lib/doctor/gpu.ts';
import type { Finding } from '../../../src/lib/doctor/types.ts';
import type { Engine } from '../../../src/lib/engine/engine.ts';
import type { FindOptions } from '../../../src/lib/engine/find.ts';
import type { Machine } from '../../../src/lib/engine/machine.ts';
import { createAnswerCache } from '../../../src/lib/engine/release-cache.ts';
import { LlameroError } from '../../../src/lib/errors.ts';
import { type Device, listDevices } from '../../../src/lib/server/memory/devices.ts';
import { DRIVERS, RTX_4070, linux } from '../engine/machines.ts';

const { signal } = new AbortController();
const NOW = new Date('2026-06-01T12:00:00Z');

let folder: string;
let bin: string;
let cacheFile: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-doctor-'));
  bin = path.join(folder, 'bin');
  cacheFile = path.join(folder, 'run/releases.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A llama-server of a few lines: quick, and it loads nothing. */
async function program(
  place: string,
  devices = '(none)',
  help = '--models-preset PATH',
): Promise<string> {
  await mkdir(place, { recursive: true });
  const file = path.join(place, 'llama-server');
  await writeFile(
    file,
    `#!/bin/sh
case "$1" in
  --version) echo 'version: 0.7.0 (build 11669, commit abc)' >&2 ;;
  --help) echo '${help}' ;;
  --list-devices) echo 'Available devices:'; echo '  ${devices}' ;;
esac
`,
  );
  await chmod(file, 0o755);
  return file;
}

async function install(name: string, more: object = {}, installedAt = '2026-05-20T10:00:00.000Z') {
  await program(path.join(bin, name));
  const tag = name.split('-', 1)[0] ?? '';
  const engine = { asset: `llama-${tag}.tar.gz`, files: ['llama-server'] };
  const record = { current: name, builds: { [name]: { tag, installedAt, engine } }, ...more };
  await writeFile(path.join(bin, 'version.json'), JSON.stringify(record));
}

function search(more: Partial<FindOptions> = {}): FindOptions {
  return {
    binFolder: bin,
    searchPath: '',
    platform: process.platform,
    workingFolder: folder,
    ...more,
  };
}

async function lookAtEngine(more: Partial<FindOptions> = {}): Promise<Finding[]> {
  const options = search(more);
  return checkEngine(() => openEngine({ search: options, signal }), options.named);
}

describe('the engine', () => {
  test('that is installed is told with its build, and nothing is written', async () => {
    await install('b11669-cpu');
    expect(await lookAtEngine()).toEqual([
      {
        id: 'engine',
        severity: 'ok',
        message: `llama.cpp b11669 (0.7.0), installed: ${bin}/b11669-cpu/llama-server`,
      },
    ]);
    expect(await readdir(folder)).toEqual(['bin']);
  });

  test('that is missing is fetched by a command', async () => {
    expect(await lookAtEngine()).toMatchObject([
      { severity: 'error', code: 'ENGINE_MISSING', fix: 'llamero update' },
    ]);
  });

  test('that does not run, or is too old, is replaced by a command', async () => {
    await install('b11669-cpu');
    await writeFile(path.join(bin, 'b11669-cpu/llama-server'), 'no program');
    expect(await lookAtEngine()).toMatchObject([
      { code: 'ENGINE_UNUSABLE', fix: 'llamero update' },
    ]);
    await program(path.join(bin, 'b11669-cpu'), '(none)', '--ctx-size N');
    expect(await lookAtEngine()).toMatchObject([
      { code: 'ENGINE_UNUSABLE', message: expect.stringMatching(/too old/u) as string },
    ]);
  });

  test.each([
    ['environment', 'LLAMERO_LLAMA_SERVER', 'unset LLAMERO_LLAMA_SERVER'],
    ['config', 'config.yaml:3', 'llamero config unset server.llama-server'],
  ] as const)('that the %s names and is not there is to be unset', async (origin, by, fix) => {
    await install('b11669-cpu');
    const named = { path: path.join(folder, 'gone'), by, origin };
    expect(await lookAtEngine({ named })).toMatchObject([{ code: 'ENGINE_MISSING', fix }]);
  });
});

describe('the age of the engine', () => {
  async function look(channel: 'stable' | 'nightly' = 'stable'): Promise<Finding[]> {
    return checkEngineAge({
      binFolder: bin,
      platform: process.platform,
      cacheFile,
      channel,
      now: NOW,
    });
  }

  const release = (tag: string, more: object = {}) => ({ tag_name: tag, assets: [], ...more });

  async function hear(url: string, body: unknown): Promise<void> {
    await createAnswerCache(cacheFile).put(url, { etag: '"e"', body });
  }

  test('is nothing to tell where none is installed, or the newest that is known', async () => {
    expect(await look()).toEqual([]);
    await install('b11669-cpu');
    expect(await look()).toEqual([]);
    await hear('https://x/releases/tags/b11669', release('b11669'));
    await hear('https://x/releases/latest', release('v0.8.0'));
    expect(await look()).toEqual([]);
  });

  test('is told where a newer build was heard of', async () => {
    await install('b11669-cpu');
    await hear('https://x/releases/tags/b11700', release('b11700'));
    await hear('https://x/releases/tags/b11800', release('b11800', { draft: true }));
    expect(await look()).toEqual([
      {
        id: 'engine-age',
        severity: 'note',
        message: 'b11700 of llama.cpp is out, and b11669 is used',
        fix: 'llamero update',
      },
    ]);
  });

  test('is measured by a list of every build on the nightly channel alone', async () => {
    await install('b11669-cpu');
    await hear('https://x/releases?page=1', [release('b11700'), release('b11650')]);
    expect(await look('stable')).toEqual([]);
    expect(await look('nightly')).toMatchObject([
      { message: expect.stringMatching(/^b11700 /u) as string },
    ]);
  });

  test('of one that updates stay at says how to leave it', async () => {
    await install('b11669-cpu', { pinned: 11_669 });
    await hear('https://x/releases/tags/b11700', release('b11700'));
    expect(await look()).toMatchObject([
      {
        message: expect.stringMatching(/updates stay at b11669$/u) as string,
        fix: 'llamero update --version latest',
      },
    ]);
  });

  test('is told of one that was installed long ago', async () => {
    await install('b11669-cpu', {}, '2026-01-01T00:00:00.000Z');
    expect(await look()).toMatchObject([
      {
        severity: 'note',
        message: expect.stringMatching(/installed 4 months ago/u) as string,
        fix: 'llamero update --check',
      },
    ]);
  });
});

describe('the GPU', () => {
  async function look(machine: Machine, devices: string): Promise<Finding[]> {
    const file = await program(path.join(folder, 'engine'), devices);
    const engine: Engine = {
      command: [file],
      folder: path.dirname(file),
      origin: 'path',
      flags: new Set(),
    };
    return checkGpu({
      machine,
      engine: () => Promise.resolve(engine),
      devices: (one): Promise<Device[]> => listDevices(one, {}, signal),
    });
  }

  const withCard = linux('x64', [RTX_4070], { nvidia: DRIVERS[580] });

  test('that is used is named', async () => {
    const line = 'CUDA0: NVIDIA GeForce RTX 4070 (12282 MiB, 11000 MiB free)';
    expect(await look(withCard, line)).toEqual([
      {
        id: 'gpu',
        severity: 'ok',
        message: 'llama.cpp computes on NVIDIA GeForce RTX 4070 (12.0 GiB)',
      },
    ]);
  });

  test('that is there and not used is a warning, with the backend that would use it', async () => {
    expect(await look(withCard, '(none)')).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringMatching(
          /on the processor alone, though CUDA could be used: NVIDIA GeForce RTX 4070/u,
        ) as string,
        fix: 'llamero update --backend cuda',
      },
    ]);
  });

  test('without a driver is worth a note', async () => {
    expect(await look(linux('x64', [RTX_4070]), '(none)')).toMatchObject([
      {
        severity: 'note',
        message: expect.stringMatching(
          /^NVIDIA GeForce RTX 4070 is not used: no driver/u,
        ) as string,
      },
    ]);
  });

  test('that is not there is nothing wrong', async () => {
    expect(await look(linux('x64'), '(none)')).toMatchObject([{ severity: 'ok' }]);
  });

  test('is nothing to tell of without an engine', async () => {
    const found = await checkGpu({
      machine: withCard,
      engine: () => Promise.reject(new LlameroError('ENGINE_MISSING', 'none')),
      devices: () => Promise.reject(new Error('never asked')),
    });
    expect(found).toEqual([]);
  });
});
