import { type GgufMetadata, type GgufTensor, type GgufValue, writeHollowGguf } from './writer.ts';

/** Counts of a model in the `llama` architecture. */
export interface HollowShape {
  readonly blockCount: number;
  readonly embeddingLength: number;
  readonly headCount: number;
  /** One for all blocks, or one for each. */
  readonly headCountKv: number | readonly number[];
  readonly headLength?: number;
  readonly feedForwardLength: number;
  readonly vocabularySize: number;
  readonly contextLength?: number;
  /** Type of the matrices, Q8_0 unless told; the vectors are F32. */
  readonly type?: NonNullable<GgufTensor['type']>;
  /** Whether the embeddings make the logits as well. */
  readonly tied?: boolean;
}

/**
 * What a model of some architecture is made of, to be written with {@link writeHollowGguf}: a file
 * that llama.cpp loads, all zero, of any size.
 */
export interface HollowModel {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
}

/** Writes a model of any size that takes no space on the disk. */
export async function writeHollowModel(file: string, model: HollowModel): Promise<void> {
  await writeHollowGguf(file, model);
}

/** A model like Llama: several heads share their keys and values. */
export function hollowLlama(shape: HollowShape): HollowModel {
  return decoder('llama', shape, {});
}

/** A model like Nemotron by DeciLM: blocks may share heads in different numbers. */
export function hollowDeci(shape: HollowShape): HollowModel {
  return decoder('deci', shape, {});
}

/** A model like Gemma 3: five blocks with a sliding window, then one without. */
export function hollowGemma(shape: HollowShape, window: number): HollowModel {
  const model = decoder('gemma3', shape, { 'attention.sliding_window': u32(window) });
  const { embeddingLength: width } = shape;
  const headLength = headLengthOf(shape);
  return {
    metadata: model.metadata,
    tensors: [
      ...model.tensors,
      ...eachBlock(shape, () => [
        ['post_attention_norm', [width]],
        ['post_ffw_norm', [width]],
        ['attn_q_norm', [headLength]],
        ['attn_k_norm', [headLength]],
      ]),
    ],
  };
}

/** What a model like Mamba is. */
export interface HollowMambaShape {
  readonly blockCount: number;
  readonly embeddingLength: number;
  readonly innerSize: number;
  readonly stateSize: number;
  readonly convolutionKernel: number;
  readonly timeStepRank: number;
  readonly vocabularySize: number;
}

/** A model like Mamba: blocks that keep a state and no keys. */
export function hollowMamba(shape: HollowMambaShape): HollowModel {
  const { convolutionKernel, embeddingLength, innerSize, stateSize, timeStepRank } = shape;
  return {
    metadata: {
      ...common('mamba', shape.blockCount, embeddingLength, shape.vocabularySize, 4096, {
        feed_forward_length: u32(0),
        'attention.head_count': u32(0),
        'attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
        'ssm.conv_kernel': u32(convolutionKernel),
        'ssm.inner_size': u32(innerSize),
        'ssm.state_size': u32(stateSize),
        'ssm.time_step_rank': u32(timeStepRank),
      }),
    },
    tensors: [
      { name: 'token_embd.weight', dimensions: [embeddingLength, shape.vocabularySize] },
      { name: 'output_norm.weight', dimensions: [embeddingLength] },
      ...Array.from({ length: shape.blockCount }, (_, block): GgufTensor[] =>
        (
          [
            ['attn_norm.weight', [embeddingLength]],
            ['ssm_in.weight', [embeddingLength, 2 * innerSize]],
            ['ssm_conv1d.weight', [convolutionKernel, innerSize]],
            ['ssm_conv1d.bias', [innerSize]],
            ['ssm_x.weight', [innerSize, timeStepRank + 2 * stateSize]],
            ['ssm_dt.weight', [timeStepRank, innerSize]],
            ['ssm_dt.bias', [innerSize]],
            ['ssm_a', [stateSize, innerSize]],
            ['ssm_d', [innerSize]],
            ['ssm_out.weight', [innerSize, embeddingLength]],
          ] as const
        ).map(([name, dimensions]) => ({ name: `blk.${block}.${name}`, dimensions })),
      ).flat(),
    ],
  };
}

/** What a model with latent attention is like besides its usual counts. */
export interface HollowLatentShape extends HollowShape {
  readonly latentLength: number;
  readonly queryLatentLength: number;
  readonly ropeLength: number;
}

/** A model like DeepSeek 2: one compressed row for keys and values (multi-head latent attention). */
export function hollowDeepseek(shape: HollowLatentShape): HollowModel {
  const { embeddingLength: width, headCount, latentLength, queryLatentLength, ropeLength } = shape;
  const headLength = headLengthOf(shape);
  const dense = decoder(
    'deepseek2',
    { ...shape, headCountKv: 1 },
    {
      'attention.q_lora_rank': u32(queryLatentLength),
      'attention.kv_lora_rank': u32(latentLength),
      'attention.key_length': u32(latentLength + ropeLength),
      'attention.value_length': u32(latentLength),
      'attention.key_length_mla': u32(headLength + ropeLength),
      'attention.value_length_mla': u32(headLength),
      leading_dense_block_count: u32(shape.blockCount),
      expert_feed_forward_length: u32(shape.feedForwardLength),
      expert_count: u32(0),
      expert_used_count: u32(0),
      expert_shared_count: u32(0),
      'rope.dimension_count': u32(ropeLength),
    },
  );
  const replaced = /\.attn_(?:q|k|v|output)\.weight$/u;
  return {
    metadata: dense.metadata,
    tensors: [
      ...dense.tensors.filter(({ name }) => !replaced.test(name)),
      ...eachBlock(shape, () => [
        ['attn_q_a', [width, queryLatentLength]],
        ['attn_q_a_norm', [queryLatentLength]],
        ['attn_q_b', [queryLatentLength, headCount * (headLength + ropeLength)]],
        ['attn_kv_a_mqa', [width, latentLength + ropeLength]],
        ['attn_kv_a_norm', [latentLength]],
        ['attn_k_b', [headLength, latentLength, headCount]],
        ['attn_v_b', [latentLength, headLength, headCount]],
        ['attn_output', [headCount * headLength, width]],
      ]),
    ],
  };
}

function decoder(
  architecture: string,
  shape: HollowShape,
  more: Readonly<Record<string, GgufValue>>,
): HollowModel {
  const { blockCount, embeddingLength: width, feedForwardLength, headCount, headCountKv } = shape;
  const headLength = headLengthOf(shape);
  const kvOf = (block: number): number =>
    typeof headCountKv === 'number' ? headCountKv : (headCountKv[block] ?? 0);
  return {
    metadata: common(architecture, blockCount, width, shape.vocabularySize, shape.contextLength, {
      feed_forward_length: u32(feedForwardLength),
      'attention.head_count': u32(headCount),
      'attention.head_count_kv':
        typeof headCountKv === 'number'
          ? u32(headCountKv)
          : { type: 'array', of: 'uint32', value: headCountKv },
      'attention.key_length': u32(headLength),
      'attention.value_length': u32(headLength),
      'attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
      'rope.dimension_count': u32(headLength),
      ...more,
    }),
    tensors: [
      matrix(shape, 'token_embd.weight', [width, shape.vocabularySize]),
      { name: 'output_norm.weight', dimensions: [width] },
      ...(shape.tied === true
        ? []
        : [matrix(shape, 'output.weight', [width, shape.vocabularySize])]),
      ...eachBlock(shape, (block) => [
        ['attn_norm', [width]],
        ['attn_q', [width, headCount * headLength]],
        ['attn_k', [width, kvOf(block) * headLength]],
        ['attn_v', [width, kvOf(block) * headLength]],
        ['attn_output', [headCount * headLength, width]],
        ['ffn_norm', [width]],
        ['ffn_gate', [width, feedForwardLength]],
        ['ffn_up', [width, feedForwardLength]],
        ['ffn_down', [feedForwardLength, width]],
      ]),
    ],
  };
}

function eachBlock(
  shape: HollowShape,
  tensorsOf: (block: number) => readonly (readonly [name: string, dimensions: readonly number[]])[],
): GgufTensor[] {
  return Array.from({ length: shape.blockCount }, (_, block) =>
    tensorsOf(block).map(([name, dimensions]) =>
      matrix(shape, `blk.${block}.${name}.weight`, dimensions),
    ),
  ).flat();
}

/** Vectors stay F32, as llama-quantize leaves them. */
function matrix(shape: HollowShape, name: string, dimensions: readonly number[]): GgufTensor {
  return dimensions.length === 1
    ? { name, dimensions }
    : { name, dimensions, type: shape.type ?? 'Q8_0' };
}

function headLengthOf(shape: HollowShape): number {
  return shape.headLength ?? shape.embeddingLength / shape.headCount;
}

function common(
  architecture: string,
  blockCount: number,
  embeddingLength: number,
  vocabularySize: number,
  contextLength: number | undefined,
  more: Readonly<Record<string, GgufValue>>,
): GgufMetadata {
  const own: Readonly<Record<string, GgufValue>> = {
    context_length: u32(contextLength ?? 32_768),
    embedding_length: u32(embeddingLength),
    block_count: u32(blockCount),
    vocab_size: u32(vocabularySize),
    ...more,
  };
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.name': { type: 'string', value: `Hollow ${architecture}` },
    ...Object.fromEntries(
      Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value]),
    ),
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: tokens(vocabularySize) },
    'tokenizer.ggml.scores': {
      type: 'array',
      of: 'float32',
      value: Array.from({ length: vocabularySize }, () => 0),
    },
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: Array.from({ length: vocabularySize }, (_, token) => tokenType(token)),
    },
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.unknown_token_id': u32(0),
  };
}

const BYTE_COUNT = 256;
const FIRST_BYTE = 3;

function tokens(count: number): string[] {
  return Array.from({ length: count }, (_, token) => {
    if (token < FIRST_BYTE) return ['<unk>', '<s>', '</s>'][token] ?? '';
    const byte = token - FIRST_BYTE;
    if (byte < BYTE_COUNT) return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    return `▁token${token}`;
  });
}

/** @see https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h */
function tokenType(token: number): number {
  if (token === 0) return 2;
  if (token < FIRST_BYTE) return 3;
  return token < FIRST_BYTE + BYTE_COUNT ? 6 : 1;
}

function u32(value: number): GgufValue {
  return { type: 'uint32', value };
}
