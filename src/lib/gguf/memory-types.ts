/** How a type lays values out: so many in a block, a block in so many bytes. */
interface BlockLayout {
  readonly name: string;
  readonly values: number;
  readonly bytes: number;
}

/**
 * Types of tensors by their number in ggml.
 * Sources: `enum ggml_type` in https://github.com/ggml-org/ggml/blob/master/include/ggml.h and the
 * blocks in https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h
 */
const LAYOUTS = new Map<number, BlockLayout>(
  (
    [
      [0, 'f32', 1, 4],
      [1, 'f16', 1, 2],
      [2, 'q4_0', 32, 18],
      [3, 'q4_1', 32, 20],
      [6, 'q5_0', 32, 22],
      [7, 'q5_1', 32, 24],
      [8, 'q8_0', 32, 34],
      [9, 'q8_1', 32, 36],
      [10, 'q2_k', 256, 84],
      [11, 'q3_k', 256, 110],
      [12, 'q4_k', 256, 144],
      [13, 'q5_k', 256, 176],
      [14, 'q6_k', 256, 210],
      [15, 'q8_k', 256, 292],
      [16, 'iq2_xxs', 256, 66],
      [17, 'iq2_xs', 256, 74],
      [18, 'iq3_xxs', 256, 98],
      [19, 'iq1_s', 256, 50],
      [20, 'iq4_nl', 32, 18],
      [21, 'iq3_s', 256, 110],
      [22, 'iq2_s', 256, 82],
      [23, 'iq4_xs', 256, 136],
      [24, 'i8', 1, 1],
      [25, 'i16', 1, 2],
      [26, 'i32', 1, 4],
      [27, 'i64', 1, 8],
      [28, 'f64', 1, 8],
      [29, 'iq1_m', 256, 56],
      [30, 'bf16', 1, 2],
      [34, 'tq1_0', 256, 54],
      [35, 'tq2_0', 256, 66],
      [39, 'mxfp4', 32, 17],
      [40, 'nvfp4', 64, 36],
      [41, 'q1_0', 128, 18],
      [42, 'q2_0', 64, 18],
    ] as const
  ).map(([number, name, values, bytes]) => [number, { name, values, bytes }]),
);

const BY_NAME = new Map([...LAYOUTS.values()].map((layout) => [layout.name, layout]));

/** The types that llama-server's `--cache-type-k` and `--cache-type-v` take. */
export const CACHE_TYPES = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q4_0',
  'q4_1',
  'iq4_nl',
  'q5_0',
  'q5_1',
] as const;

/** A type that keys or values are kept in. */
export type CacheType = (typeof CACHE_TYPES)[number];

export function isCacheType(name: string): name is CacheType {
  return (CACHE_TYPES as readonly string[]).includes(name);
}

/** Bytes that a value takes in a type of the KV cache: 2 in `f16`, 1.0625 in `q8_0`. */
export function bytesPerValue(type: CacheType): number {
  const layout = BY_NAME.get(type);
  if (layout === undefined) throw new TypeError(`no layout for ${type}`);
  return layout.bytes / layout.values;
}

/** The name of a type of tensors: `q4_k`; its number where that is not known here. */
export function tensorTypeName(type: number): string {
  return LAYOUTS.get(type)?.name ?? `type ${type}`;
}

/** Bytes of a tensor; undefined for a type that is not known here. */
export function tensorBytes(type: number, dimensions: readonly number[]): number | undefined {
  const layout = LAYOUTS.get(type);
  if (layout === undefined) return undefined;
  const values = dimensions.reduce((product, dimension) => product * dimension, 1);
  return Math.ceil(values / layout.values) * layout.bytes;
}
