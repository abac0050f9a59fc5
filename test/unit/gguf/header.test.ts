import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { LlameroError } from '../../../src/lib/errors.ts';
import { type GgufHeader, readFileHeader, readHeader } from '../../../src/lib/gguf/header.ts';
import { describeModel } from '../../../src/lib/gguf/header-description.ts';
import type { ByteSource } from '../../../src/lib/gguf/header-source.ts';
import { caught } from '../../support/caught.ts';
import { writeTinyModel } from '../../support/gguf/tiny-model.ts';
import { type GgufContent, type GgufMetadata, encodeHeader } from '../../support/gguf/writer.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-header-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface CountingSource extends ByteSource {
  readonly reads: { readonly start: number; readonly length: number }[];
}

function sourceOf(bytes: Uint8Array, knowsSize = true): CountingSource {
  const reads: { start: number; length: number }[] = [];
  return {
    name: 'model.gguf',
    size: knowsSize ? bytes.byteLength : undefined,
    reads,
    read: (start, length) => {
      reads.push({ start, length });
      return Promise.resolve(bytes.subarray(start, start + length));
    },
  };
}

const METADATA: GgufMetadata = {
  'general.architecture': { type: 'string', value: 'llama' },
  'general.name': { type: 'string', value: 'Größe ▁🦙' },
  'a.uint8': { type: 'uint8', value: 255 },
  'a.int8': { type: 'int8', value: -128 },
  'a.uint16': { type: 'uint16', value: 65_535 },
  'a.int16': { type: 'int16', value: -32_768 },
  'a.uint32': { type: 'uint32', value: 4_294_967_295 },
  'a.int32': { type: 'int32', value: -2_147_483_648 },
  'a.float32': { type: 'float32', value: 0.5 },
  'a.float64': { type: 'float64', value: 1e-300 },
  'a.bool': { type: 'bool', value: true },
  'a.uint64': { type: 'uint64', value: 9_007_199_254_740_991n },
  'a.huge': { type: 'uint64', value: 18_446_744_073_709_551_615n },
  'a.int64': { type: 'int64', value: -5n },
  'a.numbers': { type: 'array', of: 'int32', value: [1, -2, 3] },
  'a.switches': { type: 'array', of: 'bool', value: [true, false] },
  'a.words': { type: 'array', of: 'string', value: ['one', '', 'drei'] },
  'a.nested': {
    type: 'array',
    of: 'array',
    value: [
      { type: 'array', of: 'string', value: ['x', 'y'] },
      { type: 'array', of: 'uint8', value: [1] },
    ],
  },
};

const CONTENT: GgufContent = {
  metadata: METADATA,
  tensors: [
    { name: 'token_embd.weight', dimensions: [256, 10], type: 'Q8_0' },
    { name: 'output_norm.weight', dimensions: [256] },
  ],
};

const VALUES: Readonly<Record<string, unknown>> = {
  'general.architecture': 'llama',
  'general.name': 'Größe ▁🦙',
  'a.uint8': 255,
  'a.int8': -128,
  'a.uint16': 65_535,
  'a.int16': -32_768,
  'a.uint32': 4_294_967_295,
  'a.int32': -2_147_483_648,
  'a.float32': 0.5,
  'a.float64': 1e-300,
  'a.bool': true,
  'a.uint64': 9_007_199_254_740_991,
  'a.huge': 18_446_744_073_709_551_615n,
  'a.int64': -5,
  'a.numbers': [1, -2, 3],
  'a.switches': [true, false],
  'a.words': ['one', '', 'drei'],
};

describe.each([1, 2, 3] as const)('a header of version %i', (version) => {
  test.each(['little', 'big'] as const)('is read in %s-endian order', async (endianness) => {
    const bytes = encodeHeader({ ...CONTENT, version, endianness });
    const header = await readHeader(sourceOf(bytes), { tensors: true });
    expect(header).toMatchObject({ version, endianness, tensorCount: 2 });
    expect(Object.fromEntries(header.metadata)).toEqual(VALUES);
    expect(header.arrays.get('a.nested')).toEqual({ type: 'array', length: 2 });
    expect(header.arrays.get('a.words')).toEqual({ type: 'string', length: 3 });
    expect(header.tensors).toEqual([
      { name: 'token_embd.weight', dimensions: [256, 10], type: 8, offset: 0 },
      { name: 'output_norm.weight', dimensions: [256], type: 0, offset: 2720 },
    ]);
    expect(header.dataOffset).toBe(Math.ceil(bytes.length / 32) * 32);
  });
});

test('a header is read from a source that does not know its size', async () => {
  const header = await readHeader(sourceOf(encodeHeader(CONTENT), false), { tensors: true });
  expect(header.tensors).toHaveLength(2);
  expect(header.fileSize).toBeUndefined();
});

test('arrays that are not wanted are counted and left out', async () => {
  const header = await readHeader(sourceOf(encodeHeader(CONTENT)), { arrays: 'skip' });
  expect(header.metadata.has('a.numbers')).toBe(false);
  expect(header.arrays.get('a.numbers')).toEqual({ type: 'int32', length: 3 });
  expect(header.metadata.get('a.int64')).toBe(-5);
});

test('an alignment of its own moves the data', async () => {
  const bytes = encodeHeader({ ...CONTENT, alignment: 4096 });
  const header = await readHeader(sourceOf(bytes), { tensors: true });
  expect(header.dataOffset).toBe(4096);
});

describe('a vocabulary of 262,144 tokens', () => {
  const count = 262_144;
  let bytes: Buffer;

  beforeAll(() => {
    const words = Array.from({ length: count }, (_, index) => `▁token${index}`);
    bytes = encodeHeader({
      metadata: {
        'general.architecture': { type: 'string', value: 'gemma3' },
        'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: words },
        'tokenizer.ggml.scores': { type: 'array', of: 'float32', value: words.map(() => 0) },
        'tokenizer.ggml.merges': {
          type: 'array',
          of: 'string',
          value: words.map((word) => `${word} ${word}`),
        },
        'gemma3.block_count': { type: 'uint32', value: 34 },
      },
      tensors: Array.from({ length: 500 }, (_, index) => ({
        name: `blk.${index}.attn_norm.weight`,
        dimensions: [2560],
      })),
    });
  });

  test('is counted, and what stands behind it is read', async () => {
    const header = await readHeader(sourceOf(bytes), { tensors: true });
    expect(header.arrays.get('tokenizer.ggml.tokens')).toEqual({ type: 'string', length: count });
    expect(header.arrays.get('tokenizer.ggml.merges')).toEqual({ type: 'string', length: count });
    expect(header.metadata.get('gemma3.block_count')).toBe(34);
    expect(header.tensors).toHaveLength(500);
    expect(header.metadata.size).toBe(2);
  });

  test('takes few reads, and hardly more bytes than the header has', async () => {
    // The file goes on behind its header, as models do.
    const source = sourceOf(Buffer.concat([bytes, Buffer.alloc(8 * 1024 * 1024)]));
    const header = await readHeader(source, { tensors: true });
    expect(source.reads.length).toBeLessThanOrEqual(6);
    expect(header.bytesRead).toBeLessThan(bytes.length + 2 * 1024 * 1024);
  });

  test('has none of its strings decoded', async () => {
    // Bytes that are no UTF-8 anywhere in it would be refused if they were looked at.
    const spoilt = Buffer.from(bytes);
    const at = spoilt.indexOf('▁token1000', 0, 'utf8');
    spoilt[at] = 0xff;
    const header = await readHeader(sourceOf(spoilt));
    expect(header.arrays.get('tokenizer.ggml.tokens')?.length).toBe(count);
  });
});

test('bytes of fixed length between two wanted keys are not read', async () => {
  const long = Array.from({ length: 400_000 }, () => 0);
  const bytes = encodeHeader({
    metadata: {
      'a.long': { type: 'array', of: 'float32', value: long },
      'a.last': { type: 'uint8', value: 7 },
    },
    tensors: [],
  });
  const source = sourceOf(bytes);
  const header = await readHeader(source);
  expect(header.metadata.get('a.last')).toBe(7);
  expect(source.reads).toHaveLength(2);
  expect(header.bytesRead).toBeLessThan(1024 * 1024);
});

/** A header that is right up to the place where the parts given are put. */
function damagedHeader(...parts: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const KEY = damagedHeader(u64(1), 'k');
const LARGEST = 2n ** 64n - 1n;
const start = (tensors: bigint | number, keys: bigint | number): Buffer =>
  damagedHeader('GGUF', u32(3), u64(tensors), u64(keys));
const nested = (depth: number): Buffer =>
  damagedHeader(u32(9), ...Array.from({ length: depth }, () => damagedHeader(u32(9), u64(1))));

describe('a header that cannot be right is refused', () => {
  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /ends within its header/u],
    ['another format', damagedHeader('GGML', u32(3), u64(0), u64(0)), /does not begin with GGUF/u],
    ['a version of the future', damagedHeader('GGUF', u32(9), u64(0), u64(0)), /version 9/u],
    ['version 0', damagedHeader('GGUF', u32(0), u64(0), u64(0)), /version 0/u],
    ['a count of keys beyond 2^53', start(0, LARGEST), /counts/u],
    ['a count of keys beyond the file', start(0, 60_000), /ends within/u],
    ['a million keys', start(0, 1_000_000), /1000000 keys/u],
    ['a billion tensors', start(1_000_000_000, 0), /1000000000 tensors/u],
    ['a key longer than the file', damagedHeader(start(0, 1), u64(100)), /ends within/u],
    ['a key of 2^40 bytes', damagedHeader(start(0, 1), u64(2n ** 40n)), /has 1099511627776 bytes/u],
    ['a key that is no UTF-8', damagedHeader(start(0, 1), u64(1), u32(0xff)), /not UTF-8/u],
    ['an unknown type', damagedHeader(start(0, 1), KEY, u32(13)), /type 13/u],
    [
      'an array of an unknown type',
      damagedHeader(start(0, 1), KEY, u32(9), u32(77), u64(1)),
      /type 77/u,
    ],
    [
      'an array longer than the file',
      damagedHeader(start(0, 1), KEY, u32(9), u32(4), u64(2n ** 40n)),
      /ends within/u,
    ],
    [
      'more strings than the file has bytes',
      damagedHeader(start(0, 1), KEY, u32(9), u32(8), u64(2n ** 52n)),
      /ends within/u,
    ],
    [
      'a string in an array that is longer than the file',
      damagedHeader(start(0, 1), KEY, u32(9), u32(8), u64(1), u64(2n ** 40n)),
      /ends within|bytes/u,
    ],
    ['arrays in arrays in arrays', damagedHeader(start(0, 1), KEY, nested(9)), /nests/u],
    [
      'a tensor of 5 dimensions',
      damagedHeader(start(1, 0), KEY, u32(5), Buffer.alloc(64)),
      /5 dimensions/u,
    ],
    [
      'a tensor of too many elements',
      damagedHeader(start(1, 0), KEY, u32(2), u64(2n ** 40n), u64(2n ** 40n), Buffer.alloc(16)),
      /more elements/u,
    ],
    [
      'an offset beyond 2^53',
      damagedHeader(start(1, 0), KEY, u32(1), u64(1), u32(0), u64(LARGEST)),
      /counts/u,
    ],
  ])('%s', async (_, bytes, reason) => {
    const error = await caught(readHeader(sourceOf(bytes), { tensors: true }));
    expect(error.code).toBe('FILE_DAMAGED');
    expect(error.message).toMatch(reason);
    expect(error.message).toContain('model.gguf');
  });

  test('arrays in arrays by the hundred thousand end in bounded work', async () => {
    const empty = damagedHeader(u32(0), u64(0));
    const many = Buffer.concat(Array.from({ length: 200_000 }, () => empty));
    const bytes = damagedHeader(start(0, 1), KEY, u32(9), u32(9), u64(200_000), many);
    const error = await caught(readHeader(sourceOf(bytes)));
    expect(error.message).toMatch(/nests/u);
  });

  test('a file without end is given up', async () => {
    const head = damagedHeader(start(0, 1), KEY, u32(9), u32(8), u64(2n ** 40n));
    let reads = 0;
    const endless: ByteSource = {
      name: 'endless',
      size: undefined,
      read: (from, length) => {
        reads += 1;
        const bytes = new Uint8Array(length);
        if (from === 0) bytes.set(head);
        return Promise.resolve(bytes);
      },
    };
    const error = await caught(readHeader(endless));
    expect(error.message).toMatch(/longer than any/u);
    expect(reads).toBeLessThan(40);
  });

  test('control characters in a name do not come into the message', async () => {
    const name = damagedHeader(u64(5), '\u001B[31m');
    const bytes = damagedHeader(start(1, 0), name, u32(9), Buffer.alloc(64));
    const error = await caught(readHeader(sourceOf(bytes), { tensors: true }));
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });
});

/** What came of reading: a header or a refusal; anything else that is thrown fails the test. */
async function outcome(bytes: Uint8Array, knowsSize: boolean): Promise<GgufHeader | LlameroError> {
  try {
    return await readHeader(sourceOf(bytes, knowsSize), { tensors: true });
  } catch (error) {
    if (error instanceof LlameroError && error.code === 'FILE_DAMAGED') return error;
    throw error;
  }
}

describe('a header that was changed at random', () => {
  const whole = encodeHeader(CONTENT);

  test('is read or refused as damaged, with bytes replaced', async () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (changes, knowsSize) => {
          const bytes = Buffer.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          await outcome(bytes, knowsSize);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test('is refused when it is cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (length, knowsSize) => {
        const result = await outcome(whole.subarray(0, length), knowsSize);
        expect(result).toBeInstanceOf(LlameroError);
      }),
      { numRuns: 300 },
    );
  });

  test('is read or refused with a length or count replaced by any number', async () => {
    const numbers = fc.oneof(fc.bigInt({ min: 0n, max: LARGEST }), fc.constant(LARGEST));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 8), numbers, async (at, number) => {
        const bytes = Buffer.from(whole);
        bytes.writeBigUInt64LE(number, at);
        await outcome(bytes, true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a file', () => {
  test('of a real model is read and described', async () => {
    const file = path.join(folder, 'tiny.gguf');
    await writeTinyModel({ path: file, sentence: 'llamas are kind', blockCount: 3, name: 'Kind' });
    const header = await readFileHeader(file, { tensors: true });
    const { size } = { size: (await readFile(file)).length };
    expect(header.fileSize).toBe(size);
    const description = describeModel(header);
    expect(description).toMatchObject({
      architecture: 'llama',
      name: 'Kind',
      contextLength: 2048,
      blockCount: 3,
      headCount: 4,
      headCountKv: 1,
      embeddingLength: 256,
      fileType: 0,
      capabilities: [],
    });
    const data = size - (header.dataOffset ?? 0);
    expect(description.parameters).toBe(data / 4);
    expect(description.vocabularySize).toBe(266);
    expect(description.chatTemplate).toContain('<|assistant|>');
  });

  test('that is not there is said to be missing', async () => {
    const error = await caught(readFileHeader(path.join(folder, 'none.gguf')));
    expect(error.code).toBe('FILE_NOT_FOUND');
  });

  test('that is empty is damaged', async () => {
    const file = path.join(folder, 'empty.gguf');
    await writeFile(file, '');
    expect((await caught(readFileHeader(file))).code).toBe('FILE_DAMAGED');
  });
});

describe('what a model can do is read from its header', () => {
  const template = (text: string): GgufMetadata => ({
    'general.architecture': { type: 'string', value: 'llama' },
    'tokenizer.chat_template': { type: 'string', value: text },
  });

  test.each<[string, GgufMetadata, string[]]>([
    ['a plain template', template('{{ messages }}'), []],
    ['tools', template('{% if tools %}{{ tools | tojson }}{% endif %}'), ['tools']],
    ['thinking', template('{% if enable_thinking %}<think>{% endif %}'), ['thinking']],
    [
      'a model for embeddings',
      {
        'general.architecture': { type: 'string', value: 'bert' },
        'bert.pooling_type': { type: 'uint32', value: 1 },
      },
      ['embedding'],
    ],
    [
      'a projector',
      {
        'general.architecture': { type: 'string', value: 'clip' },
        'clip.has_vision_encoder': { type: 'bool', value: true },
        'clip.has_audio_encoder': { type: 'bool', value: true },
      },
      ['vision', 'audio'],
    ],
  ])('%s', async (_, metadata, capabilities) => {
    const header = await readHeader(sourceOf(encodeHeader({ metadata, tensors: [] })));
    expect(describeModel(header).capabilities).toEqual(capabilities);
  });
});
