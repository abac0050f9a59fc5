import { expect, test } from 'vitest';

import { inWordsOf } from '../../../src/lib/engine/flag-names.ts';

const NOW = new Set(['--load-mode', '--ctx-size']);
const BEFORE = new Set(['--mmap', '--no-mmap', '--mlock', '--ctx-size']);

test.each([
  ['a flag that is known goes through', NOW, 'load-mode', 'mlock', [['load-mode', 'mlock']]],
  ['so does one that was never renamed', BEFORE, 'ctx-size', '4096', [['ctx-size', '4096']]],
  ['a default needs no word', BEFORE, 'load-mode', 'auto', []],
  ['no mapping', BEFORE, 'load-mode', 'none', [['no-mmap', 'true']]],
  ['locking', BEFORE, 'load-mode', 'mmap+mlock', [['mlock', 'true']]],
  [
    'locking without mapping',
    BEFORE,
    'load-mode',
    'mlock',
    [
      ['no-mmap', 'true'],
      ['mlock', 'true'],
    ],
  ],
  ['a value that the build has no word for', BEFORE, 'load-mode', 'dio', undefined],
  ['a flag that nobody knows', NOW, 'bogus', '1', undefined],
] as const)('%s', (_, flags, name, value, expected) => {
  expect(inWordsOf(flags, name, value)).toEqual(expected);
});
