import type { HollowModel } from './hollow-model.ts';
import type { GgufMetadata } from './writer.ts';

/**
 * A model with a vocabulary of byte pairs, as Qwen and Llama 3 have: types and merges behind the
 * tokens, then a chat template.
 */
export function withBytePairs(
  model: HollowModel,
  { template, tokens }: { readonly tokens: number; readonly template: string },
): HollowModel {
  const words = Array.from({ length: tokens }, (_, index) => `Ġw${index.toString(36)}`);
  const kept = Object.entries(model.metadata).filter(([key]) => key !== 'tokenizer.ggml.scores');
  const metadata: GgufMetadata = {
    ...Object.fromEntries(kept),
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: words },
    'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: words.map(() => 1) },
    'tokenizer.ggml.merges': {
      type: 'array',
      of: 'string',
      value: words.map((word) => `${word.slice(0, 3)} ${word.slice(3)}`),
    },
    'tokenizer.chat_template': { type: 'string', value: template },
  };
  return { ...model, metadata };
}
