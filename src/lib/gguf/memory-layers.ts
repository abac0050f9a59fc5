import type { GgufHeader } from './header.ts';
import { type HeaderFields, fieldsOf } from './header-fields.ts';

/** What one block of a model keeps of the tokens that it has seen. */
export interface LayerMemory {
  /** Values of keys for each token, 0 where there are none. */
  readonly keys: number;
  /** Values of values for each token, 0 where there are none. */
  readonly values: number;
  /** Tokens it looks back at most; undefined where it sees the whole context. */
  readonly window?: number;
  /** Values of the state that it keeps for each sequence, however long that is. */
  readonly state: number;
}

/** More blocks than any model has: the largest known have below 200. */
const MOST_BLOCKS = 1024;

/**
 * Architectures whose sliding windows llama.cpp places itself where the file does not: in a period,
 * the last block sees everything, or the first. A model of another architecture has windows only
 * where its header says which blocks.
 * Source: `set_swa_pattern` in https://github.com/ggml-org/llama.cpp/tree/master/src/models
 */
const WINDOW_PERIODS: Readonly<Record<string, { period: number; firstIsFull?: boolean }>> = {
  'gpt-oss': { period: 2 },
  gemma2: { period: 2 },
  gemma3: { period: 6 },
  gemma3n: { period: 5 },
  cohere2: { period: 4 },
  exaone4: { period: 4 },
  'exaone-moe': { period: 4 },
  olmo2: { period: 4 },
  mellum: { period: 4 },
  afmoe: { period: 4 },
  plamo3: { period: 8 },
  llama4: { period: 4 },
  smallthinker: { period: 4, firstIsFull: true },
  laguna: { period: 4, firstIsFull: true },
  cohere2moe: { period: 4, firstIsFull: true },
};

/** The windows that llama.cpp has in its source and files may leave out. Same source. */
const WINDOWS: Readonly<Record<string, number>> = { gemma2: 4096, llama4: 8192 };

/**
 * Architectures of which every block keeps a state and none keeps keys.
 * Source: `llm_arch_is_recurrent` in https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp
 */
const RECURRENT = new Set(['mamba', 'mamba2', 'rwkv6', 'rwkv6qwen2', 'rwkv7', 'arwkv7']);
/**
 * Architectures that look at all tokens at once and keep none. Source: `create_memory` in
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp
 */
const KEEPING_NOTHING = new Set([
  'bert',
  'modern-bert',
  'neo-bert',
  'nomic-bert',
  'nomic-bert-moe',
  'jina-bert-v2',
  'jina-bert-v3',
  'gemma-embedding',
  'dream',
  'llada',
  'llada-moe',
  'rnd1',
  'wavtokenizer-dec',
]);
/** Architectures of which every block has both. Source: src/models/falcon-h1.cpp */
const BOTH = new Set(['falcon-h1']);
/** Full attention in every n-th block, where the file does not say which. Source: src/models/qwen3next.cpp */
const ATTENTION_INTERVALS: Readonly<Record<string, number>> = {
  qwen3next: 4,
  qwen35: 4,
  qwen35moe: 4,
};

/** Blocks of a model. A count that no model has is cut down. */
export function blockCountOf(header: GgufHeader): number {
  return Math.min(Math.floor(fieldsOf(header).number('block_count') ?? 0), MOST_BLOCKS);
}

/**
 * What each block keeps. Blocks that predict further tokens (`nextn_predict_layers`) and those that
 * use the keys of earlier ones (`shared_kv_layers`, the last ones) keep nothing.
 *
 * Sources: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-hparams.cpp (`n_embd_k_gqa`,
 * `n_embd_r`, `n_embd_s`, `has_kv`) and the models beside it
 */
export function layersOf(header: GgufHeader): LayerMemory[] {
  const fields = fieldsOf(header);
  const blocks = blockCountOf(header);
  const keeping = KEEPING_NOTHING.has(fields.architecture)
    ? 0
    : blocks - (fields.number('nextn_predict_layers') ?? 0);
  const own = keeping - (fields.number('attention.shared_kv_layers') ?? 0);
  const widthsOf = attentionWidths(fields);
  const windowOf = windows(fields);
  const kindOf = kinds(fields);
  const state = stateValues(fields);
  return Array.from({ length: blocks }, (_, block) => {
    const kind = kindOf(block);
    const window = windowOf(block);
    const attends = kind !== 'recurrent' && block < own;
    const { keys, values } = attends
      ? widthsOf(block, window !== undefined)
      : { keys: 0, values: 0 };
    return {
      keys,
      values,
      ...(window === undefined ? {} : { window }),
      state: kind !== 'attention' && block < keeping ? state : 0,
    };
  });
}

/**
 * Heads times the length of a head. In multi-head latent attention one compressed row stands for
 * keys and values both: the file gives its length as the key's, and no values are kept.
 */
function attentionWidths(fields: HeaderFields) {
  const heads = fields.perBlock('attention.head_count');
  const headsKv = fields.perBlock('attention.head_count_kv') ?? heads;
  const embedding = fields.number('embedding_length') ?? 0;
  const headLength = embedding / Math.max(heads?.(0) ?? 1, 1);
  const lengths = (suffix: string) => ({
    key: fields.number(`attention.key_length${suffix}`),
    value: fields.number(`attention.value_length${suffix}`),
  });
  const full = lengths('');
  const windowed = lengths('_swa');
  const latent = fields.has('attention.key_length_mla') && fields.has('attention.value_length_mla');
  // Sparse attention keeps a second, small set of keys by which it picks tokens. Source:
  // https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache-dsa.cpp
  const indexer = fields.number('attention.indexer.key_length') ?? 0;
  return (block: number, hasWindow: boolean) => {
    const key = (hasWindow ? windowed.key : undefined) ?? full.key ?? headLength;
    const value = (hasWindow ? windowed.value : undefined) ?? full.value ?? headLength;
    const count = headsKv?.(block) ?? 0;
    return { keys: count * key + indexer, values: latent ? 0 : count * value };
  };
}

/** The window of each block, undefined where it sees everything. */
function windows(fields: HeaderFields): (block: number) => number | undefined {
  const { architecture } = fields;
  const window = fields.number('attention.sliding_window') ?? WINDOWS[architecture] ?? 0;
  if (window === 0) return () => undefined;
  const known = WINDOW_PERIODS[architecture];
  const pattern = fields.perBlock('attention.sliding_window_pattern');
  // Of an array each entry says whether that block has a window; one number is a period.
  if (pattern !== undefined && fields.isList('attention.sliding_window_pattern')) {
    return (block) => ((pattern(block) ?? 0) > 0 ? window : undefined);
  }
  const period = pattern?.(0) ?? known?.period ?? 1;
  const full = known?.firstIsFull === true ? 0 : period - 1;
  return (block) => (period === 0 || block % period !== full ? window : undefined);
}

/** Whether a block attends, keeps a state, or does both. */
function kinds(fields: HeaderFields): (block: number) => 'attention' | 'recurrent' | 'both' {
  const { architecture } = fields;
  if (RECURRENT.has(architecture)) return () => 'recurrent';
  if (BOTH.has(architecture)) return () => 'both';
  const listed = fields.perBlock('attention.recurrent_layers');
  if (listed !== undefined) {
    return (block) => ((listed(block) ?? 0) > 0 ? 'recurrent' : 'attention');
  }
  const interval = fields.number('full_attention_interval') ?? ATTENTION_INTERVALS[architecture];
  if (interval !== undefined && interval > 0) {
    return (block) => ((block + 1) % interval === 0 ? 'attention' : 'recurrent');
  }
  const headsKv = fields.perBlock('attention.head_count_kv');
  const feedForward = fields.perBlock('feed_forward_length');
  if (headsKv === undefined || !fields.isList('attention.head_count_kv')) {
    return () => 'attention';
  }
  // Nemotron-H has blocks that are feed-forward networks alone: they keep nothing.
  const hasAlone = fields.isList('feed_forward_length');
  return (block) => {
    if ((headsKv(block) ?? 0) > 0) return 'attention';
    return hasAlone && architecture.startsWith('nemotron_h') && (feedForward?.(block) ?? 0) > 0
      ? 'attention'
      : 'recurrent';
  };
}

/** Values of a recurrent block's state: the part of the convolution and the part of the scan. */
function stateValues(fields: HeaderFields): number {
  const number = (name: string): number => fields.number(name) ?? 0;
  const embedding = number('embedding_length');
  const wkvHead = number('wkv.head_size');
  if (wkvHead > 0) {
    return (fields.number('token_shift_count') ?? 2) * embedding + embedding * wkvHead;
  }
  const shortConvolution = number('shortconv.l_cache');
  if (shortConvolution > 0) return embedding * (shortConvolution - 1);
  const kernel = number('ssm.conv_kernel');
  const kdaHead = number('kda.head_dim');
  if (kdaHead > 0) {
    const inner = number('attention.head_count') * kdaHead;
    return 3 * Math.max(kernel - 1, 0) * inner + kdaHead * inner;
  }
  const inner = number('ssm.inner_size');
  const states = number('ssm.state_size');
  const groups = number('ssm.group_count');
  return Math.max(kernel - 1, 0) * (inner + 2 * groups * states) + states * inner;
}
