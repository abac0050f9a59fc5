import { describe, expect, test } from 'vitest';

import type { GgufHeader, GgufTensorInfo } from '../../../src/lib/gguf/header.ts';
import type { GgufValue } from '../../../src/lib/gguf/header-values.ts';
import { type MemoryQuestion, estimateMemory, gpuBytes } from '../../../src/lib/gguf/memory.ts';
import { layersOf } from '../../../src/lib/gguf/memory-layers.ts';
import { bytesPerValue, tensorBytes } from '../../../src/lib/gguf/memory-types.ts';

const MIB = 1024 * 1024;

function headerOf(
  architecture: string,
  fields: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensorInfo[] = [],
  vocabulary = 0,
): GgufHeader {
  return {
    version: 3,
    endianness: 'little',
    metadata: new Map<string, GgufValue>([
      ['general.architecture', architecture],
      ...Object.entries(fields).map(([key, value]) => [`${architecture}.${key}`, value] as const),
    ]),
    arrays: new Map([['tokenizer.ggml.tokens', { type: 'string', length: vocabulary }]]),
    tensorCount: tensors.length,
    tensors,
    dataOffset: 0,
    bytesRead: 0,
  };
}

function kvCache(header: GgufHeader, question: Omit<MemoryQuestion, 'headers'>): number {
  return estimateMemory({ headers: [header], ...question }).kvCache;
}

/** Llama 3 8B: 32 blocks, 8 heads of 128 with keys and values. */
const LLAMA_8B = {
  block_count: 32,
  embedding_length: 4096,
  'attention.head_count': 32,
  'attention.head_count_kv': 8,
  feed_forward_length: 14_336,
};
/** Gemma 3 1B: 26 blocks, one head of 256, windows of 512 tokens in five of six blocks. */
const GEMMA = {
  block_count: 26,
  embedding_length: 1152,
  'attention.head_count': 4,
  'attention.head_count_kv': 1,
  'attention.key_length': 256,
  'attention.value_length': 256,
  'attention.sliding_window': 512,
};

describe('the KV cache', () => {
  test.each<[string, GgufHeader, Omit<MemoryQuestion, 'headers'>, number]>([
    [
      'two blocks of one head of 32 at 2048 tokens take half a MiB',
      headerOf('llama', {
        block_count: 2,
        embedding_length: 64,
        'attention.head_count': 2,
        'attention.head_count_kv': 1,
      }),
      { contextSize: 2048 },
      2 * 2048 * (32 + 32) * 2,
    ],
    ['Llama 3 8B at 8192', headerOf('llama', LLAMA_8B), { contextSize: 8192 }, 1024 * MIB],
    [
      'Llama 3 8B at 8192 in 8 bits',
      headerOf('llama', LLAMA_8B),
      { contextSize: 8192, cacheTypeK: 'q8_0', cacheTypeV: 'q8_0' },
      544 * MIB,
    ],
    [
      'keys in 8 bits, values in 4',
      headerOf('llama', LLAMA_8B),
      { contextSize: 8192, cacheTypeK: 'q8_0', cacheTypeV: 'q4_0' },
      (272 + 144) * MIB,
    ],
    [
      'without head_count_kv every head has keys',
      headerOf('llama', { ...LLAMA_8B, 'attention.head_count_kv': 32 }),
      { contextSize: 8192 },
      4096 * MIB,
    ],
    [
      'a context is filled up to 256 tokens',
      headerOf('llama', LLAMA_8B),
      { contextSize: 8000 },
      1024 * MIB,
    ],
    [
      'sequences that share the context take it once',
      headerOf('llama', LLAMA_8B),
      { contextSize: 8192, parallel: 4, unified: true },
      1024 * MIB,
    ],
    [
      'sequences that divide the context take it once as well',
      headerOf('llama', LLAMA_8B),
      { contextSize: 8192, parallel: 4 },
      1024 * MIB,
    ],
    [
      'heads by block',
      headerOf('deci', { ...LLAMA_8B, block_count: 4, 'attention.head_count_kv': [8, 4, 0, 8] }),
      { contextSize: 8192 },
      20 * 2 * 128 * 8192 * 2,
    ],
    [
      'windows: 22 blocks of 2560 cells, 4 of the whole context',
      headerOf('gemma3', GEMMA),
      { contextSize: 32_768 },
      (22 * 2560 + 4 * 32_768) * 512 * 2,
    ],
    [
      'windows of a single sequence hold one window and a batch',
      headerOf('gemma3', GEMMA),
      { contextSize: 32_768, parallel: 1 },
      (22 * 1024 + 4 * 32_768) * 512 * 2,
    ],
    [
      'windows are no larger than the context',
      headerOf('gemma3', GEMMA),
      { contextSize: 512 },
      26 * 512 * 512 * 2,
    ],
    [
      'windows that keep everything',
      headerOf('gemma3', GEMMA),
      { contextSize: 32_768, fullWindows: true },
      26 * 32_768 * 512 * 2,
    ],
    [
      'last blocks that use the keys of earlier ones keep none',
      headerOf('llama', { ...LLAMA_8B, 'attention.shared_kv_layers': 16 }),
      { contextSize: 8192 },
      512 * MIB,
    ],
    [
      'blocks that predict further tokens keep none',
      headerOf('glm4moe', { ...LLAMA_8B, block_count: 33, nextn_predict_layers: 1 }),
      { contextSize: 8192 },
      1024 * MIB,
    ],
    [
      'latent attention keeps one row for keys and values',
      headerOf('deepseek2', {
        ...LLAMA_8B,
        'attention.head_count_kv': 1,
        'attention.key_length': 576,
        'attention.value_length': 512,
        'attention.key_length_mla': 192,
        'attention.value_length_mla': 128,
      }),
      { contextSize: 8192 },
      32 * 576 * 8192 * 2,
    ],
    [
      'older files of the same models keep all heads',
      headerOf('deepseek2', {
        ...LLAMA_8B,
        'attention.head_count_kv': 32,
        'attention.key_length': 192,
        'attention.value_length': 128,
      }),
      { contextSize: 8192 },
      32 * 32 * (192 + 128) * 8192 * 2,
    ],
    [
      'Mamba keeps a state for each sequence',
      headerOf('mamba', {
        block_count: 48,
        embedding_length: 1536,
        'attention.head_count': 0,
        'ssm.conv_kernel': 4,
        'ssm.inner_size': 3072,
        'ssm.state_size': 16,
      }),
      { contextSize: 1_000_000, parallel: 1 },
      48 * 4 * (3 * 3072 + 16 * 3072),
    ],
    [
      'RWKV keeps its shifts and a matrix for each head',
      headerOf('rwkv7', { block_count: 12, embedding_length: 768, 'wkv.head_size': 64 }),
      { contextSize: 8192, parallel: 1 },
      12 * 4 * (2 * 768 + 768 * 64),
    ],
    [
      'attention in every fourth block, states in the others',
      headerOf('qwen3next', {
        ...LLAMA_8B,
        block_count: 8,
        'ssm.conv_kernel': 4,
        'ssm.inner_size': 4096,
        'ssm.state_size': 128,
        'ssm.group_count': 16,
      }),
      { contextSize: 8192, parallel: 1 },
      2 * 2 * 1024 * 8192 * 2 + 6 * 4 * (3 * (4096 + 2 * 16 * 128) + 128 * 4096),
    ],
    [
      'attention where there are heads, convolutions elsewhere',
      headerOf('lfm2', {
        ...LLAMA_8B,
        block_count: 3,
        'attention.head_count_kv': [0, 8, 0],
        'shortconv.l_cache': 3,
      }),
      { contextSize: 8192, parallel: 2 },
      2 * 1024 * 8192 * 2 + 2 * 4 * 2 * 4096 * 2,
    ],
    [
      'blocks that both attend and keep a state',
      headerOf('falcon-h1', {
        ...LLAMA_8B,
        block_count: 2,
        'ssm.conv_kernel': 4,
        'ssm.inner_size': 1000,
        'ssm.state_size': 10,
        'ssm.group_count': 1,
      }),
      { contextSize: 8192, parallel: 1 },
      2 * (2 * 1024 * 8192 * 2 + 4 * (3 * 1020 + 10_000)),
    ],
    [
      'models for embeddings keep nothing',
      headerOf('bert', { ...LLAMA_8B, pooling_type: 1 }),
      { contextSize: 512 },
      0,
    ],
  ])('%s', (_, header, question, bytes) => {
    expect(kvCache(header, question)).toBe(bytes);
  });
});

describe('which blocks have a window', () => {
  const windowed = (header: GgufHeader): number[] =>
    layersOf(header).flatMap(({ window }, block) => (window === undefined ? [] : [block]));
  const six = { ...LLAMA_8B, block_count: 6, 'attention.sliding_window': 128 };

  test.each<[string, GgufHeader, number[]]>([
    ['none where the architecture has none', headerOf('qwen2', six), []],
    ['all but the last of a period', headerOf('gpt-oss', six), [0, 2, 4]],
    ['all but the first of a period', headerOf('cohere2moe', six), [1, 2, 3, 5]],
    [
      'the period of the file',
      headerOf('gemma3', { ...six, 'attention.sliding_window_pattern': 3 }),
      [0, 1, 3, 4],
    ],
    [
      'the list of the file, of any architecture',
      headerOf('new', {
        ...six,
        'attention.sliding_window_pattern': [true, false, true, false, false, true],
      }),
      [0, 2, 5],
    ],
    ['none with a window of 0', headerOf('gemma3', { ...six, 'attention.sliding_window': 0 }), []],
    [
      'a window that the file leaves out',
      headerOf('llama4', { ...LLAMA_8B, block_count: 4 }),
      [0, 1, 2],
    ],
  ])('%s', (_, header, blocks) => {
    expect(windowed(header)).toEqual(blocks);
  });

  test('heads under a window may be of another length', () => {
    const layers = layersOf(
      headerOf('gemma4', {
        ...LLAMA_8B,
        block_count: 2,
        'attention.head_count_kv': [4, 1],
        'attention.key_length': 512,
        'attention.value_length': 512,
        'attention.key_length_swa': 256,
        'attention.value_length_swa': 128,
        'attention.sliding_window': 512,
        'attention.sliding_window_pattern': [1, 0],
      }),
    );
    expect(layers).toEqual([
      { keys: 1024, values: 512, window: 512, state: 0 },
      { keys: 512, values: 512, state: 0 },
    ]);
  });
});

describe('types', () => {
  test.each([
    ['f32', 4],
    ['f16', 2],
    ['bf16', 2],
    ['q8_0', 1.0625],
    ['q5_1', 0.75],
    ['q5_0', 0.6875],
    ['q4_1', 0.625],
    ['q4_0', 0.5625],
    ['iq4_nl', 0.5625],
  ] as const)('a value in %s takes %d bytes', (type, bytes) => {
    expect(bytesPerValue(type)).toBe(bytes);
  });

  test.each([
    ['F32', 0, 4],
    ['Q4_K', 12, 0.5625],
    ['Q6_K', 14, 0.8203125],
    ['IQ4_XS', 23, 0.53125],
    ['MXFP4', 39, 0.53125],
  ] as const)('a tensor in %s', (_, type, bytes) => {
    expect(tensorBytes(type, [256, 10])).toBe(2560 * bytes);
  });

  test('an unknown type has no size', () => {
    expect(tensorBytes(99, [256])).toBeUndefined();
  });
});

describe('weights', () => {
  const tensors: GgufTensorInfo[] = [
    { name: 'token_embd.weight', dimensions: [256, 100], type: 0, offset: 0 },
    { name: 'blk.0.ffn_up.weight', dimensions: [256, 256], type: 12, offset: 102_400 },
    { name: 'blk.1.ffn_up.weight', dimensions: [256, 256], type: 99, offset: 139_264 },
    { name: 'output_norm.weight', dimensions: [256], type: 0, offset: 200_000 },
    { name: 'output.weight', dimensions: [256, 100], type: 1, offset: 201_024 },
  ];
  const header = headerOf('llama', { ...LLAMA_8B, block_count: 2 }, tensors);
  const estimate = estimateMemory({ headers: [header], contextSize: 256 });

  test('are added up where they belong; a tensor of an unknown type reaches to the next', () => {
    expect(estimate.input).toBe(102_400);
    expect(estimate.output).toBe(1024 + 51_200);
    expect(estimate.perLayer.map(({ weights }) => weights)).toEqual([36_864, 60_736]);
    expect(estimate.weights).toBe(102_400 + 36_864 + 60_736 + 1024 + 51_200);
  });

  test('of shards whose tensors were not read are the sizes of their files', () => {
    const { tensors: _, ...plain } = header;
    const headers = [header, { ...plain, fileSize: 1_000_000 }] as const;
    const both = estimateMemory({ headers, contextSize: 256 });
    expect(both.weights).toBe(estimate.weights + 1_000_000);
  });

  test('the parts make the total', () => {
    const question = { headers: [header], contextSize: 4096, projectorBytes: 12_345 } as const;
    const whole = estimateMemory(question);
    const { compute, kvCache, projector, weights } = whole;
    expect(projector).toBe(12_345);
    expect(whole.total).toBe(weights + kvCache + projector + compute);
    expect(whole.perLayer.reduce((sum, layer) => sum + layer.kvCache, 0)).toBe(kvCache);
  });

  test.each([
    [0, 0],
    [1, 1024 + 51_200],
    [2, 1024 + 51_200 + 60_736],
    [3, 1024 + 51_200 + 60_736 + 36_864],
    [99, 1024 + 51_200 + 60_736 + 36_864],
  ])('with %i layers on the GPU the last ones lie there', (layers, weights) => {
    const kv = estimate.perLayer[0]?.kvCache ?? 0;
    const blocks = Math.min(Math.max(layers - 1, 0), 2);
    const compute = layers === 0 ? 0 : estimate.compute;
    expect(gpuBytes(estimate, layers)).toBe(weights + blocks * kv + compute);
  });

  test('embeddings that make the logits as well lie on the GPU too', () => {
    const tied = headerOf('llama', { ...LLAMA_8B, block_count: 2 }, tensors.slice(0, 4));
    const shared = estimateMemory({ headers: [tied], contextSize: 256 });
    expect(gpuBytes(shared, 1)).toBe(shared.compute + 1024 + 102_400);
  });
});

test('a header that claims a billion blocks is estimated in bounded work', () => {
  const header = headerOf('llama', { ...LLAMA_8B, block_count: 1_000_000_000 });
  expect(estimateMemory({ headers: [header], contextSize: 256 }).perLayer).toHaveLength(1024);
});

test('a header that says nothing takes nothing', () => {
  const { kvCache: cache, weights } = estimateMemory({
    headers: [headerOf('', {})],
    contextSize: 4096,
  });
  expect([cache, weights]).toEqual([0, 0]);
});
