import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome, type CliResult } from '../support/cli.ts';
import { hollowLlama } from '../support/gguf/hollow-model.ts';
import { encodeHeader } from '../support/gguf/writer.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';

const MIB = 1024 * 1024;
const OFFLINE = { HF_HUB_OFFLINE: '1' };

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

/** A model file that is known by its number of layers. */
function file(layers: number, mebibytes = 1): { content: Buffer } {
  const model = hollowLlama({
    blockCount: layers,
    embeddingLength: 256,
    headCount: 4,
    headCountKv: 4,
    feedForwardLength: 512,
    vocabularySize: 300,
  });
  return { content: Buffer.concat([encodeHeader(model), Buffer.alloc(mebibytes * MIB)]) };
}

async function info(words: readonly string[], env = {}): Promise<CliResult> {
  return home.run(['info', ...words, '--memory', '16G'], { env });
}

interface Told {
  readonly blockCount?: number;
  readonly quants: readonly Record<string, unknown>[];
}

async function told(words: readonly string[], env = {}): Promise<Told> {
  const { exitCode, stdout } = await info([...words, '--json'], env);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Told;
}

async function pull(...words: readonly string[]): Promise<void> {
  expect((await home.run(['pull', ...words])).exitCode).toBe(0);
}

describe('another revision than the stored one', () => {
  beforeEach(async () => {
    const repo = await hub.addRepo('rev/R-GGUF', { 'r-Q4_K_M.gguf': file(4) });
    await repo.commit({ 'r-Q4_K_M.gguf': file(6, 2) }, { branch: 'v1' });
    await repo.commit({ 'r-Q4_K_M.gguf': file(4) }, { branch: 'alike' });
    await pull('rev/R-GGUF');
  });

  test.each([[['rev/R-GGUF', '--revision', 'v1']], [['hf:rev/R-GGUF/r-Q4_K_M.gguf#v1']]])(
    'is told from its own file: %j',
    async (words) => {
      const { blockCount, quants } = await told(words);
      expect(blockCount).toBe(6);
      expect(quants).toMatchObject([{ quant: 'Q4_K_M', downloaded: false }]);
      expect(quants[0]).not.toHaveProperty('path');
      expect((await info([...words, '--metadata'])).stdout).toMatch(/block_count +6/u);
      expect((await info([...words, '--files'])).stdout).not.toContain('here');
    },
  );

  test('is here where it has the same file', async () => {
    hub.clearRequests();
    const { quants } = await told(['rev/R-GGUF', '--revision', 'alike']);
    expect(quants).toMatchObject([{ downloaded: true }]);
    expect(quants[0]).not.toHaveProperty('otherVersion');
    expect(hub.requests).toHaveLength(1);
  });

  test.each([[[]], [['--files']], [['--template']], [['--metadata']], [['--tensors']]])(
    'that does not exist is not found: %j',
    async (words) => {
      const { exitCode, stderr, stdout } = await info(['rev/R-GGUF', '--revision', 'x', ...words]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toContain('no revision');
    },
  );

  test('cannot be told offline; the main one can, by its name too', async () => {
    await rm(home.path('cache'), { recursive: true, force: true });
    expect((await info(['rev/R-GGUF', '--revision', 'v1'], OFFLINE)).exitCode).toBe(6);
    expect((await told(['rev/R-GGUF', '--revision', 'main'], OFFLINE)).blockCount).toBe(4);
  });
});

test('a file that was uploaded anew is told to differ from the one that is here', async () => {
  const repo = await hub.addRepo('upd/U-GGUF', { 'u-Q4_K_M.gguf': file(4) });
  await pull('upd/U-GGUF');
  expect((await info(['upd/U-GGUF', '--refresh'])).stdout).not.toContain('another version');
  await repo.commit({ 'u-Q4_K_M.gguf': file(6, 3) });
  const { stdout } = await info(['upd/U-GGUF', '--refresh']);
  expect(stdout).toMatch(/Layers +6/u);
  expect(stdout).toMatch(/Q4_K_M .*default, here in another version/u);
  expect((await info(['upd/U-GGUF', '--files'])).stdout).toContain('here in another version');
  const both = await info(['upd/U-GGUF', 'upd/U-GGUF']);
  expect(both.stdout).toMatch(/Here +in another version/u);
  expect((await told(['upd/U-GGUF'])).quants).toMatchObject([
    { downloaded: true, otherVersion: true },
  ]);
  expect((await info(['upd/U-GGUF', '--metadata', '--refresh'])).stdout).toMatch(/block_count +6/u);
});

describe('a repository that was renamed', () => {
  beforeEach(async () => {
    await hub.addRepo('new/Name-GGUF', { 'n-Q4_K_M.gguf': file(4), 'n-Q8_0.gguf': file(4, 2) });
    await hub.addRepo('old/Name-GGUF', {}, { renamedTo: 'new/Name-GGUF' });
    await pull('new/Name-GGUF:Q4_K_M');
  });

  test('is here by its old name too', async () => {
    expect((await info(['old/Name-GGUF', '--files'])).stdout).toMatch(/n-Q4_K_M.gguf .* here/u);
    expect((await told(['old/Name-GGUF'])).quants).toMatchObject([
      { ref: 'new/Name-GGUF:Q4_K_M', downloaded: true },
      { downloaded: false },
    ]);
  });
});

test('the quant of a reference is meant, as with pull, whatever the flag says', async () => {
  await hub.addRepo('maker/two', { 'm-Q4_K_M.gguf': file(4), 'm-Q8_0.gguf': file(4, 2) });
  const { stdout } = await info(['maker/two:Q8_0', '--quant', 'Q4_K_M', '--quiet']);
  expect(stdout).toBe('maker/two:Q8_0\n');
  expect((await info(['maker/two', '--quant', 'Q8_0', '--quiet'])).stdout).toBe('maker/two:Q8_0\n');
});

describe('what nobody knows is no answer', () => {
  const CARD = { 'README.md': { content: '# Card' } };

  test('a card that cannot be asked for', async () => {
    await hub.addRepo('maker/card', { ...CARD, 'm-Q4_K_M.gguf': file(4) });
    await hub.addRepo('maker/gated', { ...CARD, 'm-Q4_K_M.gguf': file(4) }, { gated: 'manual' });
    await hub.addRepo('maker/bare', { 'm-Q4_K_M.gguf': file(4) });
    await pull('maker/card');
    await mkdir(home.path('models', 'mine', 'own'), { recursive: true });
    await writeFile(home.path('models', 'mine', 'own', 'Q8_0.gguf'), file(4).content);
    await rm(home.path('cache'), { recursive: true, force: true });
    for (const form of [[], ['--json']]) {
      const offline = await info(['maker/card', '--card', ...form], OFFLINE);
      expect(offline).toMatchObject({ exitCode: 6 });
      expect(await info(['maker/gated', '--card', ...form])).toMatchObject({ exitCode: 5 });
      expect(await info(['mine/own', '--card', ...form])).toMatchObject({ exitCode: 3 });
      expect(await info(['maker/bare', '--card', ...form])).toMatchObject({ exitCode: 0 });
    }
    expect((await info(['maker/bare', '--card'])).stderr).toContain('has no model card');
  });

  test('a header that is not here and cannot be asked for', async () => {
    await hub.addRepo('copy/C-GGUF', { 'c-Q8_0.gguf': file(4, 12) });
    await pull('copy/C-GGUF');
    await truncate(home.path('models/copy/C-GGUF/Q8_0.gguf'), MIB);
    await rm(home.path('cache'), { recursive: true, force: true });
    for (const flag of ['--template', '--metadata', '--tensors']) {
      for (const form of [[], ['--json']]) {
        const { exitCode, stderr, stdout } = await info(['copy/C-GGUF', flag, ...form], OFFLINE);
        expect(exitCode).toBe(6);
        expect(stdout + stderr).toContain('Offline');
      }
    }
    expect((await info(['copy/C-GGUF'], OFFLINE)).exitCode).toBe(0);
  });
});

describe('an unfinished model, without the hub', () => {
  test('is judged by the size that it will have', async () => {
    const projector = { 'mmproj-F16.gguf': { content: Buffer.alloc(9000) } };
    await hub.addRepo('half/H-GGUF', { 'h-Q8_0.gguf': file(4, 12), ...projector });
    const { quants } = await told(['half/H-GGUF']);
    await pull('half/H-GGUF');
    await rm(home.path('cache'), { recursive: true, force: true });
    const stored = home.path('models/half/H-GGUF/Q8_0.gguf');
    await truncate(stored, MIB);
    const whole = { size: quants[0]?.['size'], downloaded: false };
    expect((await told(['half/H-GGUF'], OFFLINE)).quants).toMatchObject([whole]);
    await rm(stored);
    const record = home.path('models/half/H-GGUF/metadata.json');
    const text = await readFile(record, 'utf8');
    await writeFile(record, text.replaceAll(/,\s*"pulledAt": ?"[^"]*"/gu, ''));
    expect((await told(['half/H-GGUF'], OFFLINE)).quants).toMatchObject([whole]);
  });

  test('is not judged where nobody knows that size', async () => {
    await mkdir(home.path('models', 'half', 'way'), { recursive: true });
    await writeFile(home.path('models', 'half', 'way', 'Q8_0.gguf.partial'), file(4).content);
    const { stdout } = await info(['half/way'], OFFLINE);
    expect(stdout).toMatch(/Q8_0 +1\.\d+ MB +8\.50 +partly here/u);
    expect((await told(['half/way'], OFFLINE)).quants).toMatchObject([{ fit: null, memory: null }]);
    await hub.addRepo('half/way', { 'h-Q8_0.gguf': file(4, 12) });
    expect((await told(['half/way'])).quants).toMatchObject([{ fit: 'fits' }]);
    const both = await info(['half/way', 'half/way'], OFFLINE);
    expect(both.exitCode).toBe(0);
  });
});
