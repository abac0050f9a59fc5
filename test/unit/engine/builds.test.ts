import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  type BuildFacts,
  changeBuilds,
  makeCurrent,
  nameBuild,
  newUnfinishedFolder,
  readBuilds,
  removeBuilds,
} from '../../../src/lib/engine/builds.ts';

let bin: string;

beforeEach(async () => {
  bin = path.join(await mkdtemp(path.join(tmpdir(), 'llamero-builds-')), 'bin');
});

afterEach(async () => {
  await rm(path.dirname(bin), { recursive: true, force: true });
});

async function program(folder: string, content = '#!/bin/sh\n'): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'llama-server');
  await writeFile(file, content);
  await chmod(file, 0o755);
  return file;
}

function facts(tag: string): BuildFacts {
  return {
    tag,
    installedAt: '2026-11-20T10:00:00.000Z',
    engine: { asset: `llama-${tag}.tar.gz`, sha256: 'a'.repeat(64), files: ['llama-server'] },
  };
}

async function install(name: string): Promise<void> {
  await change(async () => {
    const folder = await newUnfinishedFolder(bin);
    await program(folder);
    await nameBuild(bin, folder, name, facts(name.split('-')[0] ?? ''));
    await makeCurrent(bin, name, undefined);
  });
}

function change<T>(work: () => Promise<T>): Promise<T> {
  return changeBuilds(bin, { purpose: 'testing', signal: AbortSignal.timeout(10_000) }, work);
}

async function names(): Promise<Record<string, unknown>> {
  const { current, installed, pinned, previous } = await readBuilds(bin);
  return {
    current: current?.name,
    previous: previous?.name,
    installed: installed.map(({ name }) => name),
    pinned,
  };
}

describe('installed builds', () => {
  test('none where there is no folder', async () => {
    expect(await readBuilds(bin)).toEqual({ installed: [] });
  });

  test('the last one made current is used, the one before it is gone back to', async () => {
    await install('b100-cpu');
    await install('b200-vulkan');
    expect(await names()).toEqual({
      current: 'b200-vulkan',
      previous: 'b100-cpu',
      installed: ['b200-vulkan', 'b100-cpu'],
      pinned: undefined,
    });
    await change(() => makeCurrent(bin, 'b100-cpu', 100));
    expect(await names()).toMatchObject({
      current: 'b100-cpu',
      previous: 'b200-vulkan',
      pinned: 100,
    });
    await change(() => makeCurrent(bin, 'b100-cpu', undefined));
    expect(await names()).toMatchObject({ previous: 'b200-vulkan', pinned: undefined });
  });

  test('each with where it came from', async () => {
    await install('b100-cpu');
    expect((await readBuilds(bin)).current).toEqual({
      name: 'b100-cpu',
      build: 100,
      backend: 'cpu',
      folder: path.join(bin, 'b100-cpu'),
      program: path.join(bin, 'b100-cpu', 'llama-server'),
      facts: facts('b100'),
    });
  });

  test.each([
    ['lost', undefined],
    ['damaged', '{"current":'],
    ['of another shape', '[1]'],
    ['full of nonsense', '{"current":7,"previous":{},"pinned":"x","builds":{"b200-cpu":3}}'],
    ['about builds that are gone', '{"current":"b1-cpu","previous":"b2-cpu","builds":{}}'],
  ])('are found when their record is %s: the newest is used', async (_, text) => {
    await install('b200-cpu');
    await install('b100-cpu');
    await rm(path.join(bin, 'version.json'));
    if (text !== undefined) await writeFile(path.join(bin, 'version.json'), text);
    expect(await names()).toMatchObject({
      current: 'b200-cpu',
      installed: ['b200-cpu', 'b100-cpu'],
    });
  });

  test('one that is broken is passed over for the one before it', async () => {
    await install('b100-cpu');
    await install('b300-cpu');
    await install('b200-cpu');
    await rm(path.join(bin, 'b200-cpu', 'llama-server'));
    expect(await names()).toMatchObject({ current: 'b300-cpu' });
  });

  test('a folder of another name, a file and a link out of the record do not count', async () => {
    await install('b100-cpu');
    await program(path.join(bin, 'mine'));
    await program(path.join(bin, '..', 'b900-cpu'));
    await writeFile(path.join(bin, 'b800-cpu'), '');
    await writeFile(path.join(bin, 'version.json'), '{"current":"../b900-cpu","builds":{}}');
    expect(await names()).toMatchObject({ current: 'b100-cpu', installed: ['b100-cpu'] });
  });
});

describe('a change', () => {
  test('clears away what a killed one left behind', async () => {
    await install('b100-cpu');
    await program(path.join(bin, '.unfinished-0011223344ff'));
    await program(path.join(bin, '.removed-0011223344ff'));
    await writeFile(path.join(bin, 'version.json.00ff.tmp'), '{');
    await mkdir(path.join(bin, '.downloads'));
    await change(() => Promise.resolve());
    expect((await readdir(bin)).sort()).toEqual(['.downloads', 'b100-cpu', 'version.json']);
  });

  test('waits for another one', async () => {
    const order: string[] = [];
    let waited = 0;
    const first = change(async () => {
      order.push('first begins');
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push('first ends');
    });
    await expect.poll(() => order).toEqual(['first begins']);
    await changeBuilds(
      bin,
      {
        purpose: 'testing',
        signal: AbortSignal.timeout(10_000),
        onWait: () => {
          waited += 1;
        },
      },
      () => {
        order.push('second');
        return Promise.resolve();
      },
    );
    await first;
    expect(order).toEqual(['first begins', 'first ends', 'second']);
    expect(waited).toBe(1);
  });

  test('gives a broken build of the same name up for the new one', async () => {
    await install('b100-cpu');
    await writeFile(path.join(bin, 'b100-cpu', 'old'), '');
    await install('b100-cpu');
    expect(await readdir(path.join(bin, 'b100-cpu'))).toEqual(['llama-server']);
  });

  test('removes builds, and leaves the record of the others', async () => {
    await install('b100-cpu');
    await install('b200-cpu');
    await install('b300-cpu');
    await change(() => removeBuilds(bin, ['b100-cpu', 'b200-cpu']));
    expect(await names()).toMatchObject({
      current: 'b300-cpu',
      previous: undefined,
      installed: ['b300-cpu'],
    });
    expect(await readdir(bin)).not.toContain('b100-cpu');
    const record = JSON.parse(await readFile(path.join(bin, 'version.json'), 'utf8')) as {
      builds: object;
    };
    expect(Object.keys(record.builds)).toEqual(['b300-cpu']);
  });
});
