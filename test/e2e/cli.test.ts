import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { ensureEngine, type TestEngine } from '../support/engine/engine.ts';
import { freePort } from '../support/free-port.ts';
import { quantizeModel, splitModel } from '../support/gguf/quantize.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { writeTinyProjector } from '../support/gguf/tiny-projector.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';

const FIRST = 'The first llama stands on the hill and looks at the sea.';
const SECOND = 'A second one, brown and slow, eats grass all day; nobody minds.';
// Long enough that an answer can be stopped in the middle of it.
const LONG = Array.from({ length: 1500 }, (_, index) => `word${index}`).join(' ');

let engine: TestEngine;
let folder: string;
let hub: TestHub;
let home: CliHome;

beforeAll(async () => {
  engine = await ensureEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-e2e-'));
  hub = await startHub();
  const file = (name: string): string => path.join(folder, name);
  await writeTinyModel({ path: file('first.gguf'), sentence: FIRST });
  await writeTinyModel({ path: file('second.gguf'), sentence: SECOND });
  await writeTinyModel({ path: file('long.gguf'), sentence: LONG, contextSize: 8192 });
  await quantizeModel(engine, file('first.gguf'), file('first-Q4_K_M.gguf'), 'Q4_K_M');
  await quantizeModel(engine, file('second.gguf'), file('second-Q8_0.gguf'), 'Q8_0');
  const shards = await splitModel(engine, file('second-Q8_0.gguf'), file('second-Q8_0'), 5);
  await writeTinyProjector({ path: file('mmproj-F16.gguf') });
  await hub.addRepo('herd/first', { 'first-Q4_K_M.gguf': { file: file('first-Q4_K_M.gguf') } });
  await hub.addRepo(
    'herd/second',
    Object.fromEntries(shards.map((shard) => [`Q8_0/${path.basename(shard)}`, { file: shard }])),
  );
  await hub.addRepo('herd/seeing', {
    'seeing-Q4_K_M.gguf': { file: file('first-Q4_K_M.gguf') },
    'mmproj-F16.gguf': { file: file('mmproj-F16.gguf') },
  });
  await hub.addRepo('herd/long', { 'long-F32.gguf': { file: file('long.gguf') } });
});

afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  home = await CliHome.create({
    HF_ENDPOINT: hub.endpoint,
    LLAMERO_LLAMA_SERVER: engine.llamaServer,
    LLAMERO_PORT: String(await freePort()),
  });
});

afterEach(async () => {
  await home.run(['stop', '--all']);
  expect(await processesOf(home)).toEqual([]);
  await home[Symbol.asyncDispose]();
});

/** The processes whose command line names a home: the server and the models of this test. */
async function processesOf({ folder: name }: CliHome): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/u.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(name)) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}

describe('run', () => {
  test('pulls with --yes, answers on stdout alone, and the server stays', async () => {
    const once = await home.run(['run', '--yes', 'herd/first', 'Who is there?']);
    expect(once).toMatchObject({ exitCode: 0, stdout: `${FIRST}\n` });
    const again = await home.run(['run', 'herd/first:q4_k_m', '--quiet', 'And now?']);
    expect(again).toEqual({ exitCode: 0, stdout: `${FIRST}\n`, stderr: '' });
    expect((await processesOf(home)).length).toBe(2);
  });

  test('takes a prompt from a pipe, alone or joined with one in words', async () => {
    await home.run(['pull', 'herd/first']);
    for (const words of [
      ['run', 'herd/first'],
      ['run', 'herd/first', 'Summarise:'],
    ]) {
      const result = await home.run(words, { input: 'a text\nof two lines\n' });
      expect(result).toMatchObject({ exitCode: 0, stdout: `${FIRST}\n` });
    }
  });

  test('--json is one document', async () => {
    await home.run(['pull', 'herd/first']);
    const { stdout } = await home.run(['run', 'herd/first', '--json', 'Hello']);
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'herd/first:Q4_K_M',
      text: FIRST,
      finishReason: 'stop',
      usage: { completionTokens: expect.any(Number) as number },
      timings: { completionTokensPerSecond: expect.any(Number) as number },
    });
  });

  test('two models in turn through one router, one of them in shards', async () => {
    await home.run(['pull', 'herd/first']);
    await home.run(['pull', 'herd/second']);
    for (const [ref, sentence] of [
      ['herd/first', FIRST],
      ['herd/second', SECOND],
      ['herd/first', FIRST],
    ] as const) {
      expect(await home.run(['run', ref, 'Hello'])).toMatchObject({ stdout: `${sentence}\n` });
    }
    const { stdout } = await home.run(['ps', '--json']);
    const status = JSON.parse(stdout) as { server: { pid: number }; models: { ref: string }[] };
    expect(status.models.map(({ ref }) => ref).sort()).toEqual([
      'herd/first:Q4_K_M',
      'herd/second:Q8_0',
    ]);
    await home.run(['stop', 'herd/first']);
    const after = JSON.parse((await home.run(['ps', '--json'])).stdout) as typeof status;
    expect(after.models.map(({ ref }) => ref)).toEqual(['herd/second:Q8_0']);
    expect(after.server.pid).toBe(status.server.pid);
  });

  test('a model with a projector sees', async () => {
    await home.run(['pull', 'herd/seeing']);
    expect(await home.run(['run', 'herd/seeing', 'Hello'])).toMatchObject({ stdout: `${FIRST}\n` });
    const { stdout } = await home.run(['ps', '--json']);
    const { url } = (JSON.parse(stdout) as { server: { url: string } }).server;
    const props = await fetch(`${url}/props?model=${encodeURIComponent('herd/seeing:Q4_K_M')}`);
    expect(await props.json()).toMatchObject({ modalities: { vision: true } });
  });

  test('another context size loads the model again', async () => {
    await home.run(['pull', 'herd/first']);
    await home.run(['run', 'herd/first', 'Hello']);
    await home.run(['run', 'herd/first', '--ctx', '512', 'Hello']);
    const { stdout } = await home.run(['ps', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ models: [{ contextSize: 512 }] });
    await home.run(['run', 'herd/first', 'Hello']);
    expect(JSON.parse((await home.run(['ps', '--json'])).stdout)).toMatchObject({
      models: [{ contextSize: 512 }],
    });
  });

  test('an answer is cut at --predict tokens, and that is said', async () => {
    await home.run(['pull', 'herd/first']);
    const { stdout, stderr } = await home.run(['run', 'herd/first', '-n', '3', 'Hello']);
    expect(FIRST.startsWith(stdout.trim())).toBe(true);
    expect(stdout.trim().length).toBeLessThan(FIRST.length);
    expect(stderr).toContain('limit of tokens');
  });

  test.each([
    ['a missing model', ['run', 'herd/first', 'Hello'], 3, 'MODEL_NOT_FOUND'],
    ['a bad temperature', ['run', 'herd/first', '--temp', 'hot', 'Hello'], 2, 'CONFIG_INVALID'],
    ['no prompt', ['run', 'herd/first'], 2, 'USAGE'],
  ])('%s is an error with a code', async (_name, words, exitCode, code) => {
    const result = await home.run([...words, '--json']);
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code } });
  });

  test('no engine: exit 9 with a way to get one', async () => {
    await home.run(['pull', 'herd/first']);
    const result = await home.run(['run', 'herd/first', 'Hello'], {
      env: { LLAMERO_LLAMA_SERVER: '', PATH: '/nonexistent' },
    });
    expect(result.exitCode).toBe(9);
    expect(result.stderr).toContain('llamero update');
    expect(result.stderr).toContain('LLAMERO_LLAMA_SERVER');
  });
});

describe('rm', () => {
  test('refuses a loaded model, and removes it when forced', async () => {
    await home.run(['run', '--yes', 'herd/first', 'Hello']);
    const refused = await home.run(['rm', '--yes', 'herd/first']);
    expect(refused.exitCode).toBe(11);
    expect(refused.stderr).toContain('llamero stop herd/first:Q4_K_M');
    const forced = await home.run(['rm', '--yes', '--force', '--json', 'herd/first']);
    expect(JSON.parse(forced.stdout)).toMatchObject({ removed: [{ ref: 'herd/first:Q4_K_M' }] });
    expect(await readdir(home.path('models'))).toEqual([]);
  });
});

describe('in a terminal', () => {
  test('a chat: type, stream, stop an answer with Ctrl+C, go on, leave', async () => {
    await home.run(['pull', 'herd/first']);
    await home.run(['pull', 'herd/long']);
    await using pty = new Pty(home, ['run', 'herd/first']);
    let at = await pty.waitFor('>>> ');
    pty.type('Who is there?\r');
    // Words may be drawn one by one.
    at = await pty.waitFor(FIRST.slice(FIRST.lastIndexOf(' ') + 1), at);
    at = await pty.waitFor('>>> ', at);
    pty.type('/bye\r');
    expect(await pty.ended).toBe(0);

    await using second = new Pty(home, ['run', 'herd/long']);
    at = await second.waitFor('>>> ');
    second.type('Count!\r');
    at = await second.waitFor('word5', at);
    second.type('\x03');
    at = await second.waitFor('(stopped)', at);
    expect(second.output).not.toContain('word1499');
    at = await second.waitFor('>>> ', at);
    second.type('\x04');
    expect(await second.ended).toBe(0);
  });

  test('a missing model is offered; a no is taken for a no', async () => {
    await using pty = new Pty(home, ['run', 'herd/first']);
    await pty.waitFor('Pull it?');
    pty.type('n\r');
    expect(await pty.ended).toBe(3);
    expect(await readdir(home.path()).catch(() => [])).not.toContain('models');
  });

  test('a removal is asked about; Ctrl+C removes nothing', async () => {
    await home.run(['pull', 'herd/first']);
    await using pty = new Pty(home, ['rm', 'herd/first']);
    await pty.waitFor('Remove it');
    pty.type('\x03');
    expect(await pty.ended).toBe(130);
    expect(await readdir(home.path('models/herd/first'))).toContain('Q4_K_M.gguf');
    await using again = new Pty(home, ['rm', 'herd/first']);
    await again.waitFor('Remove it');
    again.type('y\r');
    expect(await again.ended).toBe(0);
    expect(await readdir(home.path('models'))).toEqual([]);
  });

  test.each([60, 200])('progress at %d columns stays on one line', async (columns) => {
    const slow = hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 150_000 });
    await using pty = new Pty(home, ['pull', 'herd/first'], { columns, rows: 24 });
    expect(await pty.ended).toBe(0);
    slow.remove();
    // A frame begins where the cursor is set to the first column.
    const frames = pty.output
      .split(/\r|\n|\u001B\[1?G/u)
      .map((frame) => stripVTControlCharacters(frame))
      .filter((frame) => frame.includes(' % '));
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.some((frame) => frame.includes('━'))).toBe(true);
    expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThan(columns);
  });
});
