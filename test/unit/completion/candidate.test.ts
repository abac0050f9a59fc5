import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fitting, type Replacement } from '../../../src/lib/completion/candidate.ts';

function fits(values: readonly string[], typed: string, replacement: Replacement): string[] {
  return fitting(
    values.map((value) => ({ value })),
    typed,
    replacement,
  ).map(({ value }) => value);
}

describe('what a word can become', () => {
  test.each<[typed: string, replacement: Replacement, expected: string[]]>([
    ['', 'spelling', ['ana/Llama:Q8', 'ana/llama:Q4', 'ben/Qwen:Q8']],
    ['ana/l', 'spelling', ['ana/llama:Q4']],
    ['ANA', 'spelling', ['ana/Llama:Q8', 'ana/llama:Q4']],
    ['ana/LL', 'prefix', ['ana/Llama:Q8', 'ana/llama:Q4']],
    // Bash keeps what all have in common: `ana/`, and so would take a letter away.
    ['ana/LL', 'spelling', ['ana/Llama:Q8']],
    ['qwen', 'prefix', []],
    ['qwen', 'part', ['ben/Qwen:Q8']],
    ['zzz', 'part', []],
  ])('«%s» by %s: %j', (typed, replacement, expected) => {
    expect(fits(['ana/Llama:Q8', 'ana/llama:Q4', 'ben/Qwen:Q8'], typed, replacement)).toEqual(
      expected,
    );
  });

  test('nothing is offered that means something to a shell', () => {
    const bad = [
      'a b',
      '$(x)',
      '`x`',
      'a;b',
      "a'b",
      'a"b',
      'a\\b',
      'a|b',
      'a\nb',
      'a\u001Bb',
      '~a',
      '',
    ];
    expect(fits([...bad, 'é', 'a*', '{a,b}', 'ok'], '', 'part')).toEqual(['ok']);
  });

  test('what is offered holds what was typed, and is plain', () => {
    const replacement = fc.constantFrom<Replacement>('spelling', 'prefix', 'part');
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), replacement, (values, typed, how) => {
        for (const value of fits(values, typed, how)) {
          expect(value.toLowerCase()).toContain(typed.toLowerCase());
          expect(value).toMatch(/^[\w@%+=:,./-]+$/u);
        }
      }),
    );
  });
});
