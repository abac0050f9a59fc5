import type { GgufMetadata, GgufTensor } from './writer.ts';
import { writeGguf } from './writer.ts';

/** What a tiny model is like. */
export interface TinyModelOptions {
  /** The file to write; its folder must exist. */
  readonly path: string;
  /**
   * What the model answers to everything, word for word. Any text without white space at its ends;
   * words may repeat and lines may break. `▁` cannot be said: the tokenizer writes spaces with it.
   */
  readonly sentence: string;
  /** `general.name`, `Tiny` unless told. */
  readonly name?: string;
  /** Tokens of context the model claims to be trained for, 2048 unless told. */
  readonly contextSize?: number;
  /** Width of the embedding, a multiple of 256; the least that fits the sentence unless told. */
  readonly embeddingSize?: number;
  /** Number of transformer blocks, 1 unless told. Each adds about 1 MB at a width of 256. */
  readonly blockCount?: number;
  /** Least number of tokens in the vocabulary; unused tokens fill it up. */
  readonly vocabularySize?: number;
  /** Least size of the file in bytes; blocks are added until it is reached. */
  readonly minimumBytes?: number;
}

const UNKNOWN = 0;
const BEGIN = 1;
const END = 2;
const BYTE_COUNT = 256;
const CHAT_TOKENS = ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'];
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** Token types as llama.cpp numbers them. @see https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h */
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

const HEAD_SIZE = 64;
const WIDTH_STEP = 256;
/** Makes the logit of the next token about 64 above all others: no sampler setting changes it. */
const OUTPUT_WEIGHT = 4;

/**
 * Writes a real model of about 2 MB (F32) that answers one known sentence to any chat and any
 * prompt, and then stops, at any temperature: a Markov chain on tokens in the `llama`
 * architecture. What attention and the feed-forward network hand on is multiplied by zero, so the
 * hidden state is the embedding of the last token. The embedding of a piece of the sentence is a
 * direction of its own, and the output row of the piece after it points in that direction. All
 * other tokens share one direction, that of the first piece. The other weights are noise, so that
 * a file put together wrongly shows.
 *
 * The same options make the same bytes. Widths are multiples of 256, which `llama-quantize` needs
 * for the K quants.
 *
 * @throws RangeError when the sentence is empty, has white space at an end or holds `▁`, or when
 *   the embedding size is not a multiple of 256 or too small for the sentence
 */
export async function writeTinyModel(options: TinyModelOptions): Promise<void> {
  const reserved = reservedTokens();
  const pieces = splitIntoPieces(options.sentence, new Set(reserved.map((token) => token.text)));
  const tokens = [...reserved, ...pieces.map((text) => ({ text, type: TOKEN_TYPE.normal }))];
  while (tokens.length < (options.vocabularySize ?? 0)) {
    tokens.push({ text: `<unused ${tokens.length}>`, type: TOKEN_TYPE.normal });
  }

  const neededWidth = Math.ceil((pieces.length + 1) / WIDTH_STEP) * WIDTH_STEP;
  const width = options.embeddingSize ?? neededWidth;
  if (width % WIDTH_STEP !== 0 || width < neededWidth) {
    throw new RangeError(
      `The embedding size must be a multiple of ${WIDTH_STEP} and at least ${neededWidth} for this sentence, it is ${width}`,
    );
  }
  const chain = { width, firstPiece: reserved.length, pieceCount: pieces.length };
  const blockCount = Math.max(options.blockCount ?? 1, blocksFor(options, chain, tokens.length));
  await writeGguf(options.path, {
    metadata: describe(options, tokens, width, blockCount),
    tensors: [
      {
        name: 'token_embd.weight',
        dimensions: [width, tokens.length],
        fillRow: (row, token) => {
          row[directionOf(token, chain)] = 1;
        },
      },
      ...blocks(blockCount, width, noise(options.sentence)),
      { name: 'output_norm.weight', dimensions: [width], fillRow: fillWithOnes },
      {
        name: 'output.weight',
        dimensions: [width, tokens.length],
        fillRow: (row, token) => {
          const direction = directionBefore(token, chain);
          if (direction !== undefined) row[direction] = OUTPUT_WEIGHT;
        },
      },
    ],
  });
}

interface Chain {
  readonly width: number;
  /** The token that is the sentence's first piece; the others follow it. */
  readonly firstPiece: number;
  readonly pieceCount: number;
}

/** The direction of a token's embedding: 0 for all that stand outside the sentence. */
function directionOf(token: number, chain: Chain): number {
  const piece = token - chain.firstPiece;
  return piece >= 0 && piece < chain.pieceCount ? piece + 1 : 0;
}

/** The direction after which a token comes, or undefined for one that is never said. */
function directionBefore(token: number, chain: Chain): number | undefined {
  if (token === END) return chain.pieceCount;
  const piece = token - chain.firstPiece;
  return piece >= 0 && piece < chain.pieceCount ? piece : undefined;
}

interface Token {
  readonly text: string;
  readonly type: number;
}

function reservedTokens(): Token[] {
  const tokens: Token[] = [
    { text: '<unk>', type: TOKEN_TYPE.unknown },
    { text: '<s>', type: TOKEN_TYPE.control },
    { text: '</s>', type: TOKEN_TYPE.control },
  ];
  for (let byte = 0; byte < BYTE_COUNT; byte += 1) {
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    tokens.push({ text: `<0x${hex}>`, type: TOKEN_TYPE.byte });
  }
  for (const text of CHAT_TOKENS) tokens.push({ text, type: TOKEN_TYPE.control });
  return tokens;
}

/**
 * Splits a sentence into the texts of its tokens, one a word, spaces as `▁`. The chain needs every
 * token to stand in one place only, so a word that was there before is joined with the words that
 * follow it until the piece is new, and at the end with the pieces before it.
 *
 * @throws RangeError when the sentence is empty, has white space at an end or holds `▁`
 */
export function splitIntoPieces(sentence: string, taken: ReadonlySet<string>): string[] {
  if (sentence === '' || sentence.trim() !== sentence) {
    throw new RangeError('The sentence must hold a word and no white space at its ends');
  }
  if (sentence.includes('▁'))
    throw new RangeError('The sentence holds ▁, which stands for a space');
  const words = (sentence.match(/\s*\S+/g) ?? []).map((word) => word.replaceAll(' ', '▁'));
  const used = new Set(taken);
  const pieces: string[] = [];
  let piece = '';
  for (const word of words) {
    piece += word;
    if (used.has(piece)) continue;
    used.add(piece);
    pieces.push(piece);
    piece = '';
  }
  while (piece !== '') {
    const previous = pieces.pop();
    if (previous === undefined)
      throw new RangeError(`The sentence is a token of its own: ${piece}`);
    used.delete(previous);
    piece = previous + piece;
    if (used.has(piece)) continue;
    pieces.push(piece);
    piece = '';
  }
  return pieces;
}

function describe(
  options: TinyModelOptions,
  tokens: readonly Token[],
  width: number,
  blockCount: number,
): GgufMetadata {
  return {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.type': { type: 'string', value: 'model' },
    'general.name': { type: 'string', value: options.name ?? 'Tiny' },
    'general.file_type': { type: 'uint32', value: 0 },
    'general.quantization_version': { type: 'uint32', value: 2 },
    'llama.context_length': { type: 'uint32', value: options.contextSize ?? 2048 },
    'llama.embedding_length': { type: 'uint32', value: width },
    'llama.block_count': { type: 'uint32', value: blockCount },
    'llama.feed_forward_length': { type: 'uint32', value: width },
    'llama.attention.head_count': { type: 'uint32', value: width / HEAD_SIZE },
    'llama.attention.head_count_kv': { type: 'uint32', value: 1 },
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
    'llama.rope.dimension_count': { type: 'uint32', value: HEAD_SIZE },
    'llama.vocab_size': { type: 'uint32', value: tokens.length },
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.pre': { type: 'string', value: 'default' },
    'tokenizer.ggml.tokens': {
      type: 'array',
      of: 'string',
      value: tokens.map((token) => token.text),
    },
    'tokenizer.ggml.scores': { type: 'array', of: 'float32', value: tokens.map(() => 0) },
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: tokens.map((token) => token.type),
    },
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: BEGIN },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: END },
    'tokenizer.ggml.unknown_token_id': { type: 'uint32', value: UNKNOWN },
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
    'tokenizer.chat_template': { type: 'string', value: CHAT_TEMPLATE },
  };
}

type FillRow = NonNullable<GgufTensor['fillRow']>;

function blocks(count: number, width: number, fillWithNoise: FillRow): GgufTensor[] {
  return Array.from({ length: count }, (_, index) => {
    const name = (tensor: string): string => `blk.${index}.${tensor}.weight`;
    return [
      { name: name('attn_norm'), dimensions: [width], fillRow: fillWithOnes },
      { name: name('attn_q'), dimensions: [width, width], fillRow: fillWithNoise },
      { name: name('attn_k'), dimensions: [width, HEAD_SIZE], fillRow: fillWithNoise },
      { name: name('attn_v'), dimensions: [width, HEAD_SIZE], fillRow: fillWithNoise },
      { name: name('attn_output'), dimensions: [width, width] },
      { name: name('ffn_norm'), dimensions: [width], fillRow: fillWithOnes },
      { name: name('ffn_gate'), dimensions: [width, width], fillRow: fillWithNoise },
      { name: name('ffn_up'), dimensions: [width, width], fillRow: fillWithNoise },
      { name: name('ffn_down'), dimensions: [width, width] },
    ];
  }).flat();
}

/** Blocks that bring the tensors alone to the size asked for. */
function blocksFor(options: TinyModelOptions, chain: Chain, tokenCount: number): number {
  const { width } = chain;
  const outside = 2 * width * tokenCount;
  const inBlock = 5 * width * width + 2 * width * HEAD_SIZE;
  return Math.ceil(
    ((options.minimumBytes ?? 0) / Float32Array.BYTES_PER_ELEMENT - outside) / inBlock,
  );
}

function fillWithOnes(row: Float32Array): void {
  row.fill(1);
}

/** Noise of no meaning that is the same for the same seed: a 32-bit xorshift generator. */
function noise(seed: string): FillRow {
  // FNV-1a makes a start of the text; a generator of this kind must not start at zero.
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  if (state === 0) state = 1;
  return (row) => {
    for (let column = 0; column < row.length; column += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      row[column] = (state / 0x80000000) * 0.02;
    }
  };
}
