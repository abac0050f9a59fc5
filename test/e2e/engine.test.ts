import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { readLiveState } from '../../src/lib/server/state.ts';
import { terminateRouter } from '../../src/lib/server/terminate.ts';
import { CliHome, type CliResult } from '../support/cli.ts';
import { ensureEngine } from '../support/engine/engine.ts';
import { freePort } from '../support/free-port.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { startHub } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';
import { type EngineArchive, makeEngineArchive } from '../support/releases/archive.ts';
import { startReleases, type TestReleases } from '../support/releases/releases.ts';
import { processesNaming } from '../support/running.ts';
import { screenText } from '../support/screen.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
const MODEL = 'user/alpha:F32';
/** For each of the three steps of an update. */
const KILLS = 5;
/** So slow that the download of an update takes about two seconds. */
const SLOWLY = 10_000_000;

let archives: string;
let older: EngineArchive;
let newer: EngineArchive;
let releases: TestReleases;
let home: CliHome;

beforeAll(async () => {
  const engine = await ensureEngine();
  const build = engine.build ?? 0;
  archives = await mkdtemp(path.join(tmpdir(), 'llamero-archives-'));
  older = await makeEngineArchive({ engine, folder: archives });
  newer = await makeEngineArchive({ engine, folder: archives, build: build + 1 });
}, 120_000);

afterAll(async () => {
  await rm(archives, { recursive: true, force: true });
});

beforeEach(async () => {
  releases = await startReleases();
  await publish(older);
  await releases.publishStable('v0.7.0', older.tag);
  home = await CliHome.create({
    LLAMERO_RELEASES_URL: releases.baseUrl,
    LLAMERO_PORT: String(await freePort()),
  });
  // No llama-server of the machine is on this PATH.
  home.env['PATH'] = '/usr/bin:/bin';
});

afterEach(async () => {
  // Not by the program under test: a server must not stay behind when that is broken.
  const state = await readLiveState(home.path('run', 'server.json'));
  if (state !== undefined) await terminateRouter(state);
  await home[Symbol.asyncDispose]();
  await releases.close();
});

async function publish({ file, name, tag }: EngineArchive): Promise<void> {
  await releases.publish(tag, { [name]: { file } });
}

async function storeModel(): Promise<void> {
  const file = home.path('models/user/alpha/F32.gguf');
  await mkdir(path.dirname(file), { recursive: true });
  await writeTinyModel({ path: file, sentence: SENTENCE });
}

async function ok(words: readonly string[]): Promise<CliResult> {
  const result = await home.run(words);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result;
}

async function usedBuild(): Promise<number> {
  const { engine } = JSON.parse((await ok(['version', '--json'])).stdout) as {
    engine: { build: number };
  };
  return engine.build;
}

/** What the running server says that it is. */
async function servedBuild(): Promise<string> {
  const { server } = JSON.parse((await ok(['ps', '--json'])).stdout) as {
    server: { engine: string } | null;
  };
  return server?.engine ?? 'none';
}

async function expectAnswer(): Promise<void> {
  expect((await ok(['run', MODEL, 'hello'])).stdout).toBe(`${SENTENCE}\n`);
}

describe('on a machine that has nothing', () => {
  test('`run --yes` fetches the engine and the model and answers', async () => {
    await using hub = await startHub();
    const file = path.join(home.folder, 'alpha.gguf');
    await writeTinyModel({ path: file, sentence: SENTENCE });
    await hub.addRepo('user/alpha', { 'alpha-F32.gguf': { file } });
    home.env['HF_ENDPOINT'] = hub.endpoint;
    const { exitCode, stderr, stdout } = await home.run(['run', '--yes', 'user/alpha', 'hello']);
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: `${SENTENCE}\n` });
    expect(await usedBuild()).toBe(older.build);
  });

  test('`run` on a terminal asks, installs and answers', async () => {
    await storeModel();
    const size = { columns: 160, rows: 24 };
    await using pty = new Pty(home, ['run', MODEL, 'hello'], size);
    await pty.waitFor(`Install llama.cpp ${older.tag} (v0.7.0, CPU), `);
    pty.type('y\r');
    expect(await pty.ended).toBe(0);
    expect(await screenText(pty.output, size)).toContain(SENTENCE);
  });

  test('links and the right to be run are as in the archive', async () => {
    await ok(['update']);
    const folder = home.path('bin', `${older.tag}-cpu`);
    const entries = await readdir(folder, { withFileTypes: true });
    const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
    expect(links).toContain('libllama.so');
    expect(links).toContain('libllama.so.0');
    const { exitCode } = await execa(path.join(folder, 'llama-quantize'), ['--help'], {
      reject: false,
    });
    expect(exitCode).not.toBe(127);
  });
});

describe('an update', () => {
  beforeEach(async () => {
    await storeModel();
    await ok(['update']);
  });

  test('waits for a running server to end, or starts it again when asked; rollback goes back', async () => {
    await expectAnswer();
    expect(await servedBuild()).toContain(older.tag);
    await publish(newer);
    const { stderr } = await ok(['update', '--channel', 'nightly']);
    expect(stderr).toContain(`The server still runs llama.cpp ${older.tag}`);
    expect(await servedBuild()).toContain(older.tag);
    const refused = await home.run(['engine', 'remove', older.tag]);
    expect(refused).toMatchObject({ exitCode: 11 });
    expect(refused.stderr).toContain('The server runs');

    await ok(['update', '--channel', 'nightly', '--restart']);
    expect(await servedBuild()).toContain(newer.tag);
    await expectAnswer();

    await ok(['engine', 'rollback']);
    await ok(['stop', '--all']);
    await expectAnswer();
    expect(await servedBuild()).toContain(older.tag);
  });

  test.each([
    ['misses a library', 'missing library', 'libllama'],
    ['loads no model', 'no backend', 'backend'],
    ['says another number', 'other build', 'it should be build'],
    ['crashes', 'crash', 'SIGSEGV'],
  ] as const)(
    'whose binary %s is refused, and the one before it answers',
    async (_, defect, why) => {
      const engine = await ensureEngine();
      const folder = await mkdtemp(path.join(archives, 'defect-'));
      const build = newer.build + 1;
      await publish(await makeEngineArchive({ engine, folder, build, defect }));
      const { exitCode, stderr } = await home.run(['update', '--channel', 'nightly']);
      expect(exitCode).toBe(9);
      expect(stderr).toContain('failed its trial');
      expect(stderr).toContain(why);
      expect(await usedBuild()).toBe(older.build);
      await expectAnswer();
    },
  );

  test('of two at once one does the work and the other finds it done', async () => {
    await publish(newer);
    releases.clearRequests();
    const words = ['update', '--channel', 'nightly'];
    const results = await Promise.all([home.run(words), home.run(words)]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(results.some(({ stderr }) => stderr.includes('Waiting for another llamero'))).toBe(true);
    expect(await usedBuild()).toBe(newer.build);
  });

  test('that is interrupted says so and is continued by the next', async () => {
    await publish(newer);
    const slow = releases.faults.add(
      { host: 'storage' },
      { kind: 'throttle', bytesPerSecond: SLOWLY },
    );
    const update = home.start(['update', '--channel', 'nightly']);
    await releases.waitForBytes(new RegExp(newer.name, 'u'), 3_000_000);
    update.kill('SIGINT');
    expect((await update).exitCode).toBe(130);
    slow.remove();
    expect(await usedBuild()).toBe(older.build);
    await ok(['update', '--channel', 'nightly']);
    expect(await usedBuild()).toBe(newer.build);
  });

  /** Waits until a name that begins so is among the builds, or the program has ended. */
  async function appears(beginning: string, hasEnded: () => boolean): Promise<void> {
    while (!hasEnded()) {
      const names = await readdir(home.path('bin'));
      if (names.some((name) => name.startsWith(beginning))) return;
      await sleep(3);
    }
  }

  test.each([
    // The times are about what each step takes here.
    ['while it downloads', undefined, 2500],
    ['while it unpacks and tries', '.unfinished-', 900],
    ['while it switches', `b`, 60],
  ])(
    'killed %s leaves a working engine each time, and nothing running',
    async (_, sign, span) => {
      await publish(newer);
      releases.faults.add({ host: 'storage' }, { kind: 'throttle', bytesPerSecond: SLOWLY });
      const words = ['update', '--channel', 'nightly'];
      for (let kill = 0; kill < KILLS; kill += 1) {
        if ((await usedBuild()) === newer.build) {
          await ok(['engine', 'use', older.tag]);
          await ok(['engine', 'remove', newer.tag]);
        }
        let ended = false;
        const update = home.start(words);
        void update.finally(() => (ended = true));
        const beginning = sign === 'b' ? newer.tag : sign;
        if (beginning !== undefined) await appears(beginning, () => ended);
        await sleep((span * (kill + Math.random())) / KILLS);
        update.kill('SIGKILL');
        await update;
        const build = await usedBuild();
        expect([older.build, newer.build]).toContain(build);
        const { stdout } = await ok(['engine', 'path']);
        expect((await execa(stdout.trim(), ['--version'])).stderr).toContain(`build ${build}`);
        // A server on trial ends with its stdin, a moment after llamero.
        const running = (): Promise<number[]> => processesNaming(home.path('bin'));
        await expect.poll(running, { timeout: 10_000 }).toEqual([]);
      }
      await expectAnswer();
      await ok(words);
      expect(await usedBuild()).toBe(newer.build);
      await ok(['stop', '--all']);
      await expectAnswer();
      const left = (await readdir(home.path('bin'))).filter((name) => name.startsWith('.'));
      expect(left).toEqual([]);
    },
    300_000,
  );
});
