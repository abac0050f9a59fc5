import { readFile, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupMembers } from '../../src/lib/process-identity.ts';
import { readLiveState } from '../../src/lib/server/state.ts';
import { CliHome } from '../support/cli.ts';
import { freePort } from '../support/free-port.ts';
import { Pty } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
const A = 'user/alpha:Q4_K_M';
const B = 'user/beta:UD-Q4_K_XL';
const CTRL_C = '\u0003';
const PATIENT = { timeout: 60_000 };

let home: ServerHome;
let port: number;

beforeEach(async () => {
  home = await ServerHome.start();
  port = home.port;
  for (const ref of [A, B]) {
    await home.store(ref, SENTENCE);
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

interface Served {
  readonly pid: number;
  readonly url: string;
  readonly log: string;
  readonly apiKeyFile?: string;
  readonly ranAlready: boolean;
  readonly endpoints: { readonly openai: string };
  readonly models: readonly { readonly ref: string; readonly id: string }[];
}

async function serve(...words: string[]): Promise<Served> {
  const { exitCode, stderr, stdout } = await home.run(['serve', '--detach', '--json', ...words]);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Served;
}

async function ask(url: string, model: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function runningPid(): Promise<number> {
  const state = await readLiveState(home.path('run', 'server.json'));
  if (state === undefined) throw new Error('no server runs');
  return state.pid;
}

describe('serve in the background', () => {
  test('returns when it answers, with models loaded, and other programs can use it', async () => {
    const served = await serve(A, 'user/beta');
    expect(served.ranAlready).toBe(false);
    expect(served.models.map(({ ref }) => ref)).toEqual([A, B]);
    expect(await stat(served.log)).toBeDefined();
    for (const { id } of served.models) {
      expect((await ask(served.endpoints.openai, id)).text).toContain(SENTENCE);
    }
    expect(await serve()).toMatchObject({ pid: served.pid, ranAlready: true });
    expect(await home.run(['stop', '--server'])).toMatchObject({ exitCode: 0 });
    expect(await groupMembers(served.pid)).toEqual([]);
  });

  test('says in what a running server differs, line by line', async () => {
    const { pid } = await serve();
    const other = await freePort();
    const result = await home.run(['serve', '-d', '--port', String(other), '--models-max', '9']);
    expect(result.exitCode).toBe(11);
    expect(result.stderr).toContain(`port: it has ${port}, wanted is ${other}`);
    expect(result.stderr).toContain('models at once: it has 4, wanted is 9');
    expect(result.stderr).toContain('llamero stop --server');
    expect(await runningPid()).toBe(pid);
  });

  test('tells who has the port', async () => {
    const listener = net.createServer().listen(port, '127.0.0.1');
    await once(listener, 'listening');
    const result = await home.run(['serve', '-d']);
    listener.close();
    expect(result.exitCode).toBe(11);
    expect(result.stderr).toContain(`Port ${port} on 127.0.0.1 is taken by `);
    if (process.platform === 'linux') expect(result.stderr).toContain(`(process ${process.pid})`);
  });

  test('tells that the server of another home has the port', async () => {
    await serve();
    await using other = await CliHome.create({
      LLAMERO_LLAMA_SERVER: home.env['LLAMERO_LLAMA_SERVER'] ?? '',
      LLAMERO_PORT: String(port),
    });
    const result = await other.run(['serve', '-d']);
    expect(result.exitCode).toBe(11);
    expect(result.stderr).toContain(`the server of another llamero home, ${home.path()}`);
    expect(result.stderr).toContain(`LLAMERO_HOME=${home.path()} llamero stop --server`);
  });
});

describe('a key', () => {
  test('is needed where other machines reach the server', async () => {
    const result = await home.run(['serve', '-d', '--host', '0.0.0.0']);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('--generate-api-key');
    expect(await readLiveState(home.path('run', 'server.json'))).toBeUndefined();
  });

  test('is made, asked for, sent by llamero, and shown nowhere', async () => {
    const words = ['--host', '0.0.0.0', '--generate-api-key'];
    const served = await serve(...words, A);
    const file = served.apiKeyFile ?? '';
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const key = (await readFile(file, 'utf8')).trim();
    const { openai } = served.endpoints;
    expect((await ask(openai, A)).status).toBe(401);
    expect((await ask(openai, A, { authorization: `Bearer ${key}` })).text).toContain(SENTENCE);
    expect((await home.run(['run', A, 'Hello'])).stdout).toBe(`${SENTENCE}\n`);

    const outputs = await Promise.all([
      home.run(['ps', '--json']),
      home.run(['serve', '-d', ...words]),
      home.run(['serve', '-d', '--json', ...words]),
      home.run(['logs', '--all']),
    ]);
    for (const { stderr, stdout } of outputs) expect(stderr + stdout).not.toContain(key);
    expect(await readFile(home.path('run', 'server.json'), 'utf8')).not.toContain(key);
    if (process.platform === 'linux') {
      expect(await readFile(`/proc/${served.pid}/cmdline`, 'utf8')).not.toContain(key);
    }
  });

  test('may be the one in the environment or in a file', async () => {
    const file = path.join(home.folder, 'key');
    await writeFile(file, 'from-a-file\n');
    const served = await serve('--api-key-file', file);
    expect((await ask(served.url + '/v1', A, { 'x-api-key': 'from-a-file' })).status).toBe(200);
    await home.run(['stop', '--server']);
    const env = { LLAMERO_API_KEY: 'from-outside' };
    expect((await home.run(['serve', '-d'], { env })).exitCode).toBe(0);
    expect((await ask(`${served.url}/v1`, A)).status).toBe(401);
    // Another command needs no variable to talk to it.
    expect((await home.run(['run', A, 'Hello'])).stdout).toBe(`${SENTENCE}\n`);
  });
});

describe('serve in the foreground', () => {
  test('shows endpoints and log, and ends with Ctrl+C leaving nothing', async () => {
    await using pty = new Pty(home, ['serve', A]);
    await pty.waitFor('Ctrl+C ends the server');
    const pid = await runningPid();
    expect(pty.output).toContain(`http://127.0.0.1:${port}/v1`);
    expect(pty.output).toContain(`curl http://127.0.0.1:${port}/v1/chat/completions`);
    expect((await ask(`http://127.0.0.1:${port}/v1`, A)).text).toContain(SENTENCE);
    await pty.waitFor(`${A}  answer: `);
    pty.type(CTRL_C);
    expect(await pty.ended).toBe(0);
    expect(pty.output).toContain('The server has ended');
    expect(await groupMembers(pid)).toEqual([]);
    expect(await readLiveState(home.path('run', 'server.json'))).toBeUndefined();
  });

  test('ends cleanly when it is terminated', async () => {
    const child = home.start(['serve']);
    await expect.poll(() => readLiveState(home.path('run', 'server.json')), PATIENT).toBeDefined();
    const pid = await runningPid();
    await expect
      .poll(async () => (await home.run(['logs'])).stdout, PATIENT)
      .toContain('listening on');
    child.kill('SIGTERM');
    const { exitCode } = await child;
    expect(exitCode).toBe(0);
    expect(await groupMembers(pid)).toEqual([]);
  });

  test('says that the server was stopped by somebody else', async () => {
    await using pty = new Pty(home, ['serve']);
    await pty.waitFor('Ctrl+C ends the server');
    await home.run(['stop', '--server']);
    await pty.waitFor('The server was stopped');
    expect(await pty.ended).toBe(0);
  });

  test('says that the server crashed, and ends', async () => {
    await using pty = new Pty(home, ['serve']);
    await pty.waitFor('Ctrl+C ends the server');
    process.kill(await runningPid(), 'SIGKILL');
    await pty.waitFor('has ended without being asked to');
    expect(await pty.ended).toBe(10);
  });

  test('is found again after its own kill -9', async () => {
    const child = home.start(['serve', A]);
    await expect.poll(async () => (await home.run(['logs'])).stdout, PATIENT).toContain('is ready');
    const pid = await runningPid();
    child.kill('SIGKILL');
    await child;
    expect(await runningPid()).toBe(pid);
    expect((await home.run(['run', A, 'Hello'])).stdout).toBe(`${SENTENCE}\n`);
    expect((await home.run(['stop', '--all'])).stderr).toContain('The server has ended');
    expect(await groupMembers(pid)).toEqual([]);
  });
});

describe('logs', () => {
  test('tell of one model in plain words, and go on with what comes', async () => {
    const served = await serve(A, B);
    const { stdout } = await home.run(['logs', B]);
    expect(stdout).toContain(`${B}  is ready`);
    expect(stdout).not.toContain(A);
    expect((await home.run(['logs', '--lines', '1'])).stdout.trim().split('\n')).toHaveLength(1);

    await using pty = new Pty(home, ['logs', '--follow']);
    const seen = await pty.waitFor('is ready');
    await ask(served.endpoints.openai, A);
    await pty.waitFor(`${A}  answer: `, seen);
    pty.type(CTRL_C);
    expect(await pty.ended).toBe(0);
  });
});

describe('stop', () => {
  test('unloads several models, and nothing when one of the names is wrong', async () => {
    await serve(A, B);
    expect((await home.run(['stop', A, 'user/none:Q8_0'])).exitCode).toBe(3);
    const loaded = async (): Promise<unknown> =>
      (JSON.parse((await home.run(['ps', '--json'])).stdout) as { models: unknown[] }).models;
    expect(await loaded()).toHaveLength(2);
    expect((await home.run(['stop', A, B, A])).stdout).toBe(`Stopped ${A}\nStopped ${B}\n`);
    expect(await loaded()).toEqual([]);
    expect((await home.run(['stop', A, '--server'])).exitCode).toBe(2);
  });
});
