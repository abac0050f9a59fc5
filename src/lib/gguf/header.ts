import { oneLine } from '../plain-text.ts';
import { HeaderReader } from './header-reader.ts';
import { type ByteSource, withFileSource } from './header-source.ts';
import { type GgufArray, type GgufValue, ValueReader, type WantedArrays } from './header-values.ts';

/** A tensor as the header describes it. */
export interface GgufTensorInfo {
  readonly name: string;
  /** The length of a row first. */
  readonly dimensions: readonly number[];
  /** The number of its type in ggml: 0 is F32, 12 is Q4_K. */
  readonly type: number;
  /** Bytes from the start of the data. */
  readonly offset: number;
}

/** What stands before the data of a GGUF file. */
export interface GgufHeader {
  /** 1, 2 or 3. */
  readonly version: number;
  readonly endianness: 'little' | 'big';
  /** Values by their keys, in the order of the file; of arrays, those that were read. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Every array by its key, read or not; a text that was too long to be read is one of bytes. */
  readonly arrays: ReadonlyMap<string, GgufArray>;
  readonly tensorCount: number;
  /** Where they were asked for. */
  readonly tensors?: readonly GgufTensorInfo[];
  /** Where the data of the tensors begins, in bytes; known where the tensors were asked for. */
  readonly dataOffset?: number;
  /** Bytes in the whole file, where that is known. */
  readonly fileSize?: number;
  /** Bytes that were read for this. */
  readonly bytesRead: number;
  /** Whether reading stopped before the vocabulary, as was asked for: more may stand behind it. */
  readonly partial?: true;
}

/** How much of a header is read. */
export interface HeaderOptions {
  /** `small`, the default: arrays of at most 1024 elements. `skip`: none. */
  readonly arrays?: WantedArrays;
  /** Whether the descriptions of the tensors are read as well. */
  readonly tensors?: boolean;
  /**
   * Whether reading stops before the vocabulary: what a model is stands before it, the chat template
   * and the tensors behind it. Some kilobytes instead of some megabytes.
   */
  readonly untilVocabulary?: boolean;
  /** Bytes that are read at first, 256 KiB unless told; of a source where each read takes long, more. */
  readonly firstRead?: number | undefined;
}

const MAGIC = 0x46554747;
const NEWEST_VERSION = 3;
const DEFAULT_ALIGNMENT = 32;
/** ggml's own limit. Source: GGML_MAX_DIMS in https://github.com/ggml-org/ggml/blob/master/include/ggml.h */
const MOST_DIMENSIONS = 4;
/** Far above what any model has, and little enough to keep in memory. */
const MOST_KEYS = 65_536;
const MOST_TENSORS = 262_144;
const TOKENS = 'tokenizer.ggml.tokens';
/** About what the description of a tensor takes: a name, two dimensions, a type, an offset. */
const BYTES_OF_A_TENSOR = 64;

/**
 * Reads the header of a GGUF file, versions 1 to 3 in either byte order. Large arrays, such as the
 * vocabulary, are counted and skipped: their elements become no values.
 *
 * `@huggingface/gguf` is not used here. It makes a JavaScript value of every element of every
 * array and begins an array anew whenever its two-megabyte piece ends within one; it takes a URL
 * or a path, not a source of bytes; and it trusts the lengths in the file. Source:
 * https://github.com/huggingface/huggingface.js/blob/main/packages/gguf/src/gguf.ts
 *
 * @throws LlameroError FILE_DAMAGED for what is no whole GGUF header, in bounded time and memory
 */
export async function readHeader(
  source: ByteSource,
  options: HeaderOptions = {},
): Promise<GgufHeader> {
  const reader = new HeaderReader(source, options.firstRead);
  const { littleEndian, version } = await readVersion(reader);
  const tensorCount = await reader.count();
  const keyCount = await reader.count();
  if (keyCount > MOST_KEYS) throw reader.damaged(`it has ${keyCount} keys`);
  if (tensorCount > MOST_TENSORS) throw reader.damaged(`it has ${tensorCount} tensors`);

  const metadata = new Map<string, GgufValue>();
  const arrays = new Map<string, GgufArray>();
  const values = new ValueReader(reader, {
    wanted: options.arrays ?? 'small',
    stopsAtTexts: options.untilVocabulary === true,
    bytesBehind: (texts) => {
      const tensors = options.tensors === true ? tensorCount * BYTES_OF_A_TENSOR : 0;
      return tensors + (arrays.has(TOKENS) ? 0 : texts * bytesBehindToken(metadata));
    },
  });
  let partial = false;
  for (let index = 0; index < keyCount && !partial; index += 1) {
    const key = await reader.string();
    const value = await values.read();
    if (typeof value !== 'object') {
      metadata.set(key, value);
      continue;
    }
    arrays.set(key, { type: value.type, length: value.length });
    if (value.values !== undefined) metadata.set(key, value.values);
    partial = value.unread === true;
  }
  const described =
    options.tensors === true && !partial
      ? await readTensors(reader, tensorCount, metadata)
      : undefined;
  return {
    version,
    endianness: littleEndian ? 'little' : 'big',
    metadata,
    arrays,
    tensorCount,
    ...described,
    ...(source.size === undefined ? {} : { fileSize: source.size }),
    bytesRead: reader.bytesRead,
    ...(partial ? { partial } : {}),
  };
}

/**
 * Bytes that follow the tokens for each of them: its score and its type; in a vocabulary of byte
 * pairs its type and a merge, of which there are about as many as tokens or more.
 */
function bytesBehindToken(metadata: ReadonlyMap<string, GgufValue>): number {
  return metadata.get('tokenizer.ggml.model') === 'gpt2' ? 4 + 18 : 4 + 4;
}

/**
 * Reads the header of a file.
 *
 * @throws LlameroError FILE_NOT_FOUND, FILE_DAMAGED
 */
export function readFileHeader(file: string, options: HeaderOptions = {}): Promise<GgufHeader> {
  return withFileSource(file, (source) => readHeader(source, options));
}

/**
 * The magic is the same bytes in either byte order; the version tells which it is: read the wrong
 * way round its lower half is zero.
 */
async function readVersion(
  reader: HeaderReader,
): Promise<{ littleEndian: boolean; version: number }> {
  await reader.need(8);
  if (reader.uint32() !== MAGIC) throw reader.damaged('it does not begin with GGUF');
  const asLittle = reader.uint32();
  const littleEndian = (asLittle & 0xffff) !== 0;
  const version = littleEndian ? asLittle : swapped(asLittle);
  if (version < 1 || version > NEWEST_VERSION) {
    throw reader.damaged(
      `it is version ${version} of the format, and ${NEWEST_VERSION} is the newest known`,
    );
  }
  reader.littleEndian = littleEndian;
  reader.wideCounts = version > 1;
  return { littleEndian, version };
}

function swapped(value: number): number {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, value, true);
  return bytes.getUint32(0, false);
}

async function readTensors(
  reader: HeaderReader,
  count: number,
  metadata: ReadonlyMap<string, GgufValue>,
): Promise<Required<Pick<GgufHeader, 'tensors' | 'dataOffset'>>> {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment <= 0) {
    throw reader.damaged(`its alignment is ${String(alignment)}`);
  }
  const tensors: GgufTensorInfo[] = [];
  for (let index = 0; index < count; index += 1) {
    tensors.push(await readTensor(reader, count - index));
  }
  return { tensors, dataOffset: Math.ceil(reader.position / alignment) * alignment };
}

async function readTensor(reader: HeaderReader, left: number): Promise<GgufTensorInfo> {
  const name = await reader.string(left * BYTES_OF_A_TENSOR);
  await reader.need(4);
  const dimensionCount = reader.uint32();
  if (dimensionCount > MOST_DIMENSIONS) {
    throw reader.damaged(`${shown(name)} has ${dimensionCount} dimensions`);
  }
  const dimensions: number[] = [];
  let elements = 1;
  for (let index = 0; index < dimensionCount; index += 1) {
    const dimension = await reader.count();
    dimensions.push(dimension);
    elements *= dimension;
  }
  if (elements > Number.MAX_SAFE_INTEGER) {
    throw reader.damaged(`${shown(name)} has more elements than can be counted`);
  }
  await reader.need(12);
  return { name, dimensions, type: reader.uint32(), offset: reader.offset() };
}

function shown(tensor: string): string {
  return `the tensor ${oneLine(tensor).slice(0, 80)}`;
}
