import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSystem } from '../../src/lib/engine/system.ts';
import { readFileHeader } from '../../src/lib/gguf/header.ts';
import {
  type MemoryEstimate,
  type MemoryQuestion,
  estimateMemory,
} from '../../src/lib/gguf/memory.ts';
import { createMemoryPlanner } from '../../src/lib/server/memory/plan.ts';
import { type TestEngine, ensureEngine } from '../support/engine/engine.ts';
import { startLlamaServer } from '../support/engine/llama-server.ts';
import {
  type HollowModel,
  type HollowShape,
  hollowDeci,
  hollowDeepseek,
  hollowGemma,
  hollowLlama,
  hollowMamba,
  writeHollowModel,
} from '../support/gguf/hollow-model.ts';
import { quantizeModel, splitModel } from '../support/gguf/quantize.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';

const MIB = 1024 * 1024;

const LLAMA_8B: HollowShape = {
  blockCount: 32,
  embeddingLength: 4096,
  headCount: 32,
  headCountKv: 8,
  feedForwardLength: 14_336,
  vocabularySize: 32_000,
};
const GEMMA: HollowShape = {
  blockCount: 12,
  embeddingLength: 1152,
  headCount: 4,
  headCountKv: 1,
  headLength: 256,
  feedForwardLength: 6912,
  vocabularySize: 20_000,
  tied: true,
};
const DEEPSEEK = {
  ...LLAMA_8B,
  blockCount: 6,
  embeddingLength: 2048,
  headCount: 16,
  headCountKv: 1,
  headLength: 128,
  feedForwardLength: 4096,
  latentLength: 512,
  queryLatentLength: 768,
  ropeLength: 64,
};
const MAMBA = {
  blockCount: 24,
  embeddingLength: 2048,
  innerSize: 4096,
  stateSize: 64,
  convolutionKernel: 4,
  timeStepRank: 128,
  vocabularySize: 8000,
};

let folder: string;
let engine: TestEngine;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-memory-'));
  engine = await ensureEngine();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function hollow(name: string, model: HollowModel): Promise<string> {
  const file = path.join(folder, `${name}.gguf`);
  await writeHollowModel(file, model);
  return file;
}

async function estimate(
  files: readonly string[],
  question: Omit<MemoryQuestion, 'headers'>,
): Promise<MemoryEstimate> {
  const [first, ...others] = await Promise.all(
    files.map((file) => readFileHeader(file, { tensors: true })),
  );
  if (first === undefined) throw new Error('there is no file');
  return estimateMemory({ headers: [first, ...others], ...question });
}

/**
 * MiB that the engine's own program reckons for all devices: `Host 6 128 131`. It leaves out weights
 * that are rearranged for the processor; without that they take as much.
 */
async function reckoned(
  file: string,
  words: readonly string[],
): Promise<{ model: number; context: number; compute: number }> {
  const { stdout } = await execa(
    path.join(engine.folder, 'llama-fit-params'),
    ['-m', file, '-fitp', 'on', '-fit', 'off', '--no-repack', ...words],
    { cwd: engine.folder },
  );
  const sum = { model: 0, context: 0, compute: 0 };
  for (const line of stdout.split('\n')) {
    const [, model, context, compute] = /^\S+ (\d+) (\d+) (\d+)/u.exec(line) ?? [];
    sum.model += Number(model ?? 0);
    sum.context += Number(context ?? 0);
    sum.compute += Number(compute ?? 0);
  }
  return sum;
}

/** Within a part of the engine's figure, or the MiB that it leaves off. */
function expectClose(bytes: number, mebibytes: number, part: number): void {
  expect(Math.abs(bytes / MIB - mebibytes)).toBeLessThanOrEqual(Math.max(mebibytes * part, 1));
}

const SINGLE = { parallel: 1, unified: true } as const;
const IN_8_BITS = { cacheTypeK: 'q8_0', cacheTypeV: 'q8_0' } as const;

describe('the estimate agrees with llama-fit-params', () => {
  test.each<[string, HollowModel, Omit<MemoryQuestion, 'headers'>, string[]]>([
    ['grouped heads', hollowLlama(LLAMA_8B), { contextSize: 8192, ...SINGLE }, []],
    ['a long context', hollowLlama(LLAMA_8B), { contextSize: 65_536, ...SINGLE }, []],
    [
      'keys and values in 8 bits',
      hollowLlama(LLAMA_8B),
      { contextSize: 8192, ...SINGLE, ...IN_8_BITS },
      ['-ctk', 'q8_0', '-ctv', 'q8_0'],
    ],
    [
      'keys in 4 bits alone',
      hollowLlama(LLAMA_8B),
      { contextSize: 8192, ...SINGLE, cacheTypeK: 'q4_0' },
      ['-ctk', 'q4_0'],
    ],
    [
      'four sequences that divide the context',
      hollowLlama(LLAMA_8B),
      { contextSize: 16_384, parallel: 4 },
      ['-np', '4'],
    ],
    [
      'without flash attention',
      hollowLlama(LLAMA_8B),
      { contextSize: 8192, ...SINGLE, flashAttention: false },
      ['-fa', 'off'],
    ],
    [
      'a larger batch',
      hollowLlama(LLAMA_8B),
      { contextSize: 8192, ...SINGLE, ubatch: 1024 },
      ['-ub', '1024'],
    ],
    [
      'embeddings that make the logits',
      hollowLlama({ ...LLAMA_8B, vocabularySize: 128_000, tied: true }),
      { contextSize: 8192, ...SINGLE },
      [],
    ],
    [
      'weights in 4 bits',
      hollowLlama({ ...LLAMA_8B, type: 'Q4_0' }),
      { contextSize: 8192, ...SINGLE },
      [],
    ],
    [
      'heads that differ from block to block',
      hollowDeci({ ...LLAMA_8B, blockCount: 4, headCountKv: [8, 4, 2, 8] }),
      { contextSize: 32_768, ...SINGLE },
      [],
    ],
    ['sliding windows', hollowGemma(GEMMA, 512), { contextSize: 32_768, ...SINGLE }, []],
    [
      'sliding windows that keep everything',
      hollowGemma(GEMMA, 512),
      { contextSize: 32_768, ...SINGLE, fullWindows: true },
      ['--swa-full'],
    ],
    [
      'sliding windows of four sequences',
      hollowGemma(GEMMA, 512),
      { contextSize: 32_768, parallel: 4 },
      ['-np', '4'],
    ],
    ['latent attention', hollowDeepseek(DEEPSEEK), { contextSize: 32_768, ...SINGLE }, []],
    ['states', hollowMamba(MAMBA), { contextSize: 4096, ...SINGLE }, []],
    [
      'states of four sequences',
      hollowMamba(MAMBA),
      { contextSize: 4096, parallel: 4 },
      ['-np', '4'],
    ],
  ])('%s', async (_, model, question, words) => {
    const file = await hollow('model', model);
    const own = await estimate([file], question);
    const theirs = await reckoned(file, ['-c', String(question.contextSize), ...words]);
    expect(theirs.model).toBeGreaterThan(0);
    expectClose(own.weights, theirs.model, 0.01);
    expectClose(own.kvCache, theirs.context, 0.01);
    expectClose(own.compute, theirs.compute, 0.25);
    expectClose(own.weights + own.kvCache, theirs.model + theirs.context, 0.01);
  });
});

/** MiB of the lines of a log that tell the size of buffers of a kind. */
function buffers(log: string, kind: RegExp): number {
  const lines = [...log.matchAll(new RegExp(`${kind.source} buffer size = +([\\d.]+) MiB`, 'gu'))];
  expect(lines).not.toHaveLength(0);
  return lines.reduce((sum, [, size]) => sum + Number(size), 0);
}

const SENTENCE = 'llamas carry small loads over high mountain paths';

describe('the estimate agrees with what llama-server reports once it is loaded', () => {
  async function compare(
    files: readonly [string, ...string[]],
    question: Omit<MemoryQuestion, 'headers'>,
    words: readonly string[],
  ): Promise<void> {
    const own = await estimate(files, question);
    const flags = `-lv 4 --no-repack --no-warmup -c ${question.contextSize}`.split(' ');
    await using server = await startLlamaServer(engine, ['-m', files[0], ...flags, ...words]);
    const log = server.log();
    const cache = /RS buffer size/u.test(log)
      ? buffers(log, /RS/u)
      : buffers(log, /llama_kv_cache: +\S+ KV/u);
    expectClose(own.weights, buffers(log, /model/u), 0.1);
    expectClose(own.kvCache, cache, 0.1);
  }

  test('several blocks, at the settings that it takes by itself', async () => {
    const file = path.join(folder, 'tiny.gguf');
    await writeTinyModel({ path: file, sentence: SENTENCE, blockCount: 6, contextSize: 16_384 });
    await compare([file], { contextSize: 16_384 }, []);
  });

  test.each(['Q8_0', 'Q4_K_M', 'Q6_K'])('weights in %s', async (quant) => {
    const plain = path.join(folder, 'plain.gguf');
    const file = path.join(folder, `plain-${quant}.gguf`);
    await writeTinyModel({ path: plain, sentence: SENTENCE, blockCount: 8 });
    await quantizeModel(engine, plain, file, quant);
    await compare([file], { contextSize: 8192 }, []);
  });

  test('shards', async () => {
    const file = path.join(folder, 'whole.gguf');
    await writeTinyModel({ path: file, sentence: SENTENCE, blockCount: 4 });
    const shards = await splitModel(engine, file, path.join(folder, 'shards'), 12);
    expect(shards.length).toBeGreaterThan(2);
    const [first = '', ...others] = shards;
    await compare([first, ...others], { contextSize: 8192 }, []);
  });

  test('keys and values in 8 bits, requests that divide the context', async () => {
    const file = await hollow('small', hollowLlama({ ...LLAMA_8B, blockCount: 4 }));
    await compare(
      [file],
      { contextSize: 16_384, parallel: 2, ...IN_8_BITS },
      '-np 2 -ctk q8_0 -ctv q8_0'.split(' '),
    );
  });

  test('sliding windows', async () => {
    const file = await hollow('gemma', hollowGemma(GEMMA, 512));
    await compare([file], { contextSize: 32_768 }, []);
  });

  test('states', async () => {
    const file = await hollow('mamba', hollowMamba({ ...MAMBA, blockCount: 12 }));
    await compare([file], { contextSize: 4096 }, []);
  });
});

test('the plan for this machine is what the real engine would do', async () => {
  const file = await hollow('plan', hollowLlama({ ...LLAMA_8B, contextLength: 8192 }));
  const planner = createMemoryPlanner({
    system: createSystem({ environment: {} }),
    environment: {},
    stored: () => Promise.resolve([]),
  });
  const { stdout } = await execa(engine.llamaServer, ['--help'], { cwd: engine.folder });
  const plan = await planner({
    model: {
      ref: 'user/plan:Q8_0',
      repo: 'user/plan',
      quant: 'Q8_0',
      path: file,
      files: [{ path: file, name: 'plan.gguf', size: 1 }],
      size: 1,
      state: 'complete',
      modifiedAt: new Date(0),
    },
    settings: { 'ctx-size': 4096 },
    engine: {
      command: [engine.llamaServer],
      folder: engine.folder,
      origin: 'path',
      flags: new Set(stdout.match(/--[a-z-]+/gu)),
    },
    loaded: [],
  });
  expect(plan?.line).toMatch(
    /^7\.\d\d GiB weights \+ 512 MiB KV cache at 4096 tokens \+ \d+ MiB compute = 7\.\d\d GiB of [\d.]+ [KMG]iB free/u,
  );
});
