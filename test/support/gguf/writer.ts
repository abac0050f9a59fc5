import { createWriteStream } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { GgufEncoder, type GgufValue, type GgufVersion } from './encoder.ts';

export type { GgufValue } from './encoder.ts';

/** Metadata in the order in which it is written. */
export type GgufMetadata = Readonly<Record<string, GgufValue>>;

/** The types that tensors are written in, with their numbers in the file. */
const TENSOR_TYPES = {
  F32: { number: 0, values: 1, bytes: 4 },
  F16: { number: 1, values: 1, bytes: 2 },
  Q4_0: { number: 2, values: 32, bytes: 18 },
  Q8_0: { number: 8, values: 32, bytes: 34 },
} as const;

/** A tensor whose rows are made while they are written. */
export interface GgufTensor {
  readonly name: string;
  /** The length of a row first, as GGUF has it: `[columns, rows]`. */
  readonly dimensions: readonly number[];
  /** F32 unless told. */
  readonly type?: keyof typeof TENSOR_TYPES;
  /**
   * Fills row `index` of an F32 tensor, which comes in as zeros. Without it the tensor is all zero.
   */
  readonly fillRow?: (row: Float32Array, index: number) => void;
}

/** What goes into a GGUF file. */
export interface GgufContent {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Bytes to which the data of every tensor is aligned, 32 unless told; a multiple of 8. */
  readonly alignment?: number;
  /** 3 unless told. */
  readonly version?: GgufVersion;
  /** Of the header; `little` unless told. Rows of tensors are written as the machine has them. */
  readonly endianness?: 'little' | 'big';
}

const DEFAULT_ALIGNMENT = 32;
const CHUNK_BYTES = 256 * 1024;

/**
 * Writes a GGUF file, version 3 and little-endian unless told, tensor by tensor, without holding it
 * in memory. An alignment other than 32 is noted in the metadata, as the format demands.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws RangeError for an alignment that is not a multiple of 8, a dimension that is not a
 *   positive whole number, or a value that its type cannot hold
 */
export async function writeGguf(filePath: string, content: GgufContent): Promise<void> {
  await pipeline(
    Readable.from(fileChunks(content), { objectMode: false }),
    createWriteStream(filePath),
  );
}

/**
 * Writes the header alone and a hole of the size of the data: a model of any size, all zero, that
 * takes no space on disks that know holes.
 *
 * @throws as {@link writeGguf}
 */
export async function writeHollowGguf(filePath: string, content: GgufContent): Promise<void> {
  const alignment = alignmentOf(content);
  const header = encodeHeader(content, alignment);
  let size = header.length + paddingLength(header.length, alignment);
  for (const tensor of content.tensors) {
    const bytes = byteLength(tensor);
    size += bytes + paddingLength(bytes, alignment);
  }
  await writeFile(filePath, header);
  await truncate(filePath, size);
}

function* fileChunks(content: GgufContent): Generator<Buffer> {
  const alignment = alignmentOf(content);
  const header = encodeHeader(content, alignment);
  yield header;
  yield padding(header.length, alignment);
  for (const tensor of content.tensors) {
    yield* tensorChunks(tensor);
    yield padding(byteLength(tensor), alignment);
  }
}

function alignmentOf(content: GgufContent): number {
  const alignment = content.alignment ?? DEFAULT_ALIGNMENT;
  if (!Number.isInteger(alignment) || alignment <= 0 || alignment % 8 !== 0) {
    throw new RangeError(`The alignment must be a multiple of 8, it is ${alignment}`);
  }
  return alignment;
}

/** All that stands before the data of the tensors. */
export function encodeHeader(content: GgufContent, alignment = alignmentOf(content)): Buffer {
  const metadata: GgufMetadata =
    alignment === DEFAULT_ALIGNMENT
      ? content.metadata
      : { ...content.metadata, 'general.alignment': { type: 'uint32', value: alignment } };
  const entries = Object.entries(metadata);
  const sizes = content.tensors.map(byteLength);
  const encoder = new GgufEncoder(content.version ?? 3, content.endianness ?? 'little');
  const parts = [
    encoder.start(),
    encoder.count(content.tensors.length),
    encoder.count(entries.length),
  ];
  for (const [key, value] of entries) parts.push(encoder.string(key), encoder.typedValue(value));
  let offset = 0;
  for (const [index, tensor] of content.tensors.entries()) {
    parts.push(encoder.string(tensor.name), encoder.number('uint32', tensor.dimensions.length));
    for (const dimension of tensor.dimensions) parts.push(encoder.count(dimension));
    parts.push(encoder.number('uint32', TENSOR_TYPES[tensor.type ?? 'F32'].number));
    parts.push(encoder.bigint('uint64', BigInt(offset)));
    offset += sizes[index] ?? 0;
    offset += paddingLength(offset, alignment);
  }
  return Buffer.concat(parts);
}

function* tensorChunks(tensor: GgufTensor): Generator<Buffer> {
  const { fillRow, type = 'F32' } = tensor;
  const bytes = byteLength(tensor);
  if (fillRow === undefined) {
    for (let done = 0; done < bytes; done += CHUNK_BYTES) {
      yield Buffer.alloc(Math.min(CHUNK_BYTES, bytes - done));
    }
    return;
  }
  if (type !== 'F32') throw new RangeError(`Rows of ${type} are not made here`);
  const columns = tensor.dimensions[0] ?? 1;
  const bytesPerValue = TENSOR_TYPES.F32.bytes;
  const rows = bytes / bytesPerValue / columns;
  const rowsInChunk = Math.max(1, Math.floor(CHUNK_BYTES / bytesPerValue / columns));
  for (let first = 0; first < rows; first += rowsInChunk) {
    const count = Math.min(rowsInChunk, rows - first);
    // In the byte order of the machine, which is little-endian wherever llamero is developed.
    const values = new Float32Array(count * columns);
    for (let row = 0; row < count; row += 1) {
      fillRow(values.subarray(row * columns, (row + 1) * columns), first + row);
    }
    yield Buffer.from(values.buffer);
  }
}

function byteLength(tensor: GgufTensor): number {
  let values = 1;
  for (const dimension of tensor.dimensions) {
    if (!Number.isSafeInteger(dimension) || dimension <= 0) {
      throw new RangeError(`Tensor ${tensor.name} has a dimension of ${dimension}`);
    }
    values *= dimension;
  }
  const layout = TENSOR_TYPES[tensor.type ?? 'F32'];
  if ((tensor.dimensions[0] ?? 1) % layout.values !== 0) {
    throw new RangeError(`Rows of tensor ${tensor.name} do not fill blocks of ${layout.values}`);
  }
  return (values / layout.values) * layout.bytes;
}

function paddingLength(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}

function padding(length: number, alignment: number): Buffer {
  return Buffer.alloc(paddingLength(length, alignment));
}
