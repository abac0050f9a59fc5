import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { compareNames } from '../../src/lib/name-order.ts';

const name = fc.string({
  unit: fc.constantFrom('a', 'b', 'z', 'A', 'B', 'Z', '0', '9', '-', '.', '_', '/'),
});

test('capitals and small letters stand together', () => {
  const names = ['unsloth/b', 'bartowski/a', 'TheBloke/c', 'Bartowski/a', 'mradermacher/d'];
  expect(names.sort(compareNames)).toEqual([
    'Bartowski/a',
    'bartowski/a',
    'mradermacher/d',
    'TheBloke/c',
    'unsloth/b',
  ]);
});

test('the shards of a model stand in their order', () => {
  const shards = ['m-00010-of-00010.gguf', 'm-00002-of-00010.gguf', 'm-00001-of-00010.gguf'];
  expect(shards.sort(compareNames)).toEqual(shards.toSorted());
});

test('it is an order: the same whichever way names come', () => {
  fc.assert(
    fc.property(fc.array(name), fc.array(name), (some, others) => {
      const forwards = [...some, ...others].sort(compareNames);
      expect([...others, ...some].sort(compareNames)).toEqual(forwards);
    }),
  );
});

test('only the same name is equal', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(compareNames(one, other) === 0).toBe(one === other);
      expect(Math.sign(compareNames(one, other))).toBe(-Math.sign(compareNames(other, one)) + 0);
    }),
  );
});
