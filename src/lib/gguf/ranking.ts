import { nominalBits } from './bits-per-weight.ts';
import { compareText } from './file-name.ts';
import { withoutPublisherPrefix } from './quant-name.ts';

/** What is known of a repository beside its files. */
export interface RankingContext {
  /** `user/repo`: tells what model it is where the file names do not. */
  readonly repo?: string;
}

/** What the ranking looks at; a `Quant` of any kind of file. */
export interface Rankable {
  readonly label: string;
  readonly name: string;
  readonly files: readonly { readonly path: string }[];
  readonly shards?: { readonly missing: readonly number[] };
}

// Quality for its size, best first. Q4_K_M leads because it is what the field means by a default
// (llama.cpp, Ollama, the Hub): below it quality falls steeply, above it files grow for little.
// Five and six bits follow, then the older 4-bit types, then 8 bits. Three bits are worse than
// any of them, and what two or one bits cost is so much that a 16-bit file, which fails loudly
// where it does not fit, is the better answer to "give me this model". F16 runs on every
// backend, BF16 does not. Perplexity by type: https://github.com/ggml-org/llama.cpp/pull/1684,
// https://github.com/ggml-org/llama.cpp/pull/5747.
const ORDER: readonly string[] = [
  ['Q4_K_M', 'Q4_K_XL', 'Q4_K_L', 'Q4_K_P', 'Q4_K_S', 'Q4_K', 'IQ4_XS', 'IQ4_NL'],
  ['MXFP4_MOE', 'NVFP4', 'MXFP4'],
  ['Q5_K_M', 'Q5_K_XL', 'Q5_K_L', 'Q5_K_P', 'Q5_K_S', 'Q5_K'],
  ['Q6_K', 'Q6_K_L', 'Q6_K_XL', 'Q6_K_P', 'Q5_1', 'Q5_0', 'Q4_1', 'Q4_0'],
  ['Q8_0', 'Q8_0_L', 'Q8_K_XL', 'Q8_K_P'],
  ['IQ3_M', 'Q3_K_M', 'Q3_K_XL', 'Q3_K_L', 'Q3_K_P', 'IQ3_S', 'Q3_K_S', 'Q3_K'],
  ['IQ3_XS', 'IQ3_XXS'],
  ['F16', 'BF16'],
  ['Q2_K_XL', 'Q2_K_L', 'Q2_K', 'IQ2_M', 'IQ2_S', 'Q2_K_S', 'IQ2_XS', 'IQ2_XXS'],
  ['TQ2_0', 'I2_S', 'Q2_0'],
  ['IQ1_M', 'IQ1_S', 'TQ1_0', 'Q1_0'],
  ['F32', 'F64'],
].flat();

const POSITIONS: ReadonlyMap<string, number> = new Map(ORDER.map((name, index) => [name, index]));

const LAST_OF_BITS: ReadonlyMap<number | undefined, number> = new Map(
  ORDER.map((name, index) => [nominalBits(name), index]),
);

/** Where a quant stands in the order: 0 is the best. Unknown types end the row of their bits. */
function positionOf(name: string): number {
  const base = withoutPublisherPrefix(name);
  const known = POSITIONS.get(base);
  if (known !== undefined) return known;
  const bits = nominalBits(base);
  if (bits === undefined) return ORDER.length;
  return (LAST_OF_BITS.get(bits) ?? ORDER.length - 1) + 0.5;
}

/**
 * Whether MXFP4 is the form in which the model was released, so that every other quant is made from
 * it and none is better. The file names tell: the model is a gpt-oss; or there is an `MXFP4` without
 * any 5- or 6-bit quant beside it. Those are made of every model that has more than 4 bits to give,
 * while `MXFP4_MOE` is also what llama-quantize makes of any model and proves nothing.
 */
export function isNativeMxfp4(quants: readonly Rankable[], context: RankingContext = {}): boolean {
  const mxfp4 = quants.filter(isMxfp4);
  const paths = mxfp4.flatMap(({ files }) => files.map(({ path }) => path));
  if (mxfp4.length > 0 && [context.repo ?? '', ...paths].some((text) => /gpt-?oss/iu.test(text))) {
    return true;
  }
  const hasMoreBits = quants.some(({ name }) => [5, 6].includes(nominalBits(name) ?? 0));
  return !hasMoreBits && mxfp4.some(({ name }) => name === 'MXFP4');
}

/** Whether a quant is MXFP4, as a whole or in its experts. */
export function isMxfp4({ name }: Pick<Rankable, 'name'>): boolean {
  return name === 'MXFP4' || name === 'MXFP4_MOE';
}

// The types of forks (ik_llama.cpp, bitnet.cpp, PrismML) and those that llama.cpp dropped:
// https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml.c ("REMOVED", "DEPRECATED").
const NOT_IN_LLAMA_CPP =
  /^(?:Q4_0_[48]_[48]|Q4_[23]|IQ\d_K[ST]?|IQ\d_KSS|IQ\d_KL|IQ4_NL_(?:4_4|4_8|8_8|X4)|I[28]_S|TL[12]|P.+|TQ[34]_.+|TQ\d_\dS|.+_R[48])$/u;

/** Whether llama.cpp, as released, reads this type. */
export function isLoadable({ name }: Pick<Rankable, 'name'>): boolean {
  return !NOT_IN_LLAMA_CPP.test(withoutPublisherPrefix(name));
}

/** Whether no shard of it is missing. */
export function isComplete({ shards }: Pick<Rankable, 'shards'>): boolean {
  return shards === undefined || shards.missing.length === 0;
}

function publisherRank(name: string): number {
  const base = withoutPublisherPrefix(name);
  if (base === name) return 0;
  return name.startsWith('UD-') ? 1 : 2;
}

/**
 * Orders quants by quality for their size, the best default first: Q4_K_M, Q4_K_S, then 5 and 6
 * bits; every 4-bit form above every one of 3, 2 and 1 bits; MXFP4 first where the model was
 * released in it. Of one quant the plain file comes before its variants. Those that lack shards,
 * then files that name no quant, come last.
 */
export function rankQuants<Q extends Rankable>(
  quants: readonly Q[],
  context: RankingContext = {},
): Q[] {
  const native = isNativeMxfp4(quants, context);
  const keys = new Map(
    quants.map((quant) => [
      quant,
      [
        isComplete(quant) ? 0 : 1,
        native && isMxfp4(quant) ? -1 : positionOf(quant.name),
        publisherRank(quant.name),
      ],
    ]),
  );
  return [...quants].sort((one, other) => {
    const key = keys.get(one) ?? [];
    const otherKey = keys.get(other) ?? [];
    const at = key.findIndex((value, index) => value !== otherKey[index]);
    // The plain label comes first: those of the variants begin with it.
    if (at === -1) return compareText(one.label, other.label);
    return (key[at] ?? 0) - (otherKey[at] ?? 0);
  });
}
