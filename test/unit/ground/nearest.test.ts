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

test.each([
  ['Fats', 'FAST'],
  ['FA', 'FAST'],
  ['fa', 'FAST'],
  ['', undefined],
  ['x', undefined],
  ['xy', undefined],
])('in any case, and never just anything: %j means %s', (typed, meant) => {
  expect(nearest(['FAST', 'p', 'other'], typed)).toBe(meant);
});

test('of no names none is meant', () => {
  expect(nearest([], 'anything')).toBeUndefined();
});
