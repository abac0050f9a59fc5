import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { chatRequest } from '../../src/lib/chat/request.ts';
import type { Engine } from '../../src/lib/engine/engine.ts';
import { resolveEngine } from '../../src/lib/engine/resolve.ts';
import { pause } from '../../src/lib/pause.ts';
import { streamChat } from '../../src/lib/server/client.ts';
import type { LoadSettings } from '../../src/lib/server/presets.ts';
import { groupMembers, processIdentity } from '../../src/lib/process-identity.ts';
import { requestJson } from '../../src/lib/server/request.ts';
import { ModelServer, type ReadyModel, type ServerEvent } from '../../src/lib/server/router.ts';
import type { StoredModel } from '../../src/lib/store/model.ts';
import { ensureEngine } from '../support/engine/engine.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';

const SENTENCE_A = 'llamas carry small loads over high mountain paths';
const SENTENCE_B = 'every good herder counts her animals at dusk';
/** Takes some seconds to say in a wide model. */
const LONG = Array.from({ length: 300 }, (_, index) => `w${index}`).join(' ');
const REF_A = 'user/alpha:F32';
/** Its tag is one that llama-server would cut down to `F32`. */
const REF_B = 'user/beta:UD-F32';
const REF_B_PLAIN = 'user/beta:F32';

let files: string;
let engine: Engine;
let home: string;
let port: number;

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'llamero-server-'));
  const { llamaServer } = await ensureEngine();
  engine = await resolveEngine({
    named: { path: llamaServer, by: 'the test', origin: 'environment' },
    binFolder: files,
    searchPath: undefined,
    platform: process.platform,
    workingFolder: files,
    runFolder: files,
  });
  await writeTinyModel({ path: path.join(files, 'a.gguf'), sentence: SENTENCE_A });
  await writeTinyModel({ path: path.join(files, 'b.gguf'), sentence: SENTENCE_B });
});

afterAll(async () => {
  await rm(files, { recursive: true, force: true });
});

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "llamero o'brien-"));
  port = await freePort();
});

afterEach(async () => {
  await server().stop();
  await rm(home, { recursive: true, force: true });
});

function stored(ref: string, file: string): StoredModel {
  const [repo = '', quant = ''] = ref.split(':');
  return {
    ref,
    repo,
    quant,
    path: file,
    files: [{ path: file, name: path.basename(file), size: 1 }],
    size: 1,
    state: 'complete',
    modifiedAt: new Date(0),
  };
}

function models(): StoredModel[] {
  return [
    stored(REF_A, path.join(files, 'a.gguf')),
    stored(REF_B, path.join(files, 'b.gguf')),
    stored(REF_B_PLAIN, path.join(files, 'a.gguf')),
  ];
}

function server(list: readonly StoredModel[] = models(), settings: LoadSettings = {}): ModelServer {
  return new ModelServer({
    runFolder: path.join(home, 'run'),
    logFile: path.join(home, 'logs', 'server.log'),
    address: { host: '127.0.0.1', port },
    modelsMax: 4,
    startTimeoutSeconds: 60,
    stopTimeoutSeconds: 2,
    settingsFor: () => settings,
    environment: {
      PATH: '/usr/bin:/bin',
      HOME: home,
      LLAMA_ARG_CTX_SIZE: '64',
      LLAMA_API_KEY: 'locked-out',
    },
    engine: () => Promise.resolve(engine),
    models: () => Promise.resolve(list),
  });
}

async function say(ref: string, settings: LoadSettings = {}): Promise<string> {
  const model = await server().load(ref, settings);
  return (await chat(model)).text.trim();
}

function chat(model: ReadyModel, signal?: AbortSignal, onText?: (text: string) => void) {
  const messages = [{ role: 'user', content: 'Hello' }] as const;
  const body = chatRequest({ model: model.id, messages, sampling: {} });
  return streamChat(model.address, body, { signal, onText });
}

async function freePort(): Promise<number> {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function runningPid(): Promise<number> {
  const { server: running } = await server().status();
  if (running === null) throw new Error('no server runs');
  return running.pid;
}

/** Every process whose command line names this test's home: the routers started by it. */
async function routersOfThisTest(): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith(engine.command[0]) && line.includes(home)) found.push(Number(name));
  }
  return found;
}

describe('the router', () => {
  test('answers for two models in turn through one process', async () => {
    expect(await say(REF_A)).toBe(SENTENCE_A);
    const pid = await runningPid();
    expect(await say(REF_B)).toBe(SENTENCE_B);
    expect(await say(REF_B_PLAIN)).toBe(SENTENCE_A);
    expect(await say(REF_A)).toBe(SENTENCE_A);
    expect(await runningPid()).toBe(pid);

    const { models: listed, server: running } = await server().status();
    expect(running?.url).toBe(`http://127.0.0.1:${port}`);
    expect(listed.map(({ ref, state }) => `${ref} ${state}`).sort()).toEqual([
      `${REF_A} loaded`,
      `${REF_B_PLAIN} loaded`,
      `${REF_B} loaded`,
    ]);
  });

  test('takes up a model that was stored after it started, without a new process', async () => {
    await server(models().slice(0, 1)).start();
    const pid = await runningPid();
    expect(await say(REF_B)).toBe(SENTENCE_B);
    expect(await runningPid()).toBe(pid);
  });

  test("is not led astray by a model of the same name in the user's own cache", async () => {
    const hub = path.join(home, '.cache', 'huggingface', 'hub', 'models--user--alpha');
    const commit = '0123456789abcdef0123456789abcdef01234567';
    await mkdir(path.join(hub, 'snapshots', commit), { recursive: true });
    await mkdir(path.join(hub, 'refs'));
    await writeFile(path.join(hub, 'refs', 'main'), commit);
    await copyFile(
      path.join(files, 'b.gguf'),
      path.join(hub, 'snapshots', commit, 'alpha-F32.gguf'),
    );
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });

  test('tells why a damaged model will not load, and lives on', async () => {
    const damaged = path.join(home, 'damaged.gguf');
    await copyFile(path.join(files, 'a.gguf'), damaged);
    await truncate(damaged, 400_000);
    const empty = path.join(home, 'empty.gguf');
    await writeFile(empty, '');
    const all = [
      ...models(),
      stored('user/damaged:F32', damaged),
      stored('user/empty:F32', empty),
      stored('user/gone:F32', path.join(home, 'gone.gguf')),
    ];
    for (const [ref, reason, command] of [
      ['user/damaged:F32', 'the file is damaged: it ends too early', 'verify'],
      ['user/empty:F32', 'the file is damaged: it is no GGUF file', 'verify'],
      ['user/gone:F32', 'the file cannot be opened (No such file or directory)', 'pull'],
    ] as const) {
      await expect(server(all).load(ref, {})).rejects.toMatchObject({
        code: 'MODEL_LOAD_FAILED',
        message: `${ref} cannot be loaded: ${reason}`,
        hint: expect.stringContaining(`llamero ${command} ${ref}`) as string,
      });
    }
    const { models: listed } = await server(all).status();
    expect(listed.find(({ ref }) => ref === 'user/damaged:F32')?.state).toBe('failed');

    await copyFile(path.join(files, 'b.gguf'), damaged);
    const repaired = await server(all).load('user/damaged:F32', {});
    expect((await chat(repaired)).text.trim()).toBe(SENTENCE_B);
  });

  test('refuses a model whose path the list cannot hold, and serves the others', async () => {
    const odd = path.join(home, 'a;b.gguf');
    await copyFile(path.join(files, 'a.gguf'), odd);
    const all = [...models(), stored('user/odd:F32', odd)];
    await expect(server(all).load('user/odd:F32', {})).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('cut at the first ;') as string,
    });
    const model = await server(all).load(REF_A, {});
    expect((await chat(model)).text.trim()).toBe(SENTENCE_A);
  });

  test('says that the port is taken', async () => {
    const listener = net.createServer().listen(port, '127.0.0.1');
    await once(listener, 'listening');
    await expect(server().load(REF_A, {})).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)) as string,
      hint: expect.stringContaining('server.port') as string,
    });
    expect(await server().status()).toEqual({ server: null, models: [], answers: false });
    listener.close();
    await once(listener, 'close');
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });

  test('is started anew after kill -9, and its children have gone', async () => {
    expect(await say(REF_A)).toBe(SENTENCE_A);
    const pid = await runningPid();
    expect(await groupMembers(pid)).toHaveLength(2);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => groupMembers(pid), { timeout: 10_000 }).toEqual([]);
    expect(await server().status()).toMatchObject({ server: null });

    const events: ServerEvent[] = [];
    await server().load(REF_A, {}, { onEvent: (event) => events.push(event) });
    expect(events.map(({ type }) => type)).toContain('found dead');
    expect(await runningPid()).not.toBe(pid);
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });

  test('is not confused by a state file whose process number belongs to another program', async () => {
    await server().start();
    const stateFile = path.join(home, 'run', 'server.json');
    const state = JSON.parse(await readFile(stateFile, 'utf8')) as Record<string, unknown>;
    await server().stop();
    const other = spawn('sleep', ['60'], { detached: true });
    await once(other, 'spawn');
    await writeFile(stateFile, JSON.stringify({ ...state, pid: other.pid }));

    expect(await server().status()).toMatchObject({ server: null });
    expect(await server().stop()).toBe(false);
    expect(await processIdentity(other.pid ?? 0)).toBeDefined();
    await writeFile(stateFile, JSON.stringify({ ...state, pid: other.pid }));
    expect(await say(REF_A)).toBe(SENTENCE_A);
    expect(await processIdentity(other.pid ?? 0)).toBeDefined();
    other.kill('SIGKILL');
  });

  test('survives a damaged state file', async () => {
    await server().start();
    await server().stop();
    await writeFile(path.join(home, 'run', 'server.json'), '{"pid": tru');
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });

  test('is started once by eight programs at a time', async () => {
    const source = new URL('../../src/lib/', import.meta.url);
    const script = `
      import { ModelServer } from ${JSON.stringify(new URL('server/router.ts', source).href)};
      const input = JSON.parse(process.argv[1]);
      const server = new ModelServer({
        ...input,
        engine: async () => ({ ...input.engine, flags: new Set(input.engine.flags) }),
        models: async () => input.models,
        settingsFor: () => ({}),
      });
      const { id } = await server.load(input.models[0].ref, {});
      process.stdout.write(id);
    `;
    const input = JSON.stringify({
      runFolder: path.join(home, 'run'),
      logFile: path.join(home, 'logs', 'server.log'),
      address: { host: '127.0.0.1', port },
      modelsMax: 4,
      startTimeoutSeconds: 60,
      environment: {},
      engine: { ...engine, flags: [...engine.flags] },
      models: models(),
    });
    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, input]),
      ),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, () => REF_A));
    expect(await routersOfThisTest()).toEqual([await runningPid()]);
    expect(await groupMembers(await runningPid())).toHaveLength(2);
  });

  test('leaves no process behind when it is stopped', async () => {
    await say(REF_A);
    await say(REF_B);
    const pid = await runningPid();
    expect(await groupMembers(pid)).toHaveLength(3);
    expect(await server().stop()).toBe(true);
    expect(await groupMembers(pid)).toEqual([]);
    expect(await routersOfThisTest()).toEqual([]);
    expect(await server().stop()).toBe(false);
  });

  test('is stopped also when it is stuck', async () => {
    await say(REF_A);
    const pid = await runningPid();
    process.kill(pid, 'SIGSTOP');
    expect(await server().stop()).toBe(true);
    expect(await groupMembers(pid)).toEqual([]);
  });

  test('goes away when the one who starts it gives up', async () => {
    const controller = new AbortController();
    const onEvent = (): void => controller.abort();
    await expect(server().start({ signal: controller.signal, onEvent })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await routersOfThisTest()).toEqual([]);
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });
});

describe('load settings', () => {
  test('a change loads the model again; without one it is left as it is', async () => {
    const first = await server().load(REF_A, { 'ctx-size': 512 });
    expect(first.contextSize).toBe(512);
    const same = await server().load(REF_A, {});
    expect(same).toMatchObject({ contextSize: 512, port: first.port });

    const larger = await server().load(REF_A, { 'ctx-size': 1024 });
    expect(larger.contextSize).toBe(1024);
    expect(larger.port).not.toBe(first.port);
    expect((await chat(larger)).text.trim()).toBe(SENTENCE_A);
    const more = await server().load(REF_A, { threads: 1 });
    expect(more.contextSize).toBe(1024);
    expect(more.args.join(' ')).toContain('--threads 1');
  });

  test('last until the model is stopped', async () => {
    await server().load(REF_A, { 'ctx-size': 512 });
    expect(await server().unload(REF_A)).toBe(true);
    expect(await server().unload(REF_A)).toBe(false);
    const again = await server(models(), { 'ctx-size': 768 }).load(REF_A, {});
    expect(again.contextSize).toBe(768);
  });

  test('with which a model does not load are forgotten', async () => {
    await expect(server().load(REF_A, { threads: 'many' })).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
    });
    expect(await say(REF_A)).toBe(SENTENCE_A);
  });
});

describe('an answer', () => {
  test('that is broken off frees its slot within half a second', async () => {
    const long = path.join(home, 'long.gguf');
    await writeTinyModel({ path: long, sentence: LONG, contextSize: 4096, embeddingSize: 2048 });
    const all = [...models(), stored('user/long:F32', long)];
    const model = await server(all).load('user/long:F32', {});
    const controller = new AbortController();
    let received = '';
    const answer = chat(model, controller.signal, (text) => {
      received += text;
      if (received.length > 20) controller.abort();
    });
    await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await pause(500);
    const slots = await requestJson(model.address, {
      method: 'GET',
      path: `/slots?model=${encodeURIComponent(model.id)}`,
    });
    expect(slots).toEqual(
      expect.arrayContaining([expect.objectContaining({ is_processing: false })]),
    );
    expect(JSON.stringify(slots)).not.toContain('"is_processing":true');
    expect(LONG.startsWith(received.trim())).toBe(true);
  });

  test('that asks for too much is refused in the words of the server', async () => {
    const model = await server().load(REF_A, { 'ctx-size': 256 });
    const messages = [{ role: 'user', content: 'many words '.repeat(400) }] as const;
    const body = chatRequest({ model: model.id, messages, sampling: {} });
    await expect(streamChat(model.address, body)).rejects.toMatchObject({
      code: 'CONTEXT_EXCEEDED',
      hint: expect.stringContaining('-c') as string,
    });
  });

  test('whose server is killed in the middle says that it is gone', async () => {
    const long = path.join(home, 'long.gguf');
    await writeTinyModel({ path: long, sentence: LONG, contextSize: 4096, embeddingSize: 2048 });
    const all = [...models(), stored('user/long:F32', long)];
    const model = await server(all).load('user/long:F32', {});
    const pid = await runningPid();
    let killed = false;
    const answer = chat(model, undefined, () => {
      if (!killed) process.kill(pid, 'SIGKILL');
      killed = true;
    });
    await expect(answer).rejects.toMatchObject({ code: 'SERVER_GONE' });
  });
});
