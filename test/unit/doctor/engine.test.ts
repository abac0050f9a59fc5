import { createHash } from 'node:crypto';
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
import { caught } from '../../support/caught.ts';
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
  return checkEngine(() => openEngine({ search: options, signal }), options);
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

  describe('that was chosen and is broken', () => {
    const broken = {
      id: 'engine',
      severity: 'warning',
      message:
        'b11669-cpu is the build to use, but its llama-server is gone or may not be run; another one is used in its place',
      fix: 'llamero update',
    };

    beforeEach(async () => {
      await install('b11600-cpu');
      await install('b11669-cpu');
    });

    test.each([
      ['may not be run', async (file: string) => chmod(file, 0o644)],
      ['is gone', async (file: string) => rm(path.dirname(file), { recursive: true })],
    ])('is a warning where it %s and another one is used', async (_what, spoil) => {
      await spoil(path.join(bin, 'b11669-cpu/llama-server'));
      const [used, ...more] = await lookAtEngine();
      expect(used).toMatchObject({
        severity: 'ok',
        message: expect.stringMatching(/b11600-cpu\/llama-server$/u) as string,
      });
      expect(more).toEqual([broken]);
    });

    test('is a warning where one on PATH is used', async () => {
      for (const name of ['b11600-cpu', 'b11669-cpu'])
        await rm(path.join(bin, name), { recursive: true });
      const searchPath = path.dirname(await program(path.join(folder, 'elsewhere')));
      expect((await lookAtEngine({ searchPath })).slice(1)).toEqual([broken]);
    });

    test('is nothing to tell where the user names another one', async () => {
      await rm(path.join(bin, 'b11669-cpu'), { recursive: true });
      const file = await program(path.join(folder, 'own'));
      const named = { path: file, by: 'LLAMERO_LLAMA_SERVER', origin: 'environment' } as const;
      expect(await lookAtEngine({ named })).toMatchObject([{ severity: 'ok' }]);
    });
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
  async function look(
    channel: 'stable' | 'nightly' = 'stable',
    more: Partial<FindOptions> = {},
  ): Promise<Finding[]> {
    const releases = { cacheFile, baseUrl: 'https://x/llama' };
    return checkEngineAge({ search: search(more), releases, channel, now: NOW });
  }

  const release = (tag: string, more: object = {}) => ({ tag_name: tag, assets: [], ...more });

  async function hear(url: string, body: unknown): Promise<void> {
    await createAnswerCache(cacheFile).put(`https://x/llama${url}`, { etag: '"e"', body });
  }

  async function hearOfBuild(build: number): Promise<void> {
    await hear(`/releases/tags/b${build}`, release(`b${build}`));
  }

  /** A stable version, whose one file names a build; and the answer about that build. */
  async function hearOfStable(build: number): Promise<void> {
    const digest = createHash('sha256').update(`b${build}\n`).digest('hex');
    const file = {
      name: 'nightly-tag.txt',
      size: 7,
      digest: `sha256:${digest}`,
      browser_download_url: 'https://x/nightly-tag.txt',
    };
    await hear('/releases/latest', release('v0.8.0', { assets: [file] }));
    await hearOfBuild(build);
  }

  test('is nothing to tell where none is installed, or the newest that is known', async () => {
    expect(await look()).toEqual([]);
    await install('b11669-cpu');
    expect(await look()).toEqual([]);
    await hearOfStable(11_669);
    expect(await look()).toEqual([]);
    await hear('/releases/latest', release('v0.8.0'));
    expect(await look()).toEqual([]);
  });

  test('is told where a newer stable version was heard of', async () => {
    await install('b11669-cpu');
    await hearOfStable(11_700);
    expect(await look()).toEqual([
      {
        id: 'engine-age',
        severity: 'note',
        message: 'b11700 of llama.cpp is out, and b11669 is used',
        fix: 'llamero update',
      },
    ]);
  });

  test('is told where the stable version is a build itself', async () => {
    await install('b11669-cpu');
    await hear('/releases/latest', release('b11700', { draft: true }));
    expect(await look()).toEqual([]);
    await hear('/releases/latest', release('b11700'));
    expect(await look()).toMatchObject([{ fix: 'llamero update' }]);
  });

  test.each(['stable', 'nightly'] as const)(
    'is not measured on the %s channel by a build that was asked for by its number',
    async (channel) => {
      await install('b11669-cpu');
      await hearOfStable(11_669);
      await hear('/releases?per_page=30&page=1', [release('b11669')]);
      await hearOfBuild(11_700);
      expect(await look(channel)).toEqual([]);
    },
  );

  test('cannot be told where the address of the releases is none', async () => {
    const releases = { cacheFile, baseUrl: 'ftp://x' };
    const looking = checkEngineAge({ search: search(), releases, channel: 'stable', now: NOW });
    expect(await caught(looking)).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('`unset LLAMERO_RELEASES_URL`') as string,
    });
  });

  test('is not measured by what another mirror said', async () => {
    await install('b11669-cpu');
    const answer = { etag: '"e"', body: release('b11700') };
    await createAnswerCache(cacheFile).put('https://y/llama/releases/latest', answer);
    expect(await look()).toEqual([]);
  });

  test('is measured by the list of every build on the nightly channel alone', async () => {
    await install('b11669-cpu');
    await hear('/releases?per_page=30&page=1', [
      release('b11650'),
      release('b11700'),
      release('b11800', { draft: true }),
    ]);
    expect(await look('stable')).toEqual([]);
    expect(await look('nightly')).toMatchObject([
      { message: expect.stringMatching(/^b11700 /u) as string },
    ]);
  });

  test('of one that updates stay at says how to leave it', async () => {
    await install('b11669-cpu', { pinned: 11_669 });
    await hearOfStable(11_700);
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

  test('is nothing to tell where another program is used, or the build is broken', async () => {
    await install('b11600-cpu', {}, '2026-01-01T00:00:00.000Z');
    await hearOfStable(11_700);
    const named = { path: '/own', by: 'LLAMERO_LLAMA_SERVER', origin: 'environment' } as const;
    expect(await look('stable', { named })).toEqual([]);
    await install('b11669-cpu');
    await rm(path.join(bin, 'b11669-cpu'), { recursive: true });
    expect(await look()).toEqual([]);
  });
});

describe('the GPU', () => {
  async function look(
    machine: Machine,
    devices: string,
    named?: FindOptions['named'],
  ): Promise<Finding[]> {
    const file = await program(path.join(folder, 'engine'), devices);
    const engine: Engine = {
      command: [file],
      folder: path.dirname(file),
      origin: 'path',
      flags: new Set(),
    };
    return checkGpu({
      machine,
      search: search({ named }),
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

  test.each([
    ['environment', 'LLAMERO_LLAMA_SERVER', 'unset LLAMERO_LLAMA_SERVER'],
    ['config', 'config.yaml:3', 'llamero config unset server.llama-server'],
  ] as const)('that an engine which the %s names does not use', async (origin, by, fix) => {
    expect(await look(withCard, '(none)', { path: '/own', by, origin })).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringContaining(
          `The llama.cpp that ${by} names computes on the processor alone, though CUDA could be used`,
        ) as string,
        fix,
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
      search: search(),
      engine: () => Promise.reject(new LlameroError('ENGINE_MISSING', 'none')),
      devices: () => Promise.reject(new Error('never asked')),
    });
    expect(found).toEqual([]);
  });
});
