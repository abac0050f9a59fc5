import { describe, expect, test } from 'vitest';

import { bitsPerWeight, nominalBits } from '../../../src/lib/gguf/bits-per-weight.ts';
import { parseQuantName } from '../../../src/lib/gguf/quant-name.ts';
import {
  isLoadable,
  isNativeMxfp4,
  type Rankable,
  rankQuants,
} from '../../../src/lib/gguf/ranking.ts';
import { MODEL_FILES } from './file-names.ts';

function quant(name: string): Rankable {
  return { label: name, name, files: [{ path: `m-${name}.gguf` }] };
}

function ranked(...names: readonly string[]): string[] {
  return rankQuants(names.map(quant)).map(({ name }) => name);
}

const ALL_NAMES = [...new Set(MODEL_FILES.map(([, name]) => name))];

describe('the ranking', () => {
  test.each([
    ['Q4_K_M', 'Q4_K_S'],
    ['Q4_K_S', 'Q5_K_M'],
    ['Q4_K_M', 'UD-Q4_K_XL'],
    ['Q4_K_M', 'UD-Q4_K_M'],
    ['UD-Q4_K_XL', 'Q4_K_S'],
    ['Q5_K_M', 'Q5_K_S'],
    ['Q5_K_M', 'Q6_K'],
    ['Q6_K', 'Q8_0'],
    ['Q4_0', 'Q8_0'],
    ['Q8_0', 'IQ3_M'],
    ['Q8_0', 'F16'],
    ['F16', 'BF16'],
    ['F16', 'Q2_K'],
    ['BF16', 'F32'],
    ['Q2_K', 'IQ2_XXS'],
    ['IQ2_XXS', 'IQ1_M'],
    ['IQ4_KSS', 'Q3_K_L'],
    ['Q4', 'IQ3_M'],
    ['Q2_K', 'model'],
  ])('puts %s before %s', (better, worse) => {
    expect(ranked(worse, better)).toEqual([better, worse]);
  });

  test('puts every 4-bit form above every one of 3, 2 and 1 bits', () => {
    const order = ranked(...ALL_NAMES);
    const positions = (wanted: (bits: number) => boolean): number[] =>
      order.flatMap((name, index) => (wanted(nominalBits(name) ?? 0) ? [index] : []));
    const four = positions((bits) => bits === 4);
    const fewer = positions((bits) => bits < 4);
    expect(four.length).toBeGreaterThan(20);
    expect(fewer.length).toBeGreaterThan(20);
    expect(Math.max(...four)).toBeLessThan(Math.min(...fewer));
  });

  test('puts what lacks shards last', () => {
    const lacking = { ...quant('Q4_K_M'), shards: { missing: [2] } };
    expect(rankQuants([lacking, quant('IQ1_S')]).map(({ name }) => name)).toEqual([
      'IQ1_S',
      'Q4_K_M',
    ]);
  });

  test('puts MXFP4 first only where it is the form of the model', () => {
    expect(ranked('Q4_K_M', 'MXFP4', 'Q6_K')).toEqual(['Q4_K_M', 'MXFP4', 'Q6_K']);
    expect(ranked('Q4_K_M', 'MXFP4', 'Q8_0')).toEqual(['MXFP4', 'Q4_K_M', 'Q8_0']);
    expect(isNativeMxfp4([quant('MXFP4_MOE')])).toBe(false);
    expect(isNativeMxfp4([quant('Q4_K_M')], { repo: 'unsloth/gpt-oss-20b-GGUF' })).toBe(false);
    expect(isNativeMxfp4([quant('MXFP4'), quant('Q5_K_M')], { repo: 'a/GPT-OSS' })).toBe(true);
  });
});

describe('the types that llama.cpp reads', () => {
  test.each(
    'Q4_K_M UD-IQ2_XXS i1-Q4_0 Q4_1 Q5_0 Q8_0 IQ4_NL IQ4_XS TQ1_0 UD-TQ1_0 TQ2_0 MXFP4_MOE NVFP4 Q1_0 Q2_0 F16 BF16 Q4_X Q4_K_P'.split(
      ' ',
    ),
  )('%s is one', (name) => {
    expect(isLoadable({ name })).toBe(true);
  });

  test.each(
    'Q4_0_4_4 Q4_0_8_8 i1-Q4_0_4_8 IQ4_NL_4_4 I2_S TL1 IQ4_KSS IQ2_KS IQ5_K IQ1_KT IQ2_KL IQ4_K_R4 Q8_0_R8 PQ2_0 TQ3_4S Q4_2'.split(
      ' ',
    ),
  )('%s is none', (name) => {
    expect(isLoadable({ name })).toBe(false);
  });
});

describe('bits per weight', () => {
  test.each(ALL_NAMES)('of %s are close to its name', (name) => {
    const bits = bitsPerWeight(name) ?? Number.NaN;
    expect(Math.abs(bits - (nominalBits(name) ?? Number.NaN))).toBeLessThanOrEqual(1.6);
  });

  test.each([
    ['Q4_K_M', 4.89],
    ['UD-Q4_K_M', 4.89],
    ['i1-Q4_K_M', 4.89],
    ['Q8_0', 8.5],
    ['BF16', 16],
    ['IQ4_KSS', 4.5],
    ['Q7_K', 7.5],
  ])('of %s are about %d', (name, bits) => {
    expect(bitsPerWeight(name)).toBe(bits);
  });

  test.each(['', 'model', 'm-Q4_K_M', 'Q4_K_M-MTP', '__proto__', 'constructor'])(
    'are not known of %j',
    (name) => {
      expect(bitsPerWeight(name)).toBeUndefined();
    },
  );

  test('are known of every name that a file name gives', () => {
    const unknown = MODEL_FILES.filter(
      ([path]) => bitsPerWeight(parseQuantName(path)?.name ?? '') === undefined,
    );
    expect(unknown).toEqual([]);
  });
});
