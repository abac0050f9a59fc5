import type { GgufHeader, GgufTensorInfo } from './header.ts';
import { tensorBytes } from './memory-types.ts';

/** Bytes of a model's tensors by where they belong. */
export interface WeightBytes {
  readonly total: number;
  /** Of each block. */
  readonly blocks: readonly number[];
  /** Of the table of token embeddings, which stays in the machine's own memory. */
  readonly input: number;
  /** Of what turns the last block's result into logits. */
  readonly output: number;
}

/**
 * Adds up the tensors of all shards.
 *
 * @param headers with their tensors; of a header without them the file's size counts
 */
export function weightBytes(headers: readonly GgufHeader[], blockCount: number): WeightBytes {
  const blocks = Array.from({ length: blockCount }, () => 0);
  let input = 0;
  let output = 0;
  let unplaced = 0;
  for (const header of headers) {
    if (header.tensors === undefined) {
      unplaced += header.fileSize ?? 0;
      continue;
    }
    const sizes = sizesOf(header, header.tensors);
    for (const [index, { name }] of header.tensors.entries()) {
      const bytes = sizes[index] ?? 0;
      const block = Number(
        /^blk\.(?<block>\d{1,4})\./u.exec(name)?.groups?.['block'] ?? Number.NaN,
      );
      if (block < blockCount) blocks[block] = (blocks[block] ?? 0) + bytes;
      else if (/^(?:token_embd|per_layer_token_embd|position_embd|token_types)\./u.test(name)) {
        input += bytes;
      } else output += bytes;
    }
  }
  const total = blocks.reduce((sum, bytes) => sum + bytes, input + output + unplaced);
  return { total, input, output, blocks: spread(blocks, unplaced) };
}

/** What cannot be told apart lies in the blocks, which are nearly all of a model. */
function spread(blocks: readonly number[], bytes: number): number[] {
  return blocks.map((each) => each + bytes / blocks.length);
}

/**
 * The bytes of each tensor. One whose type is not known here reaches to the next one, and the last
 * to the end of the file.
 */
function sizesOf(header: GgufHeader, tensors: readonly GgufTensorInfo[]): number[] {
  const starts = tensors.map(({ offset }) => offset).sort((one, other) => one - other);
  const end = (header.fileSize ?? 0) - (header.dataOffset ?? 0);
  const following = new Map(starts.map((start, index) => [start, starts[index + 1] ?? end]));
  return tensors.map(({ dimensions, offset, type }) => {
    const next = following.get(offset) ?? offset;
    return tensorBytes(type, dimensions) ?? Math.max(next - offset, 0);
  });
}
