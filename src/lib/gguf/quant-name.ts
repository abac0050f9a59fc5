import { asciiUpperCase, foldersOf, nameOf, withoutExtension } from './file-name.ts';
import { withoutPiece, withoutShardCount } from './shards.ts';

/** What a file name says about how the weights are stored. */
export interface QuantName {
  /**
   * Canonical: `Q4_K_M`, `UD-Q4_K_XL`, `i1-IQ2_XXS`, `MXFP4_MOE`, `BF16`. Upper case but for `i1-`,
   * which the field writes small.
   */
  readonly name: string;
  /** What follows the quant, upper case: `MTP` in `m-Q8_0-mtp.gguf`, `V2` in `m-q4_k_m_v2.gguf`. */
  readonly variant?: string;
}

/** A quant name with the place where it stands in a text. */
export interface LocatedQuant extends QuantName {
  /** The text before it, without the separator: usually the model's name. */
  readonly before: string;
}

/** How much a form tells: a name that only names the type of some tensors gives way to others. */
type Strength = 'mix' | 'quant' | 'end' | 'float';

interface Form {
  readonly strength: Strength;
  readonly pattern: RegExp;
  readonly canonical: (token: string) => string;
}

const underscores = (token: string): string => token.replaceAll('-', '_');

function form(strength: Strength, pattern: string, canonical = underscores): Form {
  const end = strength === 'end' ? '$' : String.raw`(?![\p{L}\p{N}])`;
  return {
    strength,
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${pattern})${end}`, 'gu'),
    canonical,
  };
}

// The names that llama-quantize, the Hub's label list and the publishers of quants write
// (https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/quantize.cpp,
// https://github.com/huggingface/huggingface.js/blob/main/packages/tasks/src/gguf.ts), with `-` or
// nothing between the parts where people write them so: Q4-K-M, q4km. Matched in upper case.
const FORMS: readonly Form[] = [
  // The type of the experts or of the bulk; what follows it (`MXFP4_MOE_BF16`) is that of the rest.
  form('mix', '(?:MXFP[468]|NVFP4)(?:[_-]MOE)?'),
  form('quant', 'Q[1-8][_-]?K(?:[_-]?(?:XXL|XL|L|M|S|XS|XXS|P))?(?:_R[48])?', (token) => {
    const [, bits = '', size = ''] = /^Q(\d)[_-]?K[_-]?(.*)$/u.exec(token) ?? [];
    if (size === '') return `Q${bits}_K`;
    return `Q${bits}_K_${size}`;
  }),
  form('quant', 'Q[1-8](?:_[0-3]|-[01])(?:_(?:4_4|4_8|8_8|SOME_F16|G[0-9]{2,3}|R[48]|XL|L|M|S))?'),
  form('quant', 'Q[1-8]_(?:NL|X|P)'),
  form(
    'quant',
    'IQ[1-6][_-]?(?:XXXS|XXS|XS|NL|XL|KSS|KS|KL|KT|K|S|M|L)(?:_(?:4_4|4_8|8_8|X4|R[48]|XL|L|M|S))?',
    (token) => token.replace(/^(IQ\d)[_-]?/u, '$1_'),
  ),
  form('quant', 'P?TQ[1-4][_-][0-4]S?'),
  form('quant', 'PQ2_0'),
  form('quant', 'I[28][_-]S'),
  // Too short to be sure of in the middle of a model's name.
  form('end', 'I?Q[2-8]|TL[12]|I[48]'),
  form('float', 'BF16|FP?(?:16|32|64)', (token) => token.replace('FP', 'F')),
];

const PUBLISHER_PREFIX = /(?:^|[^\p{L}\p{N}])(?<prefix>UD|I1)[._-]$/u;

interface Token {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The tokens of a text that have one strength, in the order in which they stand. */
function tokensOf(upper: string, strength: Strength): Token[] {
  return FORMS.filter((each) => each.strength === strength)
    .flatMap(({ pattern, canonical }) =>
      [...upper.matchAll(pattern)].map(({ 0: token, index }) => ({
        name: canonical(token),
        start: index,
        end: index + token.length,
      })),
    )
    .sort((one, other) => one.start - other.start);
}

/**
 * Finds the quant in one part of a path, without its extension. Of several names the last counts:
 * what stands before it tells where the weights came from (`m-F16-Q4_K_M`). A float type after a
 * quant is that of some tensors (`m-Q6_K-f16`) and becomes the variant.
 */
export function locateQuant(text: string): LocatedQuant | undefined {
  const upper = asciiUpperCase(text);
  const token =
    tokensOf(upper, 'mix').at(0) ??
    tokensOf(upper, 'quant').at(-1) ??
    tokensOf(upper, 'end').at(-1) ??
    tokensOf(upper, 'float').at(-1);
  if (token === undefined) return undefined;
  const prefix = PUBLISHER_PREFIX.exec(upper.slice(0, token.start))?.groups?.['prefix'];
  const start = prefix === undefined ? token.start : token.start - prefix.length - 1;
  const written = prefix === 'I1' ? 'i1-' : prefix === 'UD' ? 'UD-' : '';
  const variant = variantOf(text.slice(token.end));
  return {
    name: `${written}${token.name}`,
    before: text.slice(0, start).replace(/[._\s-]+$/u, ''),
    ...(variant === '' ? {} : { variant }),
  };
}

const MAX_VARIANT = 60;

/** Words as they stand in a label: upper case, joined by `-`, nothing but `A-Z 0-9 .` in them. */
export function variantOf(text: string): string {
  return asciiUpperCase(text)
    .split(/[^A-Z0-9.]+/u)
    .map((word) => word.replaceAll(/^\.+|\.+$/gu, '').replaceAll(/\.{2,}/gu, '.'))
    .filter((word) => word !== '' && word !== 'GGUF')
    .join('-')
    .slice(0, MAX_VARIANT)
    .replace(/[.-]+$/u, '');
}

/**
 * Reads the quant from a path or the stem of a file name: from the file name first, then from the
 * folders, the innermost first. Any case; `.`, `-`, `_` or a blank before it; shards and pieces too.
 * Undefined when none of them names a quant.
 */
export function parseQuantName(pathOrStem: string): QuantName | undefined {
  const stem = withoutExtension(withoutShardCount(withoutPiece(nameOf(pathOrStem))));
  for (const part of [stem, ...foldersOf(pathOrStem).toReversed()]) {
    const located = locateQuant(part);
    if (located === undefined) continue;
    const { name, variant } = located;
    return variant === undefined ? { name } : { name, variant };
  }
  return undefined;
}

/** A quant name without the publisher's `UD-` (dynamic) or `i1-` (weighted by an imatrix). */
export function withoutPublisherPrefix(name: string): string {
  return name.replace(/^(?:UD|i1)-/iu, '');
}
