import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  fits,
  isModelPattern,
  lessExact,
  matchesGlob,
} from '../../../src/lib/config/model-pattern.ts';

const MODEL = { repo: 'bartowski/Llama-3.2-1B-GGUF', ref: 'bartowski/Llama-3.2-1B-GGUF:Q4_K_M' };

describe('the name of models', () => {
  test.each([
    'user/repo',
    'user/repo:Q4_K_M',
    'user/repo@Q4_K_M',
    'bartowski/*',
    '*:Q2_K',
    '*',
    '*llama*',
    '?/?',
  ])('%s is one', (pattern) => {
    expect(isModelPattern(pattern)).toBe(true);
  });

  test.each([
    '',
    'llama',
    'a/b/c',
    'user/re po',
    'user/',
    '/repo',
    'a\nb/c',
    'user/repo\u001B[31m',
  ])('%j is none', (pattern) => {
    expect(isModelPattern(pattern)).toBe(false);
  });
});

describe('a pattern', () => {
  test.each<[string, 0 | 1 | 2]>([
    ['bartowski/Llama-3.2-1B-GGUF:Q4_K_M', 2],
    ['BARTOWSKI/llama-3.2-1b-gguf:q4_k_m', 2],
    ['bartowski/Llama-3.2-1B-GGUF@Q4_K_M', 2],
    ['bartowski/Llama-3.2-1B-GGUF', 1],
    ['bartowski/*', 0],
    ['bartowski/*-GGUF', 0],
    ['*:Q4_K_M', 0],
    ['*:q4*', 0],
    ['bartowski/*:Q?_K_M', 0],
    ['*', 0],
    ['*llama*', 0],
    ['***', 0],
  ])('%s fits', (pattern, rank) => {
    expect(fits(pattern, MODEL)?.rank).toBe(rank);
  });

  test.each([
    'bartowski/Llama-3.2-1B-GGUF:Q8_0',
    'bartowski/Llama-3.2-1B',
    'other/*',
    '*:Q2_K',
    // Without a colon the repository is meant.
    '*Q4_K_M',
    'bartowski/?',
    'bartowski/Llama-3x2-1B-GGUF',
    'bartowski',
  ])('%s does not fit', (pattern) => {
    expect(fits(pattern, MODEL)).toBeUndefined();
  });

  test('of many stars is decided at once', () => {
    const model = { repo: `u/${'a'.repeat(200)}`, ref: `u/${'a'.repeat(200)}:F16` };
    expect(fits(`${'*a'.repeat(90)}*b`, model)).toBeUndefined();
    expect(fits(`*${'a*'.repeat(90)}`, model)).toBeDefined();
  });
});

describe('which pattern holds', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/u);
  const model = fc
    .tuple(name, name, fc.stringMatching(/^[A-Z0-9_]{2,6}$/u))
    .map(([user, repo, quant]) => ({ repo: `${user}/${repo}`, ref: `${user}/${repo}:${quant}` }));

  test('the name of a quant before that of its repository before any pattern that fits', () => {
    fc.assert(
      fc.property(model, fc.nat(), fc.nat(), fc.boolean(), (one, from, length, ofQuant) => {
        const whole = ofQuant ? one.ref : one.repo;
        const start = from % whole.length;
        const glob = `${whole.slice(0, start)}*${whole.slice(start + (length % whole.length))}*`;
        const [exact, repo, pattern] = [fits(one.ref, one), fits(one.repo, one), fits(glob, one)];
        if (exact === undefined || repo === undefined) throw new Error('it does not fit itself');
        expect(lessExact(repo, exact)).toBeLessThan(0);
        // Where the colon was cut out, the pattern is one of repositories and may not fit.
        if (pattern === undefined) return;
        expect(lessExact(pattern, repo)).toBeLessThan(0);
      }),
    );
  });

  test('the longer of two patterns', () => {
    const [one, other] = [fits('bartowski/*', MODEL), fits('*', MODEL)];
    if (one === undefined || other === undefined) throw new Error('one does not fit');
    expect(lessExact(other, one)).toBeLessThan(0);
  });
});

test('a glob fits what a regular expression of its form fits', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 6 });
  fc.assert(
    fc.property(glob, text, (form, name) => {
      const source = form
        .replaceAll('.', String.raw`\.`)
        .replaceAll('*', '.*')
        .replaceAll('?', '.');
      expect(matchesGlob(form, name)).toBe(new RegExp(`^${source}$`, 'u').test(name));
    }),
    { numRuns: 5000 },
  );
});
