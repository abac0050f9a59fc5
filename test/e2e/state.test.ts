import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupMembers, processIdentity } from '../../src/lib/process-identity.ts';
import { type ServerState, readLiveState } from '../../src/lib/server/state.ts';
import { terminateRouter } from '../../src/lib/server/terminate.ts';
import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';
import { processesNaming } from '../support/running.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
/** Takes some seconds to say in a wide model. */
const LONG = Array.from({ length: 300 }, (_, index) => `w${index}`).join(' ');
const A = 'user/alpha:Q4_K_M';
const CTRL_C = '\u0003';
const PATIENT = { timeout: 60_000 };

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(A, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

function stateFile(): string {
  return home.path('run', 'server.json');
}

interface Listed {
  readonly ref: string;
  readonly status: string;
  readonly size?: number;
  readonly gpuShare?: number;
  readonly requests?: number;
  readonly idleSeconds?: number;
  readonly unloadsInSeconds?: number;
  readonly failure?: { readonly reason: string; readonly hint: string };
}

interface Processes {
  readonly server: { readonly pid: number } | null;
  readonly models: readonly Listed[];
  readonly answers: boolean;
  readonly ended?: { readonly reason: string };
}

async function ps(): Promise<Processes> {
  return JSON.parse((await home.run(['ps', '--json'])).stdout) as Processes;
}

async function model(ref = A): Promise<Listed | undefined> {
  return (await ps()).models.find((entry) => entry.ref === ref);
}

async function answer(ref = A): Promise<string> {
  const { exitCode, stderr, stdout } = await home.run(['run', ref, 'Hello']);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function routerPid(): Promise<number> {
  const state = await readLiveState(stateFile());
  if (state === undefined) throw new Error('no server runs');
  return state.pid;
}

/** The processes of models. */
async function childrenOf(router: number): Promise<number[]> {
  return (await groupMembers(router)).filter((pid) => pid !== router);
}

describe('a record that is not true', () => {
  async function recordOfEnded(): Promise<ServerState> {
    await home.run(['serve', '-d']);
    const state = JSON.parse(await readFile(stateFile(), 'utf8')) as ServerState;
    await home.run(['stop', '--server']);
    return state;
  }

  test('is not believed, whatever it says, and the next run recovers', async () => {
    const state = await recordOfEnded();
    const other = spawn('sleep', ['600'], { detached: true });
    await once(other, 'spawn');
    const pid = other.pid ?? 0;
    const identity = (await processIdentity(pid)) ?? '';
    const records = {
      'another process has its number': { ...state, pid },
      'no process has its number': { ...state, pid: 4_194_000 },
      'the machine was started anew': { ...state, pid, identity: `other-boot/${identity}` },
      'it is of an older version': { pid: state.pid, port: state.port },
    };
    for (const [why, record] of Object.entries(records)) {
      await writeFile(stateFile(), JSON.stringify(record));
      const { answers, models, server } = await ps();
      expect({ why, server, models, answers }).toEqual({
        why,
        server: null,
        models: [],
        answers: false,
      });
      expect((await home.run(['stop', '--server'])).exitCode).toBe(0);
    }
    await writeFile(stateFile(), JSON.stringify(records['another process has its number']));
    expect(await answer()).toBe(SENTENCE);
    expect(await processIdentity(pid)).toBe(identity);
    other.kill('SIGKILL');
  });

  test('of a restarted machine is no crash', async () => {
    const state = await recordOfEnded();
    await writeFile(stateFile(), JSON.stringify({ ...state, identity: 'other-boot/1' }));
    expect((await ps()).ended?.reason).toBe('the machine was started anew since');
  });

  test('that is lost leaves a server that is recognised', async () => {
    await home.run(['serve', '-d']);
    const pid = await routerPid();
    const identity = (await processIdentity(pid)) ?? '';
    await rm(stateFile());
    const { exitCode, stderr } = await home.run(['run', A, 'Hello']);
    expect(exitCode).toBe(11);
    expect(stderr).toContain(`a server of this home whose record was lost (process ${pid})`);
    expect(stderr).toContain(`kill ${pid}`);
    await terminateRouter({ pid, identity });
  });
});

describe('kill -9', () => {
  test('of the router is told, and the next run recovers', async () => {
    expect(await answer()).toBe(SENTENCE);
    const pid = await routerPid();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => groupMembers(pid), PATIENT).toEqual([]);
    expect(await ps()).toMatchObject({
      server: null,
      ended: { reason: expect.stringMatching(/killed/u) as string },
    });
    const { stderr, stdout } = await home.run(['run', A, 'Hello']);
    expect(stdout.trim()).toBe(SENTENCE);
    expect(stderr).toContain('had ended without being asked to');
    expect((await ps()).ended).toBeUndefined();
  });

  test('of a model is told by ps, and the next run recovers', async () => {
    expect(await answer()).toBe(SENTENCE);
    const [child] = await childrenOf(await routerPid());
    if (child === undefined) throw new Error('no process of a model');
    process.kill(child, 'SIGKILL');
    await expect.poll(async () => (await model())?.status, PATIENT).toBe('failed');
    expect((await model())?.failure?.reason).toContain('without a word');
    expect(await answer()).toBe(SENTENCE);
  });

  test('of a run that waits for the server leaves one that the next run uses', async () => {
    const first = home.start(['run', A, 'Hello']);
    await expect.poll(() => readLiveState(stateFile()), { ...PATIENT, interval: 20 }).toBeDefined();
    first.kill('SIGKILL');
    await first;
    expect(await answer()).toBe(SENTENCE);
    expect(await processesNaming(home.path('run', 'presets.ini'))).toEqual([await routerPid()]);
  });
});

describe('a server that is stuck', () => {
  test('is told from one that ended, and can be stopped', async () => {
    await home.run(['serve', '-d', A]);
    const pid = await routerPid();
    process.kill(pid, 'SIGSTOP');
    expect(await ps()).toMatchObject({ server: { pid }, answers: false });
    expect((await home.run(['ps'])).stderr).toContain('does not answer');
    expect((await home.run(['stop', '--server'])).exitCode).toBe(0);
    expect(await groupMembers(pid)).toEqual([]);
  });
});

describe('a model that fails', () => {
  test('is shown with its reason until it is repaired', async () => {
    const file = await home.store('user/broken:F32', SENTENCE);
    await truncate(file, 400_000);
    const { exitCode } = await home.run(['run', 'user/broken', 'Hello']);
    expect(exitCode).toBe(10);
    const failed = await model('user/broken:F32');
    expect(failed?.status).toBe('failed');
    expect(failed?.failure?.reason).toContain('damaged');
    expect((await home.run(['ps'])).stderr).toContain(
      'user/broken:F32 failed: the file is damaged',
    );
    await home.store('user/broken:F32', SENTENCE);
    expect(await answer('user/broken')).toBe(SENTENCE);
  });
});

describe('ps', () => {
  test('tells what a model does, since when it does nothing, and when it goes', async () => {
    await home.store('user/long:F32', LONG, { embeddingSize: 2048 });
    await home.run(['serve', '-d', '--keep-alive', '1h', 'user/long']);
    const run = home.start(['run', 'user/long', 'Hello']);
    await expect.poll(async () => (await model('user/long:F32'))?.requests, PATIENT).toBe(1);
    run.kill('SIGINT');
    await run;
    await expect.poll(async () => (await model('user/long:F32'))?.requests, PATIENT).toBe(0);
    const idle = await model('user/long:F32');
    expect(idle).toMatchObject({ status: 'loaded', gpuShare: 0 });
    expect(idle?.size).toBeGreaterThan(80_000_000);
    expect(idle?.idleSeconds).toBeLessThan(60);
    expect((idle?.idleSeconds ?? 0) + (idle?.unloadsInSeconds ?? 0)).toBeCloseTo(3600, 3);
  });

  test('neither keeps a model awake nor wakes it', async () => {
    await home.run(['serve', '-d', '--keep-alive', '3', A]);
    // Asked more often than it would take to fall asleep.
    await expect.poll(async () => (await model())?.status, PATIENT).toBe('sleeping');
    for (let look = 0; look < 3; look += 1) expect((await model())?.status).toBe('sleeping');
    expect(await answer()).toBe(SENTENCE);
  });

  test('--watch is drawn over itself on a terminal and ends with Ctrl+C', async () => {
    await home.run(['serve', '-d', A]);
    await using pty = new Pty(home, ['ps', '--watch'], { columns: 60, rows: 20 });
    const first = await pty.waitFor('ready, idle');
    await pty.waitFor('ready, idle', first);
    expect(pty.output).not.toContain('\u001B[?1049h');
    pty.type(CTRL_C);
    expect(await pty.ended).toBe(0);
    expect(pty.output.endsWith('\u001B[?25h')).toBe(true);
  });
});

describe('keep-alive 0', () => {
  test('unloads a model when its answer is there', async () => {
    const { stdout } = await home.run(['run', '--keep-alive', '0', A, 'Hello']);
    expect(stdout.trim()).toBe(SENTENCE);
    expect((await ps()).models).toEqual([]);
    expect(await childrenOf(await routerPid())).toEqual([]);
  });
});

describe('twenty runs at once', () => {
  test('start one server, load the model once, and all get their answer', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => home.run(['run', A, 'Hello'])));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(runs.map(() => 0));
    expect(new Set(runs.map(({ stdout }) => stdout.trim()))).toEqual(new Set([SENTENCE]));
    const pid = await routerPid();
    expect(await childrenOf(pid)).toHaveLength(1);
    expect(await processesNaming(home.path('run', 'presets.ini'))).toEqual([pid]);
    const log = await readFile(home.path('logs', 'server.log'), 'utf8');
    expect(log.match(/spawning server instance with name=/gu)).toHaveLength(1);
  });

  // A model that is loaded before the second one looks has no progress to be seen.
  test('see the progress of the one that loads', { retry: 4 }, async () => {
    await home.store('user/wide:F32', SENTENCE, { minimumBytes: 200_000_000 });
    await home.run(['serve', '-d']);
    await using first = new Pty(home, ['run', 'user/wide', 'Hello']);
    await using second = new Pty(home, ['run', 'user/wide', 'Hello']);
    await Promise.all([first, second].map((pty) => pty.waitFor('Loading user/wide:F32', 0, 8)));
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    const log = await readFile(home.path('logs', 'server.log'), 'utf8');
    expect(log.match(/spawning server instance with name=/gu)).toHaveLength(1);
  });
});
