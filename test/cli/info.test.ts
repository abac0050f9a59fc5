import { rm } from 'node:fs/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CliHome, type CliResult } from '../support/cli.ts';
import { hollowGemma, hollowLlama, type HollowModel } from '../support/gguf/hollow-model.ts';
import { encodeHeader } from '../support/gguf/writer.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { CommandPty } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';

const MIB = 1024 * 1024;
const TEMPLATE = '{% if tools %}{{ tools }}{% endif %}<think>';
const SHAPE = {
  blockCount: 26,
  embeddingLength: 512,
  headCount: 8,
  headCountKv: 2,
  feedForwardLength: 1024,
  vocabularySize: 262_144,
  contextLength: 131_072,
};
const CARD = `---
license: gemma
---
# Gemma

A **good** model. \u001B[31mred\u001B[0m \u202Ebackwards

| Quant | For |
|---|---|
| Q4_K_M | most |

${Array.from({ length: 30 }, (_, index) => `Line ${index}.\n`).join('\n')}`;

function withTemplate(model: HollowModel): HollowModel {
  const metadata = {
    ...model.metadata,
    'tokenizer.chat_template': { type: 'string' as const, value: TEMPLATE },
    'general.description': { type: 'string' as const, value: 'text\u001B[2J' },
  };
  return { ...model, metadata };
}

const HEADER = encodeHeader(withTemplate(hollowGemma(SHAPE, 512)));
const SMALL = encodeHeader(hollowLlama({ ...SHAPE, vocabularySize: 500 }));
const padded = (header: Buffer, mebibytes: number): Buffer =>
  Buffer.concat([header, Buffer.alloc(mebibytes * MIB)]);

let hub: TestHub;
let home: CliHome;

beforeAll(async () => {
  hub = await startHub();
  const files = {
    'README.md': { content: CARD },
    'gemma-Q4_K_M.gguf': { content: padded(HEADER, 4) },
    'gemma-Q8_0.gguf': { content: padded(HEADER, 12) },
    'gemma-Q2_K.gguf': { content: padded(HEADER, 1) },
    'mmproj-F16.gguf': { content: Buffer.alloc(100_000) },
    'imatrix.dat': { content: 'statistics' },
  };
  const gguf = {
    total: 76_000_000,
    architecture: 'gemma3',
    context_length: 131_072,
    chat_template: TEMPLATE,
  };
  const cardData = { license: 'gemma', base_model: ['google/gemma-3'] };
  const shown = {
    gguf,
    cardData,
    downloads: 186_325,
    likes: 38,
    pipelineTag: 'image-text-to-text',
  };
  await hub.addRepo('maker/gemma-GGUF', files, shown);
  await hub.addRepo('maker/small-GGUF', { 'small-Q8_0.gguf': { content: padded(SMALL, 2) } });
  await hub.addRepo('maker/gated-GGUF', files, { ...shown, gated: 'manual' });
}, 60_000);

afterAll(() => hub.close());

beforeEach(async () => {
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  hub.clearRequests();
});

afterEach(async () => {
  hub.faults.clear();
  await home[Symbol.asyncDispose]();
});

const MACHINE = ['--memory', '16G'];

async function info(...words: readonly string[]): Promise<CliResult> {
  return home.run(['info', ...words]);
}

async function document(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stderr, stdout } = await info(...words, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Without what differs from run to run. */
function plain(text: string): string {
  return home
    .plain(text)
    .replaceAll(hub.endpoint, '<hub>')
    .replaceAll(new URL(hub.endpoint).host, '<hub>')
    .replaceAll(/\d+ \w+s? ago/gu, '<age>');
}

describe('a model at the hub', () => {
  test('is told with its quants, the default and why', async () => {
    const { exitCode, stderr, stdout } = await info('maker/gemma-GGUF', ...MACHINE);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "maker/gemma-GGUF
      <hub>/maker/gemma-GGUF

      Author      maker
      License     gemma
      Access      open to all
      Base model  google/gemma-3
      Task        image-text-to-text
      Updated     <age>, created <age>
      Downloads   186,325 in 30 days
      Likes       38

      Architecture  gemma3
      Parameters    76M
      Context       131,072 tokens
      Layers        26
      Width         512
      Heads         8, 2 for keys and values
      Vocabulary    262,144 tokens
      Template      43 B
      Can           tools, thinking, vision

      QUANT      SIZE  BITS   MEMORY  FIT   NOTE
      Q2_K    8.82 MB  0.93  580 MiB  fits
      Q4_K_M  12.0 MB  1.26  583 MiB  fits  default
      Q8_0    20.4 MB  2.14  591 MiB  fits

      Default Q4_K_M: the best quality for its size among 3 quants; fits in memory with 8192 tokens of context
      Memory is with 8192 tokens of context; judged by 16.0 GiB of memory

      Projector  F16, 100 kB, mmproj-F16.gguf
      Not a model  imatrix.dat: statistics for making quants, not a model

      # Gemma

      A good model. [31mred[0m backwards

      Quant  │ For
      ───────┼─────
      Q4_K_M │ most

      Line 0.

      Line 1.

      Line 2.

      Line 3.
      … the whole card: llamero info maker/gemma-GGUF --card
      "
    `);
  });

  test('takes four requests with its card, and the header’s bytes at most', async () => {
    await info('maker/gemma-GGUF');
    expect(hub.requests.map(({ host, method }) => `${host} ${method}`).sort()).toEqual([
      'cdn GET',
      'hub GET',
      'hub GET',
      'hub HEAD',
    ]);
    const bytes = hub.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    expect(bytes).toBeLessThan(MIB);
  });

  test('takes no request the second time, and is told without a network', async () => {
    const first = await info('maker/gemma-GGUF', ...MACHINE);
    hub.clearRequests();
    expect(await info('maker/gemma-GGUF', ...MACHINE)).toEqual(first);
    const offline = await home.run(['info', 'maker/gemma-GGUF', ...MACHINE], {
      env: { LLAMERO_OFFLINE: '1' },
    });
    expect(offline).toEqual(first);
    expect(hub.requests).toHaveLength(0);
    await info('maker/gemma-GGUF', '--refresh');
    expect(hub.requests).toHaveLength(1);
  });

  test('has its default marked, as a pull would choose it', async () => {
    for (const memory of ['16G', '800M', '400M']) {
      const { quants } = (await document('maker/gemma-GGUF', '--memory', memory)) as {
        quants: { quant: string; default: boolean; reason?: string }[];
      };
      const pulled = await home.run([
        'pull',
        'maker/gemma-GGUF',
        '--dry-run',
        '--json',
        '--memory',
        memory,
      ]);
      const { models } = JSON.parse(pulled.stdout) as { models: object[] };
      const chosen = quants.find((quant) => quant.default);
      expect(models).toMatchObject([{ quant: chosen?.quant, reason: chosen?.reason }]);
    }
  });

  test('tells its quants to a machine', async () => {
    const told = await document('maker/gemma-GGUF', ...MACHINE);
    expect(told).toMatchObject({
      repo: 'maker/gemma-GGUF',
      author: 'maker',
      license: 'gemma',
      gated: false,
      downloads: 186_325,
      baseModels: ['google/gemma-3'],
      architecture: 'gemma3',
      blockCount: 26,
      headCount: 8,
      headCountKv: 2,
      vocabularySize: 262_144,
      contextLength: 131_072,
      chatTemplate: true,
      capabilities: ['tools', 'thinking', 'vision'],
      judgedBy: { contextSize: 8192, memory: 16 * 1024 ** 3, gpuMemory: null },
      quants: [
        { quant: 'Q4_K_M', default: true, downloaded: false, fit: 'fits' },
        { quant: 'Q8_0', default: false },
        { quant: 'Q2_K', default: false },
      ],
      projectors: [{ path: 'mmproj-F16.gguf', size: 100_000, downloaded: false }],
      other: [
        { path: 'README.md', kind: 'other' },
        { path: 'imatrix.dat', kind: 'imatrix' },
      ],
      problems: [],
    });
  });

  test('is judged at the context that is asked about', async () => {
    const at = async (tokens: number): Promise<number> => {
      const { quants } = (await document('maker/gemma-GGUF', '--context', `${tokens}`)) as {
        quants: { memory: number }[];
      };
      return quants[0]?.memory ?? 0;
    };
    expect(await at(65_536)).toBeGreaterThan(await at(8192));
    // No more than it was trained for.
    expect(await at(1_000_000)).toBe(await at(131_072));
  });

  test.each([
    ['--template', TEMPLATE],
    ['--metadata', 'string[262144]'],
    ['--tensors', 'token_embd.weight'],
    ['--files', 'imatrix.dat'],
    ['--card', 'Line 29.'],
  ])('prints with %s that alone', async (flag, text) => {
    const { exitCode, stdout } = await info('maker/gemma-GGUF', flag);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(text);
    expect(stdout).not.toContain('Downloads');
  });

  test('tells with --json what is asked for', async () => {
    const told = await document('maker/gemma-GGUF', '--tensors', '--metadata', '--template');
    expect(told).toMatchObject({
      template: TEMPLATE,
      metadata: {
        'gemma3.block_count': 26,
        'tokenizer.ggml.tokens': { type: 'string', length: 262_144 },
      },
    });
    expect(told['tensors']).toContainEqual({
      name: 'token_embd.weight',
      type: 'q8_0',
      shape: [512, 262_144],
      size: (512 * 262_144 * 34) / 32,
    });
  });

  test('sends no control character of a card or a header to the terminal', async () => {
    const texts = await Promise.all(
      [[], ['--card'], ['--metadata'], ['--json', '--metadata', '--card']].map(
        async (words) => (await info('maker/gemma-GGUF', ...words)).stdout,
      ),
    );
    expect(texts.join('')).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/u);
    expect(texts.join('')).toContain('backwards');
  });

  test('prints with --quiet what a pull would take', async () => {
    const { stdout } = await info('maker/gemma-GGUF', '--quiet', ...MACHINE);
    expect(stdout).toBe('maker/gemma-GGUF:Q4_K_M\n');
  });
});

describe('two models', () => {
  test('stand side by side', async () => {
    const { exitCode, stdout } = await info('maker/gemma-GGUF', 'maker/small-GGUF', ...MACHINE);
    expect(exitCode).toBe(0);
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "              maker/gemma-GGUF                      maker/small-GGUF
      Author        maker                                 maker
      License       gemma                                 –
      Access        open to all                           open to all
      Base model    google/gemma-3                        –
      Task          image-text-to-text                    –
      Updated       <age>, created <age>  <age>, created <age>
      Downloads     186,325 in 30 days                    0 in 30 days
      Likes         38                                    0
      Architecture  gemma3                                llama
      Parameters    76M                                   58.5M
      Context       131,072 tokens                        131,072 tokens
      Layers        26                                    26
      Width         512                                   512
      Heads         8, 2 for keys and values              8, 2 for keys and values
      Vocabulary    262,144 tokens                        500 tokens
      Template      43 B                                  none
      Can           tools, thinking, vision               –
      Quants        3, 8.82 MB to 20.4 MB                 1
      Quant         Q4_K_M                                Q8_0
      Size          12.0 MB                               2.12 MB
      Bits          1.26                                  0.29
      Memory        583 MiB                               126 MiB
      Fit           fits                                  fits
      Here          no                                    no
      "
    `);
  });

  test('are one document', async () => {
    expect(await document('maker/gemma-GGUF', 'maker/small-GGUF')).toMatchObject({
      models: [{ repo: 'maker/gemma-GGUF' }, { repo: 'maker/small-GGUF' }],
    });
  });
});

describe('a model on this machine', () => {
  beforeEach(async () => {
    const { exitCode } = await home.run(['pull', 'maker/gemma-GGUF:Q4_K_M']);
    expect(exitCode).toBe(0);
    await rm(home.path('cache'), { recursive: true, force: true });
    hub.clearRequests();
  });

  test('is marked, and its header is read from its own file', async () => {
    const told = await document('maker/gemma-GGUF');
    expect(told).toMatchObject({
      quants: [{ quant: 'Q4_K_M', downloaded: true }, { downloaded: false }, { downloaded: false }],
      projectors: [{ downloaded: true }],
    });
    expect(hub.requests).toHaveLength(1);
  });

  test('is told without a network and without anything kept, by any of its names', async () => {
    const options = { env: { LLAMERO_OFFLINE: '1' } };
    for (const name of ['maker/gemma-GGUF', 'maker/gemma-GGUF:q4_k_m', 'gemma']) {
      const { exitCode, stderr, stdout } = await home.run(['info', name], options);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/Q4_K_M .* default, .*here/u);
      expect(stdout).toMatch(/Parameters +\d/u);
      expect(stderr).toContain('Offline');
    }
    expect(hub.requests).toHaveLength(0);
  });

  test('is asked about nobody else where its header tells all', async () => {
    for (const flag of ['--template', '--metadata', '--tensors']) {
      const { exitCode, stderr, stdout } = await info('gemma', flag);
      expect(exitCode).toBe(0);
      expect(stdout.length).toBeGreaterThan(20);
      expect(stderr).toBe('gemma is maker/gemma-GGUF\n');
    }
    expect(hub.requests).toHaveLength(0);
  });

  test('is told although the hub does not answer', async () => {
    hub.faults.add({ path: '/api/models' }, { kind: 'answer', status: 404 });
    const { exitCode, stderr, stdout } = await info('maker/gemma-GGUF');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Q4_K_M');
    expect(stderr).toContain('does not exist');
  });
});

describe('what cannot be told', () => {
  test('of a gated model is its header; all else is', async () => {
    const { exitCode, stderr, stdout } = await info('maker/gated-GGUF');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('gated: given by the author');
    expect(stdout).toContain('Q8_0');
    expect(stderr).toContain('/maker/gated-GGUF, make a token');
  });

  test.each<[string, readonly string[], number, string]>([
    ['the header of a gated model', ['maker/gated-GGUF', '--metadata'], 5, 'is gated'],
    ['a model that is not there', ['maker/none'], 3, 'does not exist'],
    ['a quant that is not there', ['maker/gemma-GGUF:Q6_K'], 3, 'has no Q6_K'],
    ['a quant by flag', ['maker/gemma-GGUF', '--quant', 'Q6_K'], 3, 'It has Q4_K_M'],
    ['a revision that is not there', ['maker/gemma-GGUF', '--revision', 'x'], 3, 'no revision'],
    ['a name that nothing here has', ['nothing'], 3, 'is not stored'],
    ['what is no name', ['a/b/c'], 2, 'is no model reference'],
    ['three models', ['a/b', 'c/d', 'e/f'], 2, 'Two models can be compared'],
    ['a memory that is none', ['maker/gemma-GGUF', '--memory', 'lots'], 2, '24G'],
    ['no model', [], 2, 'REF is missing'],
  ])('%s ends in an error', async (_, words, exitCode, message) => {
    const result = await info(...words);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(message);
  });

  test('without a network and without anything known is said so', async () => {
    const result = await home.run(['info', 'maker/gemma-GGUF'], { env: { LLAMERO_OFFLINE: '1' } });
    expect(result.exitCode).toBe(6);
    expect(result.stderr).toContain('Offline');
  });
});

describe.skipIf(process.platform !== 'linux')('in a terminal', () => {
  test.each([60, 80, 200])('of %d columns no table is wider', async (columns) => {
    const size = { columns, rows: 50 };
    const words = `${process.execPath} ${new URL('../../bin/run.js', import.meta.url).pathname} info`;
    const command = `${words} maker/gemma-GGUF; ${words} maker/gemma-GGUF maker/small-GGUF; ${words} maker/gemma-GGUF --files`;
    await using pty = new CommandPty(command, { env: home.env, cwd: home.folder, size });
    expect(await pty.ended).toBe(0);
    const lines = (await screenText(pty.output, { columns: 400, rows: 50 })).split('\n');
    const tables = lines.filter((line) =>
      /^(?:Q\w+_\w|QUANT|FILE|[a-z]+-Q|Updated|Can) /u.test(line),
    );
    expect(tables.length).toBeGreaterThan(9);
    for (const line of tables) expect(line.length).toBeLessThanOrEqual(columns);
  });
});
