import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { LlameroError } from '../../../src/lib/errors.ts';
import { describeModel } from '../../../src/lib/gguf/header-description.ts';
import { headerOfRecord, recordOf } from '../../../src/lib/gguf/header-record.ts';
import type { ByteSource } from '../../../src/lib/gguf/header-source.ts';
import { type GgufHeader, type HeaderOptions, readHeader } from '../../../src/lib/gguf/header.ts';
import { hollowGemma, hollowLlama } from '../../support/gguf/hollow-model.ts';
import { encodeHeader } from '../../support/gguf/writer.ts';

const MIB = 1024 * 1024;

interface CountedSource extends ByteSource {
  readonly reads: number[];
}

function sourceOf(bytes: Uint8Array): CountedSource {
  const reads: number[] = [];
  return {
    name: 'model.gguf',
    size: bytes.length,
    reads,
    read: (start, length) => {
      reads.push(length);
      return Promise.resolve(new Uint8Array(bytes.subarray(start, start + length)));
    },
  };
}

const SHAPE = {
  blockCount: 26,
  embeddingLength: 256,
  headCount: 4,
  headCountKv: 1,
  feedForwardLength: 512,
  vocabularySize: 262_144,
};

describe('a header that is read until the vocabulary', () => {
  const bytes = encodeHeader(hollowGemma(SHAPE, 512));

  test('takes one read of 256 KiB and tells what the model is', async () => {
    const source = sourceOf(bytes);
    const header = await readHeader(source, { untilVocabulary: true, tensors: true });
    expect(source.reads).toEqual([256 * 1024]);
    expect(header.partial).toBe(true);
    expect(header.tensors).toBeUndefined();
    expect(describeModel(header)).toMatchObject({
      architecture: 'gemma3',
      blockCount: 26,
      headCount: 4,
      headCountKv: 1,
      contextLength: 32_768,
      vocabularySize: 262_144,
    });
  });

  test('is whole when the vocabulary is a short list', async () => {
    const short = encodeHeader(hollowLlama({ ...SHAPE, vocabularySize: 300 }));
    const header = await readHeader(sourceOf(short), { untilVocabulary: true, tensors: true });
    expect(header.partial).toBeUndefined();
    expect(header.tensors).not.toHaveLength(0);
  });
});

test.each([32_000, 128_000, 262_144])(
  'a whole header of %d tokens takes two reads of a source where each takes long',
  async (vocabularySize) => {
    const bytes = encodeHeader(hollowGemma({ ...SHAPE, vocabularySize }, 512));
    const file = Buffer.concat([bytes, Buffer.alloc(8 * MIB)]);
    const source = sourceOf(file);
    const header = await readHeader(source, { tensors: true, firstRead: MIB });
    expect(header.tensors).not.toHaveLength(0);
    expect(source.reads.length).toBeLessThanOrEqual(2);
    expect(header.bytesRead).toBeLessThan(bytes.length + 2 * MIB);
  },
);

describe('a header is the same after it was kept as JSON', () => {
  const kept = (header: GgufHeader): unknown => JSON.parse(JSON.stringify(recordOf(header)));

  test.each<HeaderOptions>([{ untilVocabulary: true }, { tensors: true }, { arrays: 'skip' }])(
    'read with %j',
    async (options) => {
      const header = await readHeader(sourceOf(encodeHeader(hollowGemma(SHAPE, 512))), options);
      expect(headerOfRecord(kept(header))).toEqual({ ...header, bytesRead: 0 });
    },
  );

  test('with numbers that JSON does not have', async () => {
    const bytes = encodeHeader({
      metadata: {
        huge: { type: 'uint64', value: 2n ** 64n - 1n },
        none: { type: 'float64', value: Number.NaN },
        most: { type: 'float64', value: Number.POSITIVE_INFINITY },
        list: { type: 'array', of: 'int64', value: [1n, -(2n ** 63n)] },
      },
      tensors: [],
    });
    const header = await readHeader(sourceOf(bytes));
    expect(headerOfRecord(kept(header))?.metadata).toEqual(header.metadata);
  });

  test('and what is no header is none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(headerOfRecord(value)).toBeUndefined();
      }),
    );
    expect(headerOfRecord({ ...recordOf(EMPTY), metadata: [['key', { bigint: '1e9' }]] })).toBe(
      undefined,
    );
  });
});

const EMPTY: GgufHeader = {
  version: 3,
  endianness: 'little',
  metadata: new Map(),
  arrays: new Map(),
  tensorCount: 0,
  bytesRead: 0,
};

/** A header made of hostile parts: counts, lengths and types of any size, nested arrays, any bytes. */
function hostileHeader(): fc.Arbitrary<Buffer> {
  const count = fc.oneof(
    fc.bigInt({ min: 0n, max: 4n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(2n ** 32n, 2n ** 53n, 2n ** 63n, 65_536n, 262_144n),
  );
  const wide = count.map((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
  });
  const narrow = fc.oneof(fc.nat(14), fc.nat(0xffff_ffff)).map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  });
  const nested = fc
    .tuple(fc.integer({ min: 1, max: 200 }), wide)
    .map(([depth, length]) =>
      Buffer.concat(
        Array.from({ length: depth }, () => [Buffer.from([9, 0, 0, 0]), length]).flat(),
      ),
    );
  const key = fc
    .uint8Array({ minLength: 1, maxLength: 6 })
    .map((text) => Buffer.concat([Buffer.from([text.length, 0, 0, 0, 0, 0, 0, 0]), text]));
  const any = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  return fc
    .tuple(
      fc.constantFrom(1, 2, 3, 0x0300_0000),
      fc.array(fc.oneof(wide, narrow, nested, key, any), { maxLength: 30 }),
    )
    .map(([version, parts]) => {
      const start = Buffer.from('GGUF\0\0\0\0');
      start.writeUInt32LE(version, 4);
      return Buffer.concat([start, ...parts]);
    });
}

/** A file that goes on in zeros, which count as lists of empty texts. */
function endlessSource(bytes: Uint8Array, size: number | undefined): CountedSource {
  const reads: number[] = [];
  return {
    name: 'model.gguf',
    size,
    reads,
    read: (start, length) => {
      reads.push(length);
      const filled = new Uint8Array(length);
      filled.set(bytes.subarray(start, start + length));
      return Promise.resolve(filled);
    },
  };
}

test('a hostile header ends in bounded work, also in a file that seems to be of any size', async () => {
  const sizes = fc.constantFrom<number | 'own' | undefined>('own', undefined, 2 ** 40);
  const options = fc.constantFrom<HeaderOptions>(
    { tensors: true },
    { tensors: true, arrays: 'skip' },
    { untilVocabulary: true },
  );
  await fc.assert(
    fc.asyncProperty(hostileHeader(), sizes, options, async (bytes, size, how) => {
      const source = size === 'own' ? sourceOf(bytes) : endlessSource(bytes, size);
      try {
        await readHeader(source, how);
      } catch (error) {
        if (!(error instanceof LlameroError) || error.code !== 'FILE_DAMAGED') throw error;
        expect(error.message).not.toMatch(/\p{Cc}/u);
      }
      expect(source.reads.length).toBeLessThan(300);
      expect(Math.max(...source.reads)).toBeLessThanOrEqual(64 * MIB);
    }),
    { numRuns: 400 },
  );
}, 120_000);
