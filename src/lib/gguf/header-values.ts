import type { HeaderReader } from './header-reader.ts';

/** One value of the metadata. 64-bit numbers that a double cannot hold exactly are bigints. */
export type GgufScalar = string | number | bigint | boolean;

/** A value of the metadata; arrays are there as far as they were asked for. */
export type GgufValue = GgufScalar | readonly GgufScalar[];

/** What an array in the metadata is, whether its elements were read or not. */
export interface GgufArray {
  /** The type of its elements: `string`, `float32`, `array`. */
  readonly type: GgufTypeName;
  /** How many it has. */
  readonly length: number;
}

/**
 * Types of values by their number in the file, with their bytes where these are fixed.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
const TYPES = [
  { name: 'uint8', bytes: 1 },
  { name: 'int8', bytes: 1 },
  { name: 'uint16', bytes: 2 },
  { name: 'int16', bytes: 2 },
  { name: 'uint32', bytes: 4 },
  { name: 'int32', bytes: 4 },
  { name: 'float32', bytes: 4 },
  { name: 'bool', bytes: 1 },
  { name: 'string', bytes: undefined },
  { name: 'array', bytes: undefined },
  { name: 'uint64', bytes: 8 },
  { name: 'int64', bytes: 8 },
  { name: 'float64', bytes: 8 },
] as const;

export type GgufTypeName = (typeof TYPES)[number]['name'];
/** The names of all types. */
export const GGUF_TYPE_NAMES = TYPES.map(({ name }) => name);
type FixedType = Exclude<GgufTypeName, 'string' | 'array'>;

/**
 * Arrays up to this length are read: those that have an element for each block, and lists of tags.
 */
const SMALL_ARRAY = 1024;
/**
 * Arrays within arrays are in the format, and no model has them: llama.cpp refuses them. So many
 * are gone through before the file counts as damaged.
 */
const MOST_ARRAYS = 100_000;
const DEEPEST_ARRAY = 4;
/** About what a token takes with the length before it, until the first of them have been seen. */
const BYTES_OF_A_STRING = 16;

/** Which arrays are read: those with few elements, or none. */
export type WantedArrays = 'small' | 'skip';

/** An array as it is met: what it is, and its elements where they were wanted. */
interface MetArray extends GgufArray {
  readonly values?: readonly GgufScalar[];
  /** Whether the reader stands before its elements, and not behind them. */
  readonly unread?: true;
}

/** How the values of a header are read. */
export interface ValueOptions {
  readonly wanted: WantedArrays;
  /** Whether the reader stops before the elements of a long list of texts. */
  readonly stopsAtTexts: boolean;
  /** Bytes that will probably follow a list of so many texts. */
  readonly bytesBehind: (texts: number) => number;
}

/** Reads the values of one header. */
export class ValueReader {
  readonly #reader: HeaderReader;
  readonly #options: ValueOptions;
  #arrays = 0;
  /** What a string took in the last array of them: tokens and merges are much alike. */
  #bytesOfString = BYTES_OF_A_STRING;

  constructor(reader: HeaderReader, options: ValueOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** Reads a value with the number of its type before it. */
  async read(): Promise<GgufScalar | MetArray> {
    const type = await this.#type();
    switch (type.name) {
      case 'array':
        return this.#array(1);
      case 'string': {
        const text = await this.#reader.stringOrSkip();
        return typeof text === 'string' ? text : { type: 'uint8', length: text.skipped };
      }
      default:
        await this.#reader.need(type.bytes);
        return this.#fixed(type.name);
    }
  }

  async #type(): Promise<(typeof TYPES)[number]> {
    await this.#reader.need(4);
    const number = this.#reader.uint32();
    const type = TYPES[number];
    if (type === undefined) throw this.#reader.damaged(`no value has the type ${number}`);
    return type;
  }

  async #array(depth: number): Promise<MetArray> {
    this.#arrays += 1;
    if (depth > DEEPEST_ARRAY || this.#arrays > MOST_ARRAYS) {
      throw this.#reader.damaged('it nests arrays as no model does');
    }
    const type = await this.#type();
    const length = await this.#reader.count();
    // Checked before anything is kept or gone through, so that a huge count costs nothing.
    this.#reader.requireRemaining(length * (type.bytes ?? this.#reader.countBytes));
    const met = { type: type.name, length };
    if (type.name === 'array') {
      for (let index = 0; index < length; index += 1) await this.#array(depth + 1);
      return met;
    }
    const { bytesBehind, stopsAtTexts, wanted } = this.#options;
    if (wanted === 'small' && length <= SMALL_ARRAY && depth === 1) {
      return { ...met, values: await this.#elements(type, length) };
    }
    if (type.bytes === undefined) {
      if (stopsAtTexts && depth === 1 && length > SMALL_ARRAY) return { ...met, unread: true };
      const behind = bytesBehind(length);
      const bytes = await this.#reader.skipStrings(length, this.#bytesOfString, behind);
      if (length > 0) this.#bytesOfString = bytes / length;
    } else {
      this.#reader.skip(length * type.bytes);
    }
    return met;
  }

  async #elements(
    type: Exclude<(typeof TYPES)[number], { name: 'array' }>,
    length: number,
  ): Promise<GgufScalar[]> {
    const values: GgufScalar[] = [];
    if (type.name === 'string') {
      for (let index = 0; index < length; index += 1) values.push(await this.#reader.string());
      return values;
    }
    await this.#reader.need(length * type.bytes);
    for (let index = 0; index < length; index += 1) values.push(this.#fixed(type.name));
    return values;
  }

  /** A value of fixed length whose bytes are in memory. */
  #fixed(type: FixedType): GgufScalar {
    const reader = this.#reader;
    switch (type) {
      case 'bool':
        return reader.uint8() !== 0;
      case 'uint64':
      case 'int64':
        return exactNumber(reader[type]());
      default:
        return reader[type]();
    }
  }
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
