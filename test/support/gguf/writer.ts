import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The value types of GGUF metadata with their numbers in the file.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
const VALUE_TYPES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

type NumberType =
  'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** One metadata value with its type in the file. An array holds values of one type. */
export type GgufValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: NumberType; readonly value: readonly number[] }
  | { readonly type: 'array'; readonly of: 'uint64' | 'int64'; readonly value: readonly bigint[] }
  | { readonly type: 'array'; readonly of: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | {
      readonly type: 'array';
      readonly of: 'array';
      readonly value: readonly Extract<GgufValue, { type: 'array' }>[];
    };

/** Metadata in the order in which it is written. */
export type GgufMetadata = Readonly<Record<string, GgufValue>>;

/** An F32 tensor whose rows are made while they are written. */
export interface GgufTensor {
  readonly name: string;
  /** The length of a row first, as GGUF has it: `[columns, rows]`. */
  readonly dimensions: readonly number[];
  /** Fills row `index`, which comes in as zeros. Without it the tensor is all zero. */
  readonly fillRow?: (row: Float32Array, index: number) => void;
}

/** What goes into a GGUF file. */
export interface GgufContent {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Bytes to which the data of every tensor is aligned, 32 unless told; a multiple of 8. */
  readonly alignment?: number;
}

const MAGIC = 'GGUF';
const VERSION = 3;
const DEFAULT_ALIGNMENT = 32;
const TENSOR_TYPE_F32 = 0;
const BYTES_PER_VALUE = 4;
const CHUNK_BYTES = 256 * 1024;

/**
 * Writes a GGUF file, version 3, little-endian, tensor by tensor, without holding it in memory.
 * An alignment other than 32 is noted in the metadata, as the format demands.
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

function* fileChunks(content: GgufContent): Generator<Buffer> {
  const alignment = content.alignment ?? DEFAULT_ALIGNMENT;
  if (!Number.isInteger(alignment) || alignment <= 0 || alignment % 8 !== 0) {
    throw new RangeError(`The alignment must be a multiple of 8, it is ${alignment}`);
  }
  const header = encodeHeader(content, alignment);
  yield header;
  yield padding(header.length, alignment);
  for (const tensor of content.tensors) {
    yield* tensorChunks(tensor);
    yield padding(byteLength(tensor), alignment);
  }
}

function encodeHeader(content: GgufContent, alignment: number): Buffer {
  const metadata: GgufMetadata =
    alignment === DEFAULT_ALIGNMENT
      ? content.metadata
      : { ...content.metadata, 'general.alignment': { type: 'uint32', value: alignment } };
  const entries = Object.entries(metadata);
  const tensorBytes = content.tensors.map(byteLength);
  const parts = [
    Buffer.from(MAGIC),
    encodeNumber('uint32', VERSION),
    encodeBigint('uint64', BigInt(content.tensors.length)),
    encodeBigint('uint64', BigInt(entries.length)),
  ];
  for (const [key, value] of entries) {
    parts.push(encodeString(key), encodeNumber('uint32', VALUE_TYPES[value.type]));
    parts.push(encodeValue(value));
  }
  let offset = 0;
  for (const [index, tensor] of content.tensors.entries()) {
    parts.push(encodeString(tensor.name), encodeNumber('uint32', tensor.dimensions.length));
    for (const dimension of tensor.dimensions) {
      parts.push(encodeBigint('uint64', BigInt(dimension)));
    }
    parts.push(encodeNumber('uint32', TENSOR_TYPE_F32));
    parts.push(encodeBigint('uint64', BigInt(offset)));
    offset += tensorBytes[index] ?? 0;
    offset += paddingLength(offset, alignment);
  }
  return Buffer.concat(parts);
}

function encodeValue(value: GgufValue): Buffer {
  switch (value.type) {
    case 'string':
      return encodeString(value.value);
    case 'bool':
      return encodeBool(value.value);
    case 'uint64':
    case 'int64':
      return encodeBigint(value.type, value.value);
    case 'array':
      return encodeArray(value);
    default:
      return encodeNumber(value.type, value.value);
  }
}

function encodeArray(array: Extract<GgufValue, { type: 'array' }>): Buffer {
  const parts = [
    encodeNumber('uint32', VALUE_TYPES[array.of]),
    encodeBigint('uint64', BigInt(array.value.length)),
  ];
  switch (array.of) {
    case 'string':
      parts.push(...array.value.map(encodeString));
      break;
    case 'bool':
      parts.push(...array.value.map(encodeBool));
      break;
    case 'array':
      parts.push(...array.value.map(encodeArray));
      break;
    case 'uint64':
    case 'int64': {
      const { of } = array;
      parts.push(...array.value.map((value) => encodeBigint(of, value)));
      break;
    }
    default: {
      const { of } = array;
      parts.push(...array.value.map((value) => encodeNumber(of, value)));
    }
  }
  return Buffer.concat(parts);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([encodeBigint('uint64', BigInt(bytes.length)), bytes]);
}

function encodeBool(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}

function encodeBigint(type: 'uint64' | 'int64', value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  if (type === 'uint64') bytes.writeBigUInt64LE(value);
  else bytes.writeBigInt64LE(value);
  return bytes;
}

/** For each number type, what writes a value at the start of 8 bytes and tells its length. */
const NUMBER_WRITERS: Readonly<Record<NumberType, (bytes: Buffer, value: number) => number>> = {
  uint8: (bytes, value) => bytes.writeUInt8(value),
  int8: (bytes, value) => bytes.writeInt8(value),
  uint16: (bytes, value) => bytes.writeUInt16LE(value),
  int16: (bytes, value) => bytes.writeInt16LE(value),
  uint32: (bytes, value) => bytes.writeUInt32LE(value),
  int32: (bytes, value) => bytes.writeInt32LE(value),
  float32: (bytes, value) => bytes.writeFloatLE(value),
  float64: (bytes, value) => bytes.writeDoubleLE(value),
};

function encodeNumber(type: NumberType, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  return bytes.subarray(0, NUMBER_WRITERS[type](bytes, value));
}

function* tensorChunks(tensor: GgufTensor): Generator<Buffer> {
  const columns = tensor.dimensions[0] ?? 1;
  const rows = byteLength(tensor) / BYTES_PER_VALUE / columns;
  const rowsInChunk = Math.max(1, Math.floor(CHUNK_BYTES / BYTES_PER_VALUE / columns));
  for (let first = 0; first < rows; first += rowsInChunk) {
    const count = Math.min(rowsInChunk, rows - first);
    // In the byte order of the machine, which is little-endian wherever llamero is developed.
    const values = new Float32Array(count * columns);
    for (let row = 0; row < count; row += 1) {
      tensor.fillRow?.(values.subarray(row * columns, (row + 1) * columns), first + row);
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
  return values * BYTES_PER_VALUE;
}

function paddingLength(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}

function padding(length: number, alignment: number): Buffer {
  return Buffer.alloc(paddingLength(length, alignment));
}
