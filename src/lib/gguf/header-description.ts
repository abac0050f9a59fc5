import type { GgufHeader } from './header.ts';
import { type HeaderFields, fieldsOf, numberOf, textOf } from './header-fields.ts';

/** What a model can do, as far as its header tells. */
export const CAPABILITIES = ['tools', 'thinking', 'embedding', 'vision', 'audio'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** A model in the words of its header. Text in it is as hostile as the file. */
export interface ModelDescription {
  readonly architecture: string;
  readonly name?: string;
  /** Weights in all files; known where the tensors were read. */
  readonly parameters?: number;
  /** Tokens of context it was trained for. */
  readonly contextLength?: number;
  readonly blockCount?: number;
  readonly headCount?: number;
  /** Heads that have keys and values; the most of any block where blocks differ. */
  readonly headCountKv?: number;
  readonly embeddingLength?: number;
  readonly vocabularySize?: number;
  /** A template in Jinja, which may be long. */
  readonly chatTemplate?: string;
  /** The number of its file type in llama.cpp (LLAMA_FTYPE): 15 is Q4_K_M. */
  readonly fileType?: number;
  readonly capabilities: readonly Capability[];
}

/**
 * Describes a model from its header.
 *
 * @param others headers of the other shards, for the number of parameters
 */
export function describeModel(
  header: GgufHeader,
  others: readonly GgufHeader[] = [],
): ModelDescription {
  const fields = fieldsOf(header);
  const description = {
    name: textOf(header, 'general.name'),
    parameters: parametersOf([header, ...others]),
    contextLength: fields.number('context_length'),
    blockCount: fields.number('block_count'),
    headCount: mostOf(fields, 'attention.head_count'),
    headCountKv: mostOf(fields, 'attention.head_count_kv'),
    embeddingLength: fields.number('embedding_length'),
    vocabularySize: vocabularySizeOf(header),
    chatTemplate: textOf(header, 'tokenizer.chat_template'),
    fileType: numberOf(header, 'general.file_type'),
  };
  return {
    architecture: fields.architecture,
    ...(Object.fromEntries(
      Object.entries(description).filter(([, value]) => value !== undefined),
    ) as Partial<ModelDescription>),
    capabilities: capabilitiesOf(header, fields),
  };
}

/** Tokens in the vocabulary: the list's length, else what the model says of itself. */
export function vocabularySizeOf(header: GgufHeader): number | undefined {
  return (
    header.arrays.get('tokenizer.ggml.tokens')?.length ?? fieldsOf(header).number('vocab_size')
  );
}

function parametersOf(headers: readonly GgufHeader[]): number | undefined {
  let sum = 0;
  for (const { tensors } of headers) {
    if (tensors === undefined) return undefined;
    for (const { dimensions } of tensors) {
      sum += dimensions.reduce((product, dimension) => product * dimension, 1);
    }
  }
  // A file of metadata alone, such as a vocabulary, says nothing of weights.
  return sum === 0 ? undefined : sum;
}

function mostOf(fields: HeaderFields, name: string): number | undefined {
  const valueOf = fields.perBlock(name);
  if (valueOf === undefined) return undefined;
  let most = valueOf(0);
  // A hostile count of blocks must not take long; nothing stands behind the arrays that are read.
  const blocks = Math.min(fields.number('block_count') ?? 1, 1024);
  for (let block = 1; block < blocks; block += 1) {
    most = Math.max(most ?? 0, valueOf(block) ?? 0);
  }
  return most;
}

/**
 * What a chat template shows of a model: one that handles tools or a thinking part names them.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/chat.cpp
 */
export function templateCapabilities(template: string): Capability[] {
  const signs: readonly (readonly [Capability, RegExp])[] = [
    ['tools', /\btools\b|\btool_calls\b/u],
    ['thinking', /<\/?think|enable_thinking|reasoning_(?:content|effort)|<\|channel/u],
  ];
  return signs.flatMap(([capability, sign]) => (sign.test(template) ? [capability] : []));
}

/**
 * Projectors say themselves what they see and hear, and models for embeddings how they pool.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/mtmd/clip-impl.h
 */
function capabilitiesOf(header: GgufHeader, fields: HeaderFields): Capability[] {
  const signs: readonly (readonly [Capability, boolean])[] = [
    ['embedding', fields.has('pooling_type')],
    ['vision', header.metadata.get('clip.has_vision_encoder') === true],
    ['audio', header.metadata.get('clip.has_audio_encoder') === true],
  ];
  return [
    ...templateCapabilities(textOf(header, 'tokenizer.chat_template') ?? ''),
    ...signs.flatMap(([capability, present]) => (present ? [capability] : [])),
  ];
}
