import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { GgufContent, GgufValue } from '../../support/gguf/writer.ts';
import { encodeHeader, writeGguf, writeHollowGguf } from '../../support/gguf/writer.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-gguf-writer-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function written(content: GgufContent): Promise<Buffer> {
  const file = path.join(folder, 'file.gguf');
  await writeGguf(file, content);
  return readFile(file);
}

/** Bytes in hexadecimal, as they stand in the format's description; spaces are for the eye. */
function hex(...parts: string[]): string {
  return parts.join('').replaceAll(' ', '');
}

const EMPTY_HEADER = hex('47475546', '03000000', '0000000000000000', '0000000000000000');

test('a file with nothing in it is the magic, version 3 and two counts, padded to 32 bytes', async () => {
  const bytes = await written({ metadata: {}, tensors: [] });
  expect(bytes.toString('hex')).toBe(EMPTY_HEADER.padEnd(64, '0'));
});

describe('a metadata value', () => {
  test.each<[string, GgufValue, string]>([
    ['uint8', { type: 'uint8', value: 200 }, '00000000 c8'],
    ['int8', { type: 'int8', value: -2 }, '01000000 fe'],
    ['uint16', { type: 'uint16', value: 0x1234 }, '02000000 3412'],
    ['int16', { type: 'int16', value: -2 }, '03000000 feff'],
    ['uint32', { type: 'uint32', value: 0x12345678 }, '04000000 78563412'],
    ['int32', { type: 'int32', value: -2 }, '05000000 feffffff'],
    ['float32', { type: 'float32', value: 1.5 }, '06000000 0000c03f'],
    ['bool', { type: 'bool', value: true }, '07000000 01'],
    ['string', { type: 'string', value: 'ü' }, '08000000 0200000000000000 c3bc'],
    ['uint64', { type: 'uint64', value: 2n ** 63n }, '0a000000 0000000000000080'],
    ['int64', { type: 'int64', value: -2n }, '0b000000 feffffffffffffff'],
    ['float64', { type: 'float64', value: 1.5 }, '0c000000 000000000000f83f'],
    [
      'array of numbers',
      { type: 'array', of: 'uint16', value: [1, 2] },
      '09000000 02000000 0200000000000000 0100 0200',
    ],
    [
      'array of 64-bit numbers',
      { type: 'array', of: 'int64', value: [-1n] },
      '09000000 0b000000 0100000000000000 ffffffffffffffff',
    ],
    [
      'array of truths',
      { type: 'array', of: 'bool', value: [true, false] },
      '09000000 07000000 0200000000000000 01 00',
    ],
    [
      'array of strings',
      { type: 'array', of: 'string', value: ['a', ''] },
      '09000000 08000000 0200000000000000 0100000000000000 61 0000000000000000',
    ],
    [
      'array of arrays',
      { type: 'array', of: 'array', value: [{ type: 'array', of: 'uint8', value: [7] }] },
      '09000000 09000000 0100000000000000 00000000 0100000000000000 07',
    ],
    [
      'array of nothing',
      { type: 'array', of: 'float32', value: [] },
      '09000000 06000000 0000000000000000',
    ],
  ])('%s', async (_, value, encoded) => {
    const bytes = await written({ metadata: { k: value }, tensors: [] });
    const expected = hex(
      '47475546 03000000 0000000000000000 0100000000000000',
      '0100000000000000 6b',
      encoded,
    );
    expect(bytes.toString('hex').slice(0, expected.length)).toBe(expected);
    expect(bytes.length % 32).toBe(0);
    expect(bytes.length).toBeLessThan(expected.length / 2 + 32);
  });

  test('that its type cannot hold is refused', async () => {
    await expect(
      written({ metadata: { k: { type: 'uint8', value: 256 } }, tensors: [] }),
    ).rejects.toThrow(RangeError);
  });
});

describe('tensors', () => {
  test('stand behind the header at aligned offsets, rows in order', async () => {
    const bytes = await written({
      metadata: {},
      tensors: [
        {
          name: 'a',
          dimensions: [3, 2],
          fillRow: (row, index) => {
            row[0] = index + 1;
          },
        },
        { name: 'b', dimensions: [1], fillRow: (row) => row.fill(-1) },
      ],
    });
    const header = hex(
      '47475546 03000000 0200000000000000 0000000000000000',
      '0100000000000000 61 02000000 0300000000000000 0200000000000000 00000000 0000000000000000',
      '0100000000000000 62 01000000 0100000000000000 00000000 2000000000000000',
    );
    expect(bytes.toString('hex').slice(0, header.length)).toBe(header);
    const start = Math.ceil(header.length / 2 / 32) * 32;
    expect(bytes.length).toBe(start + 64);
    const values = Array.from({ length: 16 }, (_, index) => bytes.readFloatLE(start + index * 4));
    expect(values).toEqual([1, 0, 0, 2, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('larger than one chunk keep their row numbers', async () => {
    const rows = 3000;
    const columns = 64;
    const bytes = await written({
      metadata: {},
      tensors: [
        {
          name: 'a',
          dimensions: [columns, rows],
          fillRow: (row, index) => {
            row[columns - 1] = index;
          },
        },
      ],
    });
    const start = bytes.length - rows * columns * 4;
    for (let row = 0; row < rows; row += 1) {
      expect(bytes.readFloatLE(start + ((row + 1) * columns - 1) * 4)).toBe(row);
    }
  });

  test('follow an alignment of their own, which the metadata names', async () => {
    const bytes = await written({
      metadata: {},
      tensors: [{ name: 'a', dimensions: [1] }],
      alignment: 4096,
    });
    expect(bytes.length).toBe(8192);
    const key = Buffer.from('general.alignment');
    const value = bytes.indexOf(key) + key.length;
    expect(bytes.readUInt32LE(value)).toBe(4);
    expect(bytes.readUInt32LE(value + 4)).toBe(4096);
  });

  test.each([0, -8, 12, 1.5, Number.NaN])('an alignment of %d is refused', async (alignment) => {
    await expect(written({ metadata: {}, tensors: [], alignment })).rejects.toThrow(/alignment/);
  });

  test.each([0, -1, 1.5, Number.NaN])('a dimension of %d is refused', async (dimension) => {
    await expect(
      written({ metadata: {}, tensors: [{ name: 'a', dimensions: [2, dimension] }] }),
    ).rejects.toThrow(/Tensor a has a dimension of/);
  });
});

describe('a header in another form', () => {
  const content: GgufContent = { metadata: { k: { type: 'string', value: 'v' } }, tensors: [] };

  test('of version 1 has counts and lengths of four bytes', () => {
    expect(encodeHeader({ ...content, version: 1 }).toString('hex')).toBe(
      hex('47475546 01000000 00000000 01000000', '01000000 6b 08000000 01000000 76'),
    );
  });

  test('of version 2 has them of eight', () => {
    expect(encodeHeader({ ...content, version: 2 }).toString('hex')).toBe(
      hex(
        '47475546 02000000 0000000000000000 0100000000000000',
        '0100000000000000 6b 08000000 0100000000000000 76',
      ),
    );
  });

  test('in big-endian order has the same magic and all numbers turned round', () => {
    expect(encodeHeader({ ...content, endianness: 'big' }).toString('hex')).toBe(
      hex(
        '47475546 00000003 0000000000000000 0000000000000001',
        '0000000000000001 6b 00000008 0000000000000001 76',
      ),
    );
  });
});

test('a hollow file is the same as a written one of zeros', async () => {
  const content: GgufContent = {
    metadata: { k: { type: 'uint8', value: 1 } },
    tensors: [
      { name: 'a', dimensions: [32, 3], type: 'Q8_0' },
      { name: 'b', dimensions: [5] },
      { name: 'c', dimensions: [7], type: 'F16' },
    ],
  };
  const file = path.join(folder, 'hollow.gguf');
  await writeHollowGguf(file, content);
  expect((await readFile(file)).equals(await written(content))).toBe(true);
});

test('rows that do not fill the blocks of a type are refused', async () => {
  await expect(
    written({ metadata: {}, tensors: [{ name: 'a', dimensions: [33, 2], type: 'Q8_0' }] }),
  ).rejects.toThrow(/blocks of 32/u);
});
