import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  FIT_VERDICTS,
  type FitVerdict,
  type MachineRoom,
  certainFit,
  describeRoom,
  fitOf,
  fittedContext,
} from '../../../src/lib/gguf/fit.ts';
import { type GgufHeader, readHeader } from '../../../src/lib/gguf/header.ts';
import { estimateMemory } from '../../../src/lib/gguf/memory.ts';
import { hollowLlama } from '../../support/gguf/hollow-model.ts';
import { encodeHeader } from '../../support/gguf/writer.ts';

const GIB = 1024 ** 3;

/** Llama 3.1 8B in its counts; the vocabulary is not needed in full. */
async function llamaHeader(tensors: boolean): Promise<GgufHeader> {
  const bytes = encodeHeader(
    hollowLlama({
      blockCount: 32,
      embeddingLength: 4096,
      headCount: 32,
      headCountKv: 8,
      feedForwardLength: 14_336,
      vocabularySize: 2048,
      contextLength: 131_072,
    }),
  );
  const source = {
    name: 'llama.gguf',
    size: bytes.length,
    read: (start: number, length: number) =>
      Promise.resolve(new Uint8Array(bytes.subarray(start, start + length))),
  };
  return readHeader(source, { tensors });
}

describe('a model of 4.9 GB whose context of 8192 tokens takes 1 GiB', async () => {
  const header = await llamaHeader(false);
  const size = 4.92e9;

  test.each<[string, MachineRoom, FitVerdict]>([
    ['4 GiB', { ram: 4 * GIB, shared: false }, 'too-large'],
    ['7 GiB', { ram: 7 * GIB, shared: false }, 'tight'],
    ['16 GiB', { ram: 16 * GIB, shared: false }, 'fits'],
    ['16 GiB and a card of 4', { ram: 16 * GIB, gpu: 3 * GIB, shared: false }, 'fits'],
    ['16 GiB and a card of 8', { ram: 16 * GIB, gpu: 7 * GIB, shared: false }, 'gpu'],
    [
      '4 GiB and a card of 4: both together',
      { ram: 4 * GIB, gpu: 3.9 * GIB, shared: false },
      'fits',
    ],
    ['16 GiB that the GPU shares', { ram: 16 * GIB, gpu: 11 * GIB, shared: true }, 'gpu'],
    ['16 GiB, little of it for the GPU', { ram: 16 * GIB, gpu: 4 * GIB, shared: true }, 'fits'],
    ['7 GiB that the GPU may take', { ram: 7 * GIB, gpu: 7 * GIB, shared: true }, 'tight'],
  ])('on %s', (_, machine, verdict) => {
    expect(fitOf(size, { machine, contextSize: 8192, header }).verdict).toBe(verdict);
  });

  test('takes what the estimate of its header says, whichever quant the header is of', () => {
    const { memory } = fitOf(size, {
      machine: { ram: GIB, shared: false },
      contextSize: 8192,
      header,
      projectorBytes: 1e9,
    });
    const estimate = estimateMemory({
      headers: [{ ...header, fileSize: size }],
      contextSize: 8192,
      projectorBytes: 1e9,
    });
    expect(memory).toBe(Math.round(estimate.total));
    expect(estimate.kvCache).toBe(GIB);
  });

  test('a header with tensors says the same', async () => {
    const machine = { ram: GIB, shared: false };
    const whole = await llamaHeader(true);
    expect(fitOf(size, { machine, contextSize: 8192, header: whole })).toEqual(
      fitOf(size, { machine, contextSize: 8192, header }),
    );
  });

  test('is not asked for more context than it was trained for', () => {
    const machine = { ram: GIB, shared: false };
    const question = { machine, contextSize: 1_000_000, header };
    expect(fittedContext(question)).toBe(131_072);
    expect(fitOf(size, question)).toEqual(fitOf(size, { ...question, contextSize: 131_072 }));
  });
});

test('without a header the estimate of a model of this size comes near to that with one', async () => {
  const machine = { ram: GIB, shared: false };
  const exact = fitOf(4.92e9, { machine, contextSize: 8192, header: await llamaHeader(false) });
  const rough = fitOf(4.92e9, { machine, contextSize: 8192 });
  expect(rough.memory / exact.memory).toBeGreaterThan(0.9);
  expect(rough.memory / exact.memory).toBeLessThan(1.1);
});

test('a model that is smaller, or a machine that is larger, never makes a fit worse', () => {
  const bytes = fc.double({ min: 0, max: 1e12, noNaN: true });
  const rank = (size: number, machine: MachineRoom): number =>
    FIT_VERDICTS.indexOf(fitOf(size, { machine, contextSize: 8192 }).verdict);
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, fc.boolean(), (size, less, ram, more, shared) => {
      const machine = { ram, gpu: ram / 2, shared };
      const larger = { ram: ram + more, gpu: (ram + more) / 2, shared };
      expect(rank(Math.max(size - less, 0), machine)).toBeLessThanOrEqual(rank(size, machine));
      expect(rank(size, larger)).toBeLessThanOrEqual(rank(size, machine));
    }),
  );
});

test('what fits for certain fits by any header, at any context', async () => {
  const counts = { headCount: 32, feedForwardLength: 4096, vocabularySize: 2048 };
  const bytes = encodeHeader(
    // Every head has keys of its own: none keeps more of a context.
    hollowLlama({ ...counts, blockCount: 32, embeddingLength: 4096, headCountKv: 32 }),
  );
  const header = await readHeader(
    {
      name: 'wide.gguf',
      size: bytes.length,
      read: (start, length) =>
        Promise.resolve(new Uint8Array(bytes.subarray(start, start + length))),
    },
    { untilVocabulary: true },
  );
  const contexts = fc.integer({ min: 256, max: 32_768 });
  const memory = fc.double({ min: 1e9, max: 2e11, noNaN: true });
  let certain = 0;
  fc.assert(
    fc.property(memory, fc.option(memory), fc.boolean(), contexts, (ram, gpu, shared, context) => {
      const machine = gpu === null ? { ram, shared } : { ram, gpu, shared };
      // 7 billion weights in 4 bits.
      const size = 4.1e9;
      const verdict = certainFit(size, { machine, contextSize: context });
      if (verdict === undefined) return;
      certain += 1;
      expect(fitOf(size, { machine, contextSize: context, header }).verdict).toBe(verdict);
    }),
    { numRuns: 500 },
  );
  expect(certain).toBeGreaterThan(50);
});

test.each<[MachineRoom, string]>([
  [{ ram: 24 * GIB, shared: false }, '24.0 GiB of memory'],
  [{ ram: 64 * GIB, gpu: 11 * GIB, shared: false }, '64.0 GiB of memory and 11.0 GiB on the GPU'],
  [{ ram: 16 * GIB, gpu: 11 * GIB, shared: true }, '16.0 GiB of memory'],
])('a machine is described: %j', (machine, words) => {
  expect(describeRoom(machine)).toBe(words);
});
