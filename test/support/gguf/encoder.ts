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

/** A version of the format. The first has counts and lengths of four bytes, the others of eight. */
export type GgufVersion = 1 | 2 | 3;

/** The types that are written as JavaScript numbers. */
type NumberType = Exclude<
  keyof typeof VALUE_TYPES,
  'bool' | 'string' | 'array' | 'uint64' | 'int64'
>;

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

/** For each number type, its bytes and what writes a value in either byte order. */
const NUMBERS: Readonly<
  Record<
    NumberType,
    readonly [bytes: number, write: (view: DataView, value: number, little: boolean) => void]
  >
> = {
  uint8: [1, (view, value) => view.setUint8(0, inRange(value, 0, 0xff))],
  int8: [1, (view, value) => view.setInt8(0, inRange(value, -0x80, 0x7f))],
  uint16: [2, (view, value, little) => view.setUint16(0, inRange(value, 0, 0xffff), little)],
  int16: [2, (view, value, little) => view.setInt16(0, inRange(value, -0x8000, 0x7fff), little)],
  uint32: [4, (view, value, little) => view.setUint32(0, inRange(value, 0, 0xffffffff), little)],
  int32: [
    4,
    (view, value, little) => view.setInt32(0, inRange(value, -0x80000000, 0x7fffffff), little),
  ],
  float32: [4, (view, value, little) => view.setFloat32(0, value, little)],
  float64: [8, (view, value, little) => view.setFloat64(0, value, little)],
};

function inRange(value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${value} is not a whole number from ${least} to ${most}`);
  }
  return value;
}

/** Writes the parts of a GGUF header in one version and byte order. */
export class GgufEncoder {
  readonly #version: GgufVersion;
  readonly #little: boolean;

  constructor(version: GgufVersion, endianness: 'little' | 'big') {
    this.#version = version;
    this.#little = endianness === 'little';
  }

  /** The magic, whose bytes are the same in either order, and the version. */
  start(): Buffer {
    return Buffer.concat([Buffer.from('GGUF'), this.number('uint32', this.#version)]);
  }

  /** A count or a length. */
  count(value: number): Buffer {
    return this.#version === 1
      ? this.number('uint32', value)
      : this.bigint('uint64', BigInt(value));
  }

  string(text: string): Buffer {
    const bytes = Buffer.from(text, 'utf8');
    return Buffer.concat([this.count(bytes.length), bytes]);
  }

  /** A value with the number of its type before it. */
  typedValue(value: GgufValue): Buffer {
    return Buffer.concat([this.number('uint32', VALUE_TYPES[value.type]), this.#value(value)]);
  }

  number(type: NumberType, value: number): Buffer {
    const [bytes, write] = NUMBERS[type];
    const view = new DataView(new ArrayBuffer(bytes));
    write(view, value, this.#little);
    return Buffer.from(view.buffer);
  }

  bigint(type: 'uint64' | 'int64', value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    if (type === 'uint64') bytes.writeBigUInt64LE(value);
    else bytes.writeBigInt64LE(value);
    return this.#little ? bytes : Buffer.from(bytes.toReversed());
  }

  #value(value: GgufValue): Buffer {
    switch (value.type) {
      case 'string':
        return this.string(value.value);
      case 'bool':
        return encodeBool(value.value);
      case 'uint64':
      case 'int64':
        return this.bigint(value.type, value.value);
      case 'array':
        return this.#array(value);
      default:
        return this.number(value.type, value.value);
    }
  }

  #array(array: Extract<GgufValue, { type: 'array' }>): Buffer {
    return Buffer.concat([
      this.number('uint32', VALUE_TYPES[array.of]),
      this.count(array.value.length),
      ...this.#elements(array),
    ]);
  }

  #elements(array: Extract<GgufValue, { type: 'array' }>): Buffer[] {
    switch (array.of) {
      case 'string':
        return array.value.map((text) => this.string(text));
      case 'bool':
        return array.value.map(encodeBool);
      case 'array':
        return array.value.map((inner) => this.#array(inner));
      case 'uint64':
      case 'int64': {
        const { of } = array;
        return array.value.map((value) => this.bigint(of, value));
      }
      default: {
        const { of } = array;
        return array.value.map((value) => this.number(of, value));
      }
    }
  }
}

function encodeBool(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}
