import { expect, test } from 'vitest';

import { estimatedSize, quantsOf } from '../../../src/lib/hub/search-quants.ts';
import type { HubSearchHit } from '../../../src/lib/hub/types.ts';

const hit: HubSearchHit = {
  id: 'acme/Model-8B-GGUF',
  author: 'acme',
  gated: false,
  private: false,
  downloads: 1,
  likes: 1,
  tags: [],
  capabilities: [],
  parameters: 8_030_261_312,
  ggufFiles: [
    'Model-8B-Q8_0.gguf',
    'Model-8B-Q4_K_M.gguf',
    'F16/Model-8B-F16-00001-of-00002.gguf',
    'F16/Model-8B-F16-00002-of-00002.gguf',
  ],
};

test('quants of a hit are ranked and have the sizes their files are published with, nearly', () => {
  const { quants } = quantsOf(hit);
  expect(quants.map(({ label }) => label)).toEqual(['Q4_K_M', 'Q8_0', 'F16']);
  // bartowski/Meta-Llama-3.1-8B-Instruct-GGUF: 4.92, 8.54 and 16.07 GB.
  const published = [4_920_734_272, 8_540_770_880, 16_068_891_392];
  for (const [index, { size }] of quants.entries()) {
    expect(Math.abs(size / (published[index] ?? 0) - 1)).toBeLessThan(0.02);
  }
});

test.each([
  ['without a number of parameters', {}, 'Q4_K_M'],
  ['of a file that names no quant', hit, 'model'],
])('nothing is estimated %s', (_name, { parameters }: Pick<HubSearchHit, 'parameters'>, name) => {
  expect(estimatedSize(parameters === undefined ? {} : { parameters }, { name })).toBeUndefined();
});
