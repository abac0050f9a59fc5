import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('llama/one', {
    'one-Q4_K_M.gguf': { content: randomBytes(120_000) },
    'one-Q8_0.gguf': { content: randomBytes(240_000) },
    'mmproj-F16.gguf': { content: randomBytes(10_000) },
  });
  await hub.addRepo('llama/two', { 'two-Q6_K.gguf': { content: randomBytes(1_500_000) } });
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  for (const ref of ['llama/one', 'llama/one:Q8_0', 'llama/two']) {
    expect((await home.run(['pull', ref])).exitCode).toBe(0);
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

async function table(): Promise<string> {
  return (await home.run(['list'])).stdout;
}

describe('list', () => {
  test('is a table for people and names alone with -q', async () => {
    const { stderr, stdout } = await home.run(['list']);
    expect(stdout).toMatchInlineSnapshot(`
      "MODEL      QUANT      SIZE  MODIFIED
      llama/one  Q4_K_M   120 kB  just now
      llama/one  Q8_0     240 kB  just now
      llama/two  Q6_K    1.50 MB  just now
      "
    `);
    expect(stderr).toMatch(/^3 models, 1\.87 MB; \S+ [kMGT]B free\n$/u);
    expect((await home.run(['ls', '-q'])).stdout).toBe(
      'llama/one:Q4_K_M\nllama/one:Q8_0\nllama/two:Q6_K\n',
    );
  });

  test('--json keeps its keys', async () => {
    const document = JSON.parse((await home.run(['list', '--json'])).stdout) as {
      models: Record<string, unknown>[];
      total: unknown;
    };
    expect(document.total).toEqual({ count: 3, size: 1_870_000 });
    expect(document.models[0]).toEqual({
      ref: 'llama/one:Q4_K_M',
      repo: 'llama/one',
      quant: 'Q4_K_M',
      path: home.path('models/llama/one/Q4_K_M.gguf'),
      projector: home.path('models/llama/one/mmproj-F16.gguf'),
      files: [
        {
          path: home.path('models/llama/one/Q4_K_M.gguf'),
          name: 'one-Q4_K_M.gguf',
          size: 120_000,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
        },
      ],
      size: 120_000,
      state: 'complete',
      modifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u) as string,
    });
  });

  test.each(['missing', 'damaged'])('works when metadata.json is %s', async (state) => {
    const before = await table();
    const file = home.path('models/llama/one/metadata.json');
    if (state === 'missing') await rm(file);
    else await writeFile(file, '{"version":1,"repo":');
    expect(await table()).toBe(before);
  });

  test('shows an unfinished pull with its percentage', async () => {
    const file = home.path('models/llama/two/Q6_K.gguf');
    await truncate(file, 645_000);
    expect(await table()).toContain('unfinished, 43 %');
  });

  test('shows files that were put there by hand, and no control characters of their names', async () => {
    await mkdir(home.path('models/me/mine'), { recursive: true });
    await writeFile(home.path('models/me/mine/my\u001B[31mmodel.gguf'), 'x');
    const output = await table();
    expect(output).toContain('me/mine');
    expect(output).not.toContain('\u001B');
  });

  test('is never cut in a pipe', async () => {
    const repo =
      'a-very-long-user-name-indeed/with-a-repository-name-that-is-longer-than-a-terminal-is-wide-GGUF';
    await hub.addRepo(repo, { 'm-Q4_K_M.gguf': { content: 'x' } });
    await home.run(['pull', repo]);
    expect(await table()).toContain(repo);
  });
});

describe('rm', () => {
  test('of one quant leaves the others and the projector they need', async () => {
    const { stderr, stdout } = await home.run(['rm', '-y', 'llama/one:q8_0']);
    expect(stdout).toBe('Removed llama/one:Q8_0\n');
    expect(stderr).toBe('Freed 240 kB\n');
    expect((await readdir(home.path('models/llama/one'))).sort()).toEqual([
      'Q4_K_M.gguf',
      'metadata.json',
      'mmproj-F16.gguf',
    ]);
  });

  test('of several at once, a whole repository among them', async () => {
    const { stdout } = await home.run(['rm', '-y', '--json', 'llama/one', 'llama/two:Q6_K']);
    expect(JSON.parse(stdout)).toEqual({
      removed: [
        { ref: 'llama/one:Q4_K_M', size: 120_000 },
        { ref: 'llama/one:Q8_0', size: 240_000 },
        { ref: 'llama/two:Q6_K', size: 1_500_000 },
      ],
      freed: 1_870_000,
    });
    expect(await readdir(home.path('models'))).toEqual([]);
  });

  test('asks for consent where nobody can answer', async () => {
    const { exitCode, stderr } = await home.run(['rm', 'llama/two']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "error: Nobody is there to confirm the removal
      hint: Add --yes to remove without a question
      "
    `);
    expect(await readdir(home.path('models/llama/two'))).toContain('Q6_K.gguf');
  });

  test('of a misspelled name removes nothing, of the others neither', async () => {
    const { exitCode, stderr } = await home.run(['rm', '-y', 'llama/two', 'llama/onne']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: llama/onne is not stored on this machine
      hint: Did you mean llama/one? \`llamero list\` shows what is stored
      "
    `);
    expect(await readdir(home.path('models/llama/two'))).toContain('Q6_K.gguf');
  });

  test('of an unfinished pull takes all of it', async () => {
    const slow = hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 400_000 });
    const child = home.start(['pull', 'llama/two', '--json']);
    await home.run(['rm', '-y', 'llama/two']);
    child.kill('SIGKILL');
    await child;
    slow.remove();
    const again = home.start(['pull', 'llama/two']);
    const second = hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 400_000 });
    await hub.waitForBytes('two-Q6_K.gguf', 1_900_000, { host: 'cdn' });
    again.kill('SIGKILL');
    await again;
    second.remove();
    expect((await home.run(['rm', '-y', 'llama/two'])).exitCode).toBe(0);
    expect(await readdir(path.dirname(home.path('models/llama/two')))).toEqual(['one']);
  });
});
