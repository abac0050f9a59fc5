import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseShard, pieceReason, shardPath, withoutPiece } from '../../../src/lib/gguf/shards.ts';

describe('a shard', () => {
  test('is read back from the path that is made for it', () => {
    const shard = fc
      .tuple(
        fc.stringMatching(/^(?:[a-z]{1,4}\/)?[A-Za-z0-9._-]{1,20}$/u),
        fc.integer({ min: 1, max: 2000 }),
      )
      .chain(([base, total]) =>
        fc.record({
          base: fc.constant(base),
          number: fc.integer({ min: 1, max: total }),
          total: fc.constant(total),
        }),
      );
    fc.assert(
      fc.property(shard, ({ base, number, total }) => {
        const path = shardPath(base, number, total);
        expect(parseShard(path)).toEqual({ base, number, total });
        expect(pieceReason(path)).toBeUndefined();
      }),
    );
  });

  test.each([
    'm-00000-of-00002.gguf',
    'm-00003-of-00002.gguf',
    'm-00000-of-00000.gguf',
    'm-00001-of-99999.gguf',
    'm-1-of-2.gguf',
    'm-000001-of-000002.gguf',
    'm-00001-OF-00002.gguf',
    'm-00001-of-00002.GGUF',
    'm-00001-of-00002',
    'm-00001-of-00002.safetensors',
    '-00001-of-00002.gguf',
    'd/-00001-of-00002.gguf',
    'm.gguf',
  ])('is not %s', (path) => {
    expect(parseShard(path)).toBeUndefined();
  });
});

describe('a piece', () => {
  test.each([
    ['m.Q8_0.gguf.part1of2', 'm.Q8_0.gguf'],
    ['m.Q8_0.gguf-split-a', 'm.Q8_0.gguf.gguf'],
    ['m.Q8_0-split-b.gguf', 'm.Q8_0.gguf'],
    ['m.Q8_0.gguf.aa', 'm.Q8_0.gguf'],
    ['m.Q8_0.gguf', 'm.Q8_0.gguf'],
  ])('%s was cut from a file of the same quant', (path, whole) => {
    expect(withoutPiece(path)).toBe(whole);
  });
});
