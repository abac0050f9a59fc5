import { expect, test } from 'vitest';

import { nearest } from '../../../src/lib/nearest.ts';

const NAMES = ['--temp', '--top-p', '--top-k', '--ctx-size', '--seed'];

test.each([
  ['--temperature', undefined],
  ['--tmep', '--temp'],
  ['--se', '--seed'],
  ['--ctxsize', '--ctx-size'],
  ['--top', '--top-p'],
  ['--something-else', undefined],
])('%s means %s', (typed, meant) => {
  expect(nearest(NAMES, typed)).toBe(meant);
});

test('of no names none is meant', () => {
  expect(nearest([], 'anything')).toBeUndefined();
});
