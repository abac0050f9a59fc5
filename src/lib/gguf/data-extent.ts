import type { GgufHeader } from './header.ts';
import { tensorBytes } from './memory-types.ts';

/**
 * The bytes that a file must have at least to hold the data of its tensors. Of a tensor whose type
 * is not known here only the beginning counts.
 *
 * @param header with its tensors
 */
export function leastFileSize({ dataOffset = 0, tensors = [] }: GgufHeader): number {
  let end = 0;
  for (const { dimensions, offset, type } of tensors) {
    end = Math.max(end, dataOffset + offset + (tensorBytes(type, dimensions) ?? 0));
  }
  return end;
}
