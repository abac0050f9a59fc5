import type { GgufHeader } from './header.ts';
import { vocabularySizeOf } from './header-description.ts';
import { fieldsOf } from './header-fields.ts';
import { type LayerMemory, blockCountOf, layersOf } from './memory-layers.ts';
import { type CacheType, bytesPerValue } from './memory-types.ts';
import { weightBytes } from './memory-weights.ts';

/** A model with the settings it would be loaded with. Those left out are llama-server's own. */
export interface MemoryQuestion {
  /** The header of each file of the model, in order, read with its tensors. */
  readonly headers: readonly [GgufHeader, ...GgufHeader[]];
  /** Tokens of context. */
  readonly contextSize: number;
  /** f16 unless told. */
  readonly cacheTypeK?: CacheType;
  readonly cacheTypeV?: CacheType;
  /** Sequences at once, 4 unless told. */
  readonly parallel?: number;
  /** Whether the sequences share one context; they do where `parallel` is not told. */
  readonly unified?: boolean;
  /** Tokens computed at once, 512 unless told. */
  readonly ubatch?: number;
  /** Whether attention is computed in one go (flash attention), as it is unless told. */
  readonly flashAttention?: boolean;
  /** Whether blocks with a sliding window keep the whole context (`--swa-full`). */
  readonly fullWindows?: boolean;
  /** Bytes of the projector's file, 0 unless told. */
  readonly projectorBytes?: number;
}

/** What a block takes, in bytes. */
export interface LayerBytes {
  readonly weights: number;
  readonly kvCache: number;
}

/** What a model takes in memory, in bytes. */
export interface MemoryEstimate {
  readonly weights: number;
  /** Keys and values of the context, and the states of recurrent blocks. */
  readonly kvCache: number;
  readonly projector: number;
  /** Intermediate results; a rough figure. */
  readonly compute: number;
  readonly total: number;
  readonly perLayer: readonly LayerBytes[];
  /** Weights outside the blocks. */
  readonly input: number;
  readonly output: number;
}

/** Source: `--parallel`, `--ubatch-size` in https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
const PARALLEL = 4;
const UBATCH = 512;
/** Contexts and windows are filled up to this many tokens. Source: src/llama-context.cpp, src/llama-kv-cache-iswa.cpp */
const CELL_STEP = 256;
const F32 = 4;
const F16 = 2;

/**
 * What a model takes in memory. Weights are the bytes of its tensors: mapped from the file they can
 * be dropped and read again, yet each token needs them all, so they count in full. Not counted:
 * the server's cache of earlier prompts (`--cache-ram`), which grows in use and is given up first.
 */
export function estimateMemory(question: MemoryQuestion): MemoryEstimate {
  const [header] = question.headers;
  const blocks = blockCountOf(header);
  const weights = weightBytes(question.headers, blocks);
  const layers = layersOf(header);
  const caches = layers.map((layer) => cacheBytes(layer, question));
  const kvCache = caches.reduce((sum, bytes) => sum + bytes, 0);
  const projector = question.projectorBytes ?? 0;
  const compute = computeBytes(header, layers, question);
  return {
    weights: weights.total,
    kvCache,
    projector,
    compute,
    total: weights.total + kvCache + projector + compute,
    perLayer: caches.map((cache, block) => ({
      weights: weights.blocks[block] ?? 0,
      kvCache: cache,
    })),
    input: weights.input,
    output: weights.output,
  };
}

/**
 * Bytes of an estimate that lie in GPU memory when so many layers are put there, the last ones
 * first; what makes logits of the last block's result counts as a layer. The token embeddings stay
 * outside, unless they make the logits too. Source: `load_tensors` in
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp
 */
export function gpuBytes(estimate: MemoryEstimate, gpuLayers: number): number {
  if (gpuLayers <= 0) return 0;
  const { compute, input, output, perLayer, projector } = estimate;
  const first = Math.max(perLayer.length + 1 - gpuLayers, 0);
  // Tied embeddings: the norm alone is left of the output, and the table is there twice.
  const tied = output < input / 16;
  return perLayer
    .slice(first)
    .reduce(
      (sum, layer) => sum + layer.weights + layer.kvCache,
      compute + projector + output + (tied ? input : 0),
    );
}

/**
 * What one block keeps: cells × (values of keys × their bytes + values of values × theirs), and the
 * state in F32 for each sequence. Source: the constructors in
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp and
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-memory-recurrent.cpp
 */
function cacheBytes(layer: LayerMemory, question: MemoryQuestion): number {
  const { parallel = PARALLEL } = question;
  const perCell =
    layer.keys * bytesPerValue(question.cacheTypeK ?? 'f16') +
    layer.values * bytesPerValue(question.cacheTypeV ?? 'f16');
  return cellsOf(layer, question) * perCell + layer.state * F32 * parallel;
}

/** Cells of all sequences together. Source: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache-iswa.cpp */
function cellsOf({ window }: LayerMemory, question: MemoryQuestion): number {
  const { fullWindows, parallel = PARALLEL, ubatch = UBATCH } = question;
  const streams = streamsOf(question);
  const cells = cellsOfStream(question);
  if (window === undefined || fullWindows === true) return cells * streams;
  const inWindow = filledUp(Math.min(cells, window * (streams === 1 ? parallel : 1) + ubatch));
  return inWindow * streams;
}

function cellsOfStream(question: MemoryQuestion): number {
  return filledUp(question.contextSize / streamsOf(question));
}

/** Contexts beside each other: one that all sequences share, or one for each. */
function streamsOf({ parallel, unified = parallel === undefined }: MemoryQuestion): number {
  return unified ? 1 : (parallel ?? PARALLEL);
}

function filledUp(tokens: number): number {
  return Math.ceil(tokens / CELL_STEP) * CELL_STEP;
}

/**
 * About what the intermediate results take: for each token that is computed at once the widest of
 * the logits, the feed-forward network, what goes into the states and, without flash attention,
 * the scores of all heads; some rows of the embedding's width beside it; and which cells the token
 * may look at. The factors are fitted to what llama-fit-params reports for models of 0.1 to 8 GB on
 * build 11669.
 */
function computeBytes(
  header: GgufHeader,
  layers: readonly LayerMemory[],
  question: MemoryQuestion,
): number {
  const { flashAttention = true, ubatch = UBATCH } = question;
  const fields = fieldsOf(header);
  const embedding = fields.number('embedding_length') ?? 0;
  const experts = fields.number('expert_used_count') ?? 0;
  const feedForward = Math.max(
    fields.number('feed_forward_length') ?? 0,
    (fields.number('expert_feed_forward_length') ?? 0) * experts,
  );
  // One mask for all blocks with a window, one for all without.
  const attending = layers.filter(({ keys }) => keys > 0);
  const streams = streamsOf(question);
  const widths = new Map(
    attending.map((layer) => [layer.window, cellsOf(layer, question) / streams] as const),
  );
  const cells = [...widths.values()].reduce((sum, width) => sum + width, 0);
  const heads = fields.number('attention.head_count') ?? 0;
  const widest = Math.max(
    vocabularySizeOf(header) ?? 0,
    3 * feedForward,
    5 * (fields.number('ssm.inner_size') ?? 0),
    flashAttention ? 0 : heads * Math.max(...widths.values(), 0),
  );
  return ubatch * (F32 * (widest + 5.5 * embedding) + cells * (flashAttention ? F16 : F32));
}
