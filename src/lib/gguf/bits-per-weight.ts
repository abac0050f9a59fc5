import { locateQuant, withoutPublisherPrefix } from './quant-name.ts';

// Of k-quants, i-quants and Q8_0: measured on Llama 3.1 8B, over the whole file,
// https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md. Of the older, the
// ternary and the FP4 types: from their block layouts,
// https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h. The sizes that
// publishers add (_L, _XL, _P: larger embeddings and output) are estimates.
const BITS_PER_WEIGHT: Readonly<Record<string, number>> = {
  TQ1_0: 1.69,
  TQ2_0: 2.06,
  I2_S: 2,
  Q1_0: 1.13,
  Q2_0: 2.25,
  IQ1_S: 2,
  IQ1_M: 2.15,
  IQ2_XXS: 2.38,
  IQ2_XS: 2.59,
  IQ2_S: 2.74,
  IQ2_M: 2.93,
  Q2_K_S: 2.97,
  Q2_K: 3.16,
  Q2_K_L: 3.3,
  Q2_K_XL: 3.4,
  IQ3_XXS: 3.25,
  IQ3_XS: 3.5,
  IQ3_S: 3.66,
  IQ3_M: 3.76,
  Q3_K_S: 3.64,
  Q3_K: 4,
  Q3_K_M: 4,
  Q3_K_L: 4.3,
  Q3_K_XL: 4.4,
  MXFP4: 4.25,
  MXFP4_MOE: 4.4,
  NVFP4: 4.5,
  IQ4_XS: 4.46,
  IQ4_NL: 4.68,
  Q4_0: 4.66,
  Q4_1: 5.15,
  Q4_K_S: 4.67,
  Q4_K: 4.89,
  Q4_K_M: 4.89,
  Q4_K_L: 5.1,
  Q4_K_XL: 5.1,
  Q4_K_P: 5.2,
  Q5_0: 5.6,
  Q5_1: 6.1,
  Q5_K_S: 5.57,
  Q5_K: 5.7,
  Q5_K_M: 5.7,
  Q5_K_L: 5.9,
  Q5_K_XL: 5.9,
  Q5_K_P: 6,
  Q6_K: 6.56,
  Q6_K_L: 6.7,
  Q6_K_XL: 7,
  Q6_K_P: 7,
  Q8_0: 8.5,
  Q8_K_XL: 9.5,
  Q8_K_P: 9.5,
  F16: 16,
  BF16: 16,
  F32: 32,
  F64: 64,
};

/** The quants that people name, the smallest first within each family. */
export const QUANT_NAMES: readonly string[] = Object.keys(BITS_PER_WEIGHT);

/** The canonical name without publisher's prefix; undefined when the text is more or less than one. */
function baseOf(quantName: string): string | undefined {
  const located = locateQuant(quantName);
  if (located === undefined || located.before !== '' || located.variant !== undefined) {
    return undefined;
  }
  return withoutPublisherPrefix(located.name);
}

/** The number in a quant's name: 4 in `IQ4_XS`, 16 in `BF16`. Undefined for other texts. */
export function nominalBits(quantName: string): number | undefined {
  const base = baseOf(quantName);
  if (base === undefined) return undefined;
  // The two ternary tables of bitnet.cpp are numbered, not sized.
  if (base.startsWith('TL')) return 2;
  const groups = /^B?F(?<float>\d\d)|(?<bits>\d)/u.exec(base)?.groups;
  return Number(groups?.['float'] ?? groups?.['bits']);
}

/** Whether a quant has fewer than 4 bits a weight by its name: quality falls steeply there. */
export function isBelowFourBits(quantName: string): boolean {
  const bits = nominalBits(quantName);
  return bits !== undefined && bits < 4;
}

/**
 * About how many bits a weight takes in this quant, over the whole model; for ranking and
 * estimates. Of forms that nobody has measured: half a bit above the number in the name, for
 * scales and embeddings. Undefined when the text is not a quant name.
 */
export function bitsPerWeight(quantName: string): number | undefined {
  const nominal = nominalBits(quantName);
  if (nominal === undefined) return undefined;
  return BITS_PER_WEIGHT[baseOf(quantName) ?? ''] ?? nominal + 0.5;
}
