import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createMatcher, isCertain, type MatchOptions } from '../../../src/lib/store/match.ts';
import { aliasGone, ambiguousName, notStored } from '../../../src/lib/store/match-errors.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';
import { storedAs } from '../server/stored-models.ts';

const LLAMA = 'bartowski/Llama-3.2-1B-Instruct-GGUF';
const MODELS = [
  storedAs(`${LLAMA}:Q4_K_M`),
  storedAs(`${LLAMA}:Q8_0`, '/m/x.gguf', {
    files: [{ path: '/m/x.gguf', name: 'sub/Llama-3.2-1B-Instruct-Q8_0.gguf', size: 1 }],
  }),
  storedAs('unsloth/Llama-3.2-1B-Instruct-GGUF:UD-Q4_K_XL', '/m/y.gguf', {
    lastUsedAt: new Date('2026-05-01'),
  }),
  storedAs('unsloth/Qwen3-8B-GGUF:Q4_K_M'),
  storedAs('unsloth/Qwen3-8B-GGUF:Q4_K_S'),
  storedAs('mistralai/Ministral-8B-v0.1.gguf:F16'),
  storedAs('ana/tiny:Q2_K'),
];
const ALIASES = new Map([
  ['fast', `${LLAMA}:Q8_0`],
  ['Gone', 'user/gone:Q4_K_M'],
  ['tiny', 'unsloth/Qwen3-8B-GGUF:Q4_K_S'],
]);
const matcher = createMatcher(MODELS, ALIASES);

/** The kind of a match, and what each candidate stands for. */
function found(text: string, options?: MatchOptions): string[] {
  const match = matcher.match(text, options);
  if (match === undefined) return [];
  const candidates = match.candidates.map(({ models, name }) =>
    models.length === 1 ? (models[0]?.ref ?? '') : `${name} (${models.length})`,
  );
  return [match.kind, ...candidates];
}

describe('a name means', () => {
  test.each([
    ['a whole reference', `${LLAMA}:Q4_K_M`, ['exact', `${LLAMA}:Q4_K_M`]],
    ['it in any case', `${LLAMA.toUpperCase()}:q4_k_m`, ['exact', `${LLAMA}:Q4_K_M`]],
    ['it with @', `${LLAMA}@q8_0`, ['exact', `${LLAMA}:Q8_0`]],
    ['a file of it', `${LLAMA}:llama-3.2-1b-instruct-q8_0.GGUF`, ['exact', `${LLAMA}:Q8_0`]],
    ['all quants of a repository', LLAMA, ['exact', `${LLAMA} (2)`]],
    ['what is pasted from the hub', `https://hf.co/${LLAMA}`, ['exact', `${LLAMA} (2)`]],
    ['an alias in any case', 'FAST', ['alias', `${LLAMA}:Q8_0`]],
    ['an alias before a name', 'tiny', ['alias', 'unsloth/Qwen3-8B-GGUF:Q4_K_S']],
    ['a pattern of repositories', 'unsloth/qwen*', ['pattern', 'unsloth/Qwen3-8B-GGUF (2)']],
    ['a pattern of quants', '*:q2_?', ['pattern', 'ana/tiny:Q2_K']],
    ['a repository without its user', 'qwen3-8b-gguf', ['name', 'unsloth/Qwen3-8B-GGUF (2)']],
    ['and without its -GGUF', 'Qwen3-8B', ['name', 'unsloth/Qwen3-8B-GGUF (2)']],
    [
      'and without its .gguf',
      'Ministral-8B-v0.1',
      ['name', 'mistralai/Ministral-8B-v0.1.gguf:F16'],
    ],
    ['with a quant', 'qwen3-8b:q4_k_s', ['name', 'unsloth/Qwen3-8B-GGUF:Q4_K_S']],
    ['the name that has the quant', 'llama-3.2-1b-instruct:q8_0', ['name', `${LLAMA}:Q8_0`]],
    ['the end of a name', '8b-gguf', ['end', 'unsloth/Qwen3-8B-GGUF (2)']],
    ['a part of a name', 'ministral', ['part', 'mistralai/Ministral-8B-v0.1.gguf:F16']],
    ['a part with a user', 'unsloth/qw', ['part', 'unsloth/Qwen3-8B-GGUF (2)']],
    ['a part with a quant', 'wen:Q4_K_S', ['part', 'unsloth/Qwen3-8B-GGUF:Q4_K_S']],
    ['a part with a part of a quant', 'bartowski:q8', ['part', `${LLAMA}:Q8_0`]],
    [
      'a part that goes over the colon',
      'gguf:ud-q4',
      ['part', 'unsloth/Llama-3.2-1B-Instruct-GGUF:UD-Q4_K_XL'],
    ],
    ['a quant alone', 'q8_0', ['part', `${LLAMA}:Q8_0`]],
    ['a quant alone after its colon', ':Q2_K', ['end', 'ana/tiny:Q2_K']],
    ['a misspelled name', 'qwne3-8b', ['near', 'unsloth/Qwen3-8B-GGUF (2)']],
    [
      'a misspelled reference',
      'unslot/Qwen3-8B-GUFF:Q4_K_M',
      ['near', 'unsloth/Qwen3-8B-GGUF:Q4_K_M'],
    ],
  ])('%s: %s', (_what, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  test.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['another model', 'gemma'],
    ['another number of a model', 'Qwen4-8B'],
    ['another number of a whole name', 'unsloth/Qwen3-9B-GGUF'],
    ['a quant that is not there', `${LLAMA}:Q5_K_M`],
    ['a misspelled quant', `${LLAMA}:Q8_1`],
    ['an alias whose model is gone, not what is like it', 'gone'],
    ['a pattern that fits nothing', 'nobody/*'],
    ['what is too short to be misspelled', 'twn'],
  ])('nothing: %s', (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  test('several models, those that were used last first', () => {
    expect(found('Llama-3.2')).toEqual([
      'part',
      'unsloth/Llama-3.2-1B-Instruct-GGUF:UD-Q4_K_XL',
      `${LLAMA} (2)`,
    ]);
    expect(found('qwen:q4')).toEqual([
      'part',
      'unsloth/Qwen3-8B-GGUF:Q4_K_M',
      'unsloth/Qwen3-8B-GGUF:Q4_K_S',
    ]);
  });

  test('for who would pull it, a whole name is that repository or nothing', () => {
    const options = { wholeNamesOnly: true };
    expect(found('unsloth/qwen', options)).toEqual([]);
    expect(found('unsloth/Qwen3-8B-GUFF', options)).toEqual([]);
    expect(found('UNSLOTH/qwen3-8b-gguf', options)).toEqual(['exact', 'unsloth/Qwen3-8B-GGUF (2)']);
    expect(found('qwen', options)).toEqual(['part', 'unsloth/Qwen3-8B-GGUF (2)']);
  });

  test('what is no name of the hub by all of it', () => {
    const odd = createMatcher([
      storedAs('a b/c d-GGUF:Q8_0'),
      storedAs('a b/c d-GGUF:F16'),
      storedAs('a/b@c:F16'),
    ]);
    const refsOf = (text: string): (string | undefined)[] => {
      const { candidates, kind } = odd.match(text) ?? { candidates: [], kind: undefined };
      return [kind, ...candidates.flatMap(({ models }) => models.map(({ ref }) => ref))];
    };
    expect(refsOf('a b/c d-GGUF')).toEqual(['exact', 'a b/c d-GGUF:Q8_0', 'a b/c d-GGUF:F16']);
    expect(refsOf('A b/c d-GGUF:f16')).toEqual(['exact', 'a b/c d-GGUF:F16']);
    expect(refsOf('a/b@c')).toEqual(['exact', 'a/b@c:F16']);
    expect(refsOf('a/b@c:F16')).toEqual(['exact', 'a/b@c:F16']);
  });

  test('by the quant that was typed, so that candidates differ by it', () => {
    const two = createMatcher([storedAs('u1/r1-GGUF:Q8_0'), storedAs('u2/r16-GGUF:Q8_0')]);
    const names = (text: string): string[] | undefined =>
      two.match(text)?.candidates.map(({ name }) => name);
    expect(names('r1:q8_0')).toEqual(['u1/r1-GGUF:Q8_0']);
    expect(names('r:q8_0')).toEqual(['u1/r1-GGUF:Q8_0', 'u2/r16-GGUF:Q8_0']);
    expect(names('r')).toEqual(['u1/r1-GGUF', 'u2/r16-GGUF']);
  });

  test('of repositories that differ by case alone the one that was typed', () => {
    const both = createMatcher([storedAs('a/Model:F16'), storedAs('a/model:F16')]);
    expect(both.match('a/model')?.candidates.map(({ name }) => name)).toEqual(['a/model']);
    expect(both.match('a/model:f16')?.candidates.map(({ name }) => name)).toEqual(['a/model:F16']);
    expect(both.match('A/MODEL')?.candidates).toHaveLength(2);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9-]{2,12}$/u);
const reference = fc
  .tuple(word, word, fc.constantFrom('Q4_K_M', 'Q8_0', 'UD-Q4_K_XL', 'F16'))
  .map(([user, repo, quant]) => `${user}/${repo}:${quant}`);

test('every stored model is found by its reference, in any case, and by nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(reference, { minLength: 1, maxLength: 20 }), (refs) => {
      const any = createMatcher(refs.map((ref) => storedAs(ref)));
      for (const ref of refs) {
        const match = any.match(ref.toUpperCase());
        expect(match?.kind).toBe('exact');
        expect(match?.candidates.flatMap(({ models }) => models.map((each) => each.ref))).toEqual([
          ref,
        ]);
      }
    }),
  );
});

test('whatever is typed, a match holds stored models, each once', () => {
  const refs = MODELS.map(({ ref }) => ref);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom(...refs).map((ref) => ref.slice(3, -2)),
        word,
      ),
      (text) => {
        const models: StoredModel[] = (matcher.match(text)?.candidates ?? []).flatMap(
          (candidate) => [...candidate.models],
        );
        expect(models.every((model) => MODELS.includes(model))).toBe(true);
        expect(new Set(models).size).toBe(models.length);
      },
    ),
  );
});

test('a reference, an alias and a pattern are certain, all else is a guess', () => {
  const kinds = ['exact', 'alias', 'pattern', 'name', 'end', 'part', 'near'] as const;
  expect(kinds.filter(isCertain)).toEqual(['exact', 'alias', 'pattern']);
});

describe('what is said', () => {
  test.each([
    ['Qwen4-8B', 'unsloth/Qwen3-8B-GGUF'],
    [`${LLAMA}:Q8_1`, `${LLAMA}:Q8_0`],
    ['fsat', 'fast'],
    ['FSAT', 'fast'],
    ['ana/tniy', 'ana/tiny'],
    ['ana/tiny:Q5_K_M', 'ana/tiny:Q2_K'],
    ['ana/tiny@Q3_K', 'ana/tiny:Q2_K'],
    ['gemma', undefined],
    ['', undefined],
    ['@', undefined],
    [':', undefined],
  ])('of %s: did you mean %s', (text, expected) => {
    expect(matcher.suggest(text)).toBe(expected);
  });

  test('never what is like it by its -GGUF alone', () => {
    const one = createMatcher([storedAs('px/P-GGUF:Q8_0')]);
    expect(one.suggest('dl/D-GGUF')).toBeUndefined();
    expect(one.suggest('dl/D-GGUF:Q8_0')).toBeUndefined();
    expect(one.suggest('px/D-GGUF')).toBe('px/P-GGUF');
    expect(one.match('dx/D-GGUF')).toBeUndefined();
  });

  test('of what is not stored, with words that a shell reads as they are', () => {
    expect(notStored('x', "a b/c'd\n-GGUF").hint).toContain(
      String.raw`Did you mean 'a b/c'\''d -GGUF'?`,
    );
    expect(notStored('?', 'a/b').message).toBe('No stored model fits the pattern ?');
    expect(() => notStored('', undefined)).toThrow('«» is no model reference');
  });

  test('of what is not stored', () => {
    expect(notStored('gemma', undefined)).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      exitCode: 3,
      hint: '`llamero list` shows what is stored; `llamero search gemma` looks on the hub',
    });
    for (const text of ['Small-GGUF:Q4_K_M', 'Small-GGUF@Q4_K_M', ' Small-GGUF ']) {
      expect(notStored(text, undefined).hint).toContain('`llamero search Small-GGUF` looks');
    }
    expect(() => notStored(':Q4_K_M', undefined)).toThrow('«:Q4_K_M» is no model reference');
    expect(notStored('a/b:F16', undefined).hint).toContain('`llamero pull a/b:F16` fetches it');
    expect(notStored('a/*', undefined).message).toBe('No stored model fits the pattern a/*');
    expect(() => notStored('a/b/c', undefined)).toThrow('«a/b/c» is no model reference');
  });

  test('of what fits several: all of them, the first twenty of many', () => {
    const many = createMatcher(
      Array.from({ length: 25 }, (_, index) => storedAs(`a/m${index}:F16`)),
    );
    const match = many.match('m');
    if (match === undefined) throw new Error('nothing fits');
    const { code, exitCode, message } = ambiguousName('m', match);
    expect({ code, exitCode }).toEqual({ code: 'AMBIGUOUS', exitCode: 4 });
    expect(message.split('\n')).toHaveLength(22);
    expect(message).toContain('\n  a/m0\n  a/m1\n');
    expect(message).toMatch(/\n {2}and 5 more$/u);
  });

  test('of several: names on a line each, a command that can be pasted', () => {
    const match = createMatcher([storedAs('a/x\ny z:F16'), storedAs('a/x2:F16')]).match('x');
    if (match === undefined) throw new Error('nothing fits');
    const { hint, message } = ambiguousName('x\n', match);
    expect(message).toBe('x fits more than one model:\n  a/x y z\n  a/x2');
    expect(hint).toContain("`llamero alias set <name> 'a/x y z'`");
  });

  test('of an alias whose model is gone', () => {
    expect(matcher.aliasOf('GONE')).toBe('user/gone:Q4_K_M');
    expect(aliasGone('gone', 'user/gone:Q4_K_M').message).toBe(
      'gone is an alias of user/gone:Q4_K_M, which is not stored on this machine',
    );
  });
});
