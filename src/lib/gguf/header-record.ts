import { z } from 'zod';

import type { GgufHeader } from './header.ts';
import { GGUF_TYPE_NAMES, type GgufScalar, type GgufValue } from './header-values.ts';

/** A header as JSON can hold it. */
export type HeaderRecord = z.infer<typeof Written>;

// What JSON has no numbers for: integers beyond 2^53, NaN and the infinities.
const RareNumber = z.union([
  z.object({ bigint: z.string().regex(/^-?\d{1,20}$/u) }),
  z.object({ float: z.enum(['NaN', 'Infinity', '-Infinity']) }),
]);
const Scalar = z.union([z.string(), z.number(), z.boolean(), RareNumber]);
const Count = z.int().nonnegative();

const Written = z.object({
  version: Count,
  endianness: z.enum(['little', 'big']),
  metadata: z.array(z.tuple([z.string(), z.union([Scalar, z.array(Scalar)])])),
  arrays: z.array(z.tuple([z.string(), z.enum(GGUF_TYPE_NAMES), Count])),
  tensorCount: Count,
  tensors: z.array(z.tuple([z.string(), z.array(Count), Count, Count])).optional(),
  dataOffset: Count.optional(),
  fileSize: Count.optional(),
  partial: z.literal(true).optional(),
});

/** A header as JSON can hold it, with all that was read. */
export function recordOf(header: GgufHeader): HeaderRecord {
  const { dataOffset, fileSize, partial, tensors } = header;
  return {
    version: header.version,
    endianness: header.endianness,
    metadata: Array.from(header.metadata, ([key, value]): HeaderRecord['metadata'][number] => [
      key,
      isList(value) ? value.map(written) : written(value),
    ]),
    arrays: Array.from(header.arrays, ([key, { length, type }]) => [key, type, length]),
    tensorCount: header.tensorCount,
    ...(tensors === undefined
      ? {}
      : {
          tensors: tensors.map(({ dimensions, name, offset, type }) => [
            name,
            [...dimensions],
            type,
            offset,
          ]),
        }),
    ...(dataOffset === undefined ? {} : { dataOffset }),
    ...(fileSize === undefined ? {} : { fileSize }),
    ...(partial === undefined ? {} : { partial }),
  };
}

/** The header that a record holds; undefined for what is none. */
export function headerOfRecord(value: unknown): GgufHeader | undefined {
  const parsed = Written.safeParse(value);
  if (!parsed.success) return undefined;
  const { arrays, dataOffset, fileSize, metadata, partial, tensors, ...rest } = parsed.data;
  return {
    ...rest,
    metadata: new Map(
      metadata.map(([key, held]) => [key, Array.isArray(held) ? held.map(read) : read(held)]),
    ),
    arrays: new Map(arrays.map(([key, type, length]) => [key, { type, length }])),
    bytesRead: 0,
    ...(tensors === undefined
      ? {}
      : {
          tensors: tensors.map(([name, dimensions, type, offset]) => ({
            name,
            dimensions,
            type,
            offset,
          })),
        }),
    ...(dataOffset === undefined ? {} : { dataOffset }),
    ...(fileSize === undefined ? {} : { fileSize }),
    ...(partial === undefined ? {} : { partial }),
  };
}

function isList(value: GgufValue): value is readonly GgufScalar[] {
  return Array.isArray(value);
}

function written(value: GgufScalar): z.infer<typeof Scalar> {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  return { float: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
}

function read(value: z.infer<typeof Scalar>): GgufScalar {
  if (typeof value !== 'object') return value;
  return 'bigint' in value ? BigInt(value.bigint) : Number(value.float);
}
