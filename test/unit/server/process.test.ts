import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Engine } from '../../../src/lib/engine/engine.ts';
import {
  requireFreePort,
  routerArguments,
  routerEnvironment,
} from '../../../src/lib/server/launch.ts';
import {
  readRunSettings,
  withSettings,
  withoutSettings,
  writeRunSettings,
} from '../../../src/lib/server/load-settings.ts';
import { openLog, readLogTail } from '../../../src/lib/server/log-file.ts';
import { groupMembers, processIdentity } from '../../../src/lib/process-identity.ts';
import {
  type ServerState,
  readLiveState,
  readState,
  writeState,
} from '../../../src/lib/server/state.ts';
import { terminateRouter } from '../../../src/lib/server/terminate.ts';
import { caught } from '../../support/caught.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-process-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A shell that leads a group of its own, with a child in it. */
async function startGroup(script: string): Promise<{ pid: number; identity: string }> {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  return { pid, identity: (await processIdentity(pid)) ?? '' };
}

describe('the identity of a process', () => {
  test('stays the same while it lives and differs from that of another', async () => {
    const mine = await processIdentity(process.pid);
    expect(mine).toMatch(/./u);
    expect(await processIdentity(process.pid)).toBe(mine);
    expect(await processIdentity(process.ppid)).not.toBe(mine);
  });

  test('is none when it has ended, collected by its parent or not', async () => {
    const child = spawn('true');
    const pid = child.pid ?? 0;
    await once(child, 'exit');
    expect(await processIdentity(pid)).toBeUndefined();
    // The inner shell ends at once and its parent, a sleep, never asks for it.
    const keeper = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60']);
    const [line] = (await once(keeper.stdout, 'data')) as [Buffer];
    await expect.poll(() => processIdentity(Number(line.toString()))).toBeUndefined();
    keeper.kill('SIGKILL');
  });
});

describe('ending a router', () => {
  test('ends its whole group, and asks before it kills', async () => {
    const log = path.join(folder, 'log');
    const router = await startGroup(
      `trap 'echo asked > ${log}; kill $!; exit 0' TERM; sleep 60 & echo ready; wait`,
    );
    expect(await groupMembers(router.pid)).toHaveLength(2);
    await terminateRouter(router);
    expect(await groupMembers(router.pid)).toEqual([]);
    expect(await readFile(log, 'utf8')).toBe('asked\n');
  });

  test('kills what does not listen, with its children', async () => {
    const router = await startGroup(`trap '' TERM; sleep 60 & echo ready; wait; sleep 60`);
    await terminateRouter(router, 0.2);
    expect(await groupMembers(router.pid)).toEqual([]);
  });

  test('leaves a process alone that has the number by chance', async () => {
    const other = await startGroup('echo ready; exec sleep 60');
    await terminateRouter({ pid: other.pid, identity: 'of another time' });
    expect(await processIdentity(other.pid)).toBe(other.identity);
    await terminateRouter(other, 1);
  });
});

describe('the state file', () => {
  async function state(): Promise<ServerState> {
    return {
      pid: process.pid,
      identity: (await processIdentity(process.pid)) ?? '',
      startedAt: '2026-11-21T01:45:32.443Z',
      host: '127.0.0.1',
      port: 5526,
      engine: { command: ['/x/llama-server'], build: 11_669, version: '0.7.0' },
      models: ['user/repo:Q4_K_M'],
      presets: 'abc',
    };
  }

  test('is read as it was written, by its owner alone', async () => {
    const file = path.join(folder, 'run', 'server.json');
    await writeState(file, await state());
    expect(await readLiveState(file)).toEqual(await state());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('counts for nothing when the process is another one', async () => {
    const file = path.join(folder, 'server.json');
    await writeState(file, { ...(await state()), identity: 'of another time' });
    expect(await readLiveState(file)).toBeUndefined();
    await writeState(file, { ...(await state()), pid: 2 ** 22 + 1 });
    expect(await readLiveState(file)).toBeUndefined();
  });

  test.each(['', '{', '[]', 'null', '{"pid":-1}', '{"pid":"1"}'])(
    'counts for nothing when it is damaged: %j',
    async (text) => {
      const file = path.join(folder, 'server.json');
      await writeFile(file, text);
      expect(await readState(file)).toBeUndefined();
    },
  );
});

describe('load settings of runs', () => {
  test('are kept by reference, merged, and forgotten one by one', async () => {
    const file = path.join(folder, 'load-settings.json');
    expect(await readRunSettings(file)).toEqual({});
    const first = withSettings({}, 'user/a:F16', { 'ctx-size': 512 });
    const both = withSettings(first, 'user/a:F16', { threads: 2 });
    await writeRunSettings(file, withSettings(both, 'user/b:F16', { 'n-gpu-layers': 'all' }));
    const read = await readRunSettings(file);
    expect(read).toEqual({
      'user/a:F16': { 'ctx-size': 512, threads: 2 },
      'user/b:F16': { 'n-gpu-layers': 'all' },
    });
    expect(withoutSettings(read, 'user/a:F16')).toEqual({
      'user/b:F16': { 'n-gpu-layers': 'all' },
    });
    await writeFile(file, '{"user/a:F16": 7}');
    expect(await readRunSettings(file)).toEqual({});
  });
});

describe('the log', () => {
  test('begins anew with each server and keeps the one before', async () => {
    const file = path.join(folder, 'logs', 'server.log');
    expect(await readLogTail(file)).toBe('');
    for (const text of ['first', 'second', 'third']) {
      const handle = await openLog(file, 'llama.cpp');
      await handle.writeFile(text);
      await handle.close();
    }
    expect(await readLogTail(file)).toMatch(/^# llamero starts llama\.cpp at \S+\nthird$/u);
    expect(await readLogTail(`${file}.1`)).toMatch(/\nsecond$/u);
    expect(await readLogTail(`${file}.2`)).toMatch(/\nfirst$/u);
  });

  test('is read from its end when it is long', async () => {
    const file = path.join(folder, 'server.log');
    await writeFile(file, `${'x'.repeat(2_000_000)}\nthe end`);
    const tail = await readLogTail(file);
    expect(tail.length).toBe(512 * 1024);
    expect(tail.endsWith('the end')).toBe(true);
  });
});

describe('how a router is started', () => {
  const engine = (flags: readonly string[]): Engine => ({
    command: ['/x/llama-server'],
    folder: '/x',
    origin: 'path',
    flags: new Set(flags),
  });
  const base = { host: '127.0.0.1', port: 5526, presetsFile: '/run/presets.ini', modelsMax: 4 };

  test('with what the engine knows', () => {
    const needed = '--models-preset /run/presets.ini --host 127.0.0.1 --port 5526';
    expect(routerArguments({ ...base, engine: engine([]) }).join(' ')).toBe(needed);
    const all = engine(['--models-max', '--offline', '--log-colors']);
    expect(routerArguments({ ...base, engine: all }).join(' ')).toBe(
      `${needed} --models-max 4 --offline --log-colors off`,
    );
  });

  test('without what would change it behind our back, and without tokens', () => {
    const environment = routerEnvironment(
      {
        PATH: '/bin',
        CUDA_VISIBLE_DEVICES: '1',
        LLAMA_ARG_CTX_SIZE: '64',
        llama_arg_threads: '1',
        LLAMA_API_KEY: 'secret',
        LLAMA_SERVER_ROUTER_PORT: '1',
        LLAMA_APP_CMD: 'serve',
        LLAMA_CACHE: '/home/user/cache',
        HF_TOKEN: 'hf_secret',
        GITHUB_TOKEN: 'secret',
      },
      '/run/no-models',
    );
    expect(environment).toEqual({
      PATH: '/bin',
      CUDA_VISIBLE_DEVICES: '1',
      LLAMA_CACHE: '/run/no-models',
      GGML_NO_BACKTRACE: '1',
    });
  });

  test('only on a port that is free, on a host of this machine', async () => {
    const presets = path.join(folder, 'presets.ini');
    const listener = net.createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as net.AddressInfo;
    const taken = await caught(requireFreePort({ host: '127.0.0.1', port }, presets));
    expect(taken.code).toBe('PORT_TAKEN');
    listener.close();
    await once(listener, 'close');
    await requireFreePort({ host: '127.0.0.1', port }, presets);
    const elsewhere = await caught(requireFreePort({ host: '203.0.113.1', port }, presets));
    expect(elsewhere.code).toBe('SERVER_START_FAILED');
  });
});
