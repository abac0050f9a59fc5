import { shardPath } from '../../../src/lib/gguf/shards.ts';

/** A whole repository as publishers lay them out, and what is to be made of it. */
export interface RepositoryCase {
  readonly repo: string;
  readonly files: readonly string[];
  /** Labels, the best default first. */
  readonly quants: readonly string[];
  /** How the line that explains the default begins; an error code where there is none. */
  readonly choice: string;
  readonly projectors?: readonly string[];
  /** The path of the projector that goes with the default. */
  readonly projector?: string;
  /** `kind path` of GGUF files that are no quant. */
  readonly other?: readonly string[];
}

function shards(base: string, total: number, without: readonly number[] = []): string[] {
  return Array.from({ length: total }, (_, index) => index + 1)
    .filter((number) => !without.includes(number))
    .map((number) => shardPath(base, number, total));
}

function words(text: string): string[] {
  return text.split(' ');
}

function each(template: string, quants: string): string[] {
  return words(quants).map((quant) => template.replace('*', quant));
}

export const REPOSITORIES: readonly RepositoryCase[] = [
  {
    repo: 'bartowski/Meta-Llama-3.1-8B-Instruct-GGUF',
    files: [
      '.gitattributes',
      'README.md',
      'Meta-Llama-3.1-8B-Instruct.imatrix',
      ...each(
        'Meta-Llama-3.1-8B-Instruct-*.gguf',
        'IQ2_M IQ3_M IQ4_XS Q2_K Q3_K_L Q3_K_M Q3_K_XL Q4_0_4_4 Q4_K_L Q4_K_M Q4_K_S Q5_K_M Q6_K Q8_0 f32',
      ),
    ],
    quants: words(
      'Q4_K_M Q4_K_L Q4_K_S IQ4_XS Q5_K_M Q6_K Q4_0_4_4 Q8_0 IQ3_M Q3_K_M Q3_K_XL Q3_K_L Q2_K IQ2_M F32',
    ),
    choice: 'Q4_K_M: the best quality for its size among 15 quants',
    other: ['imatrix Meta-Llama-3.1-8B-Instruct.imatrix'],
  },
  {
    repo: 'bartowski/Llama-3.3-70B-Instruct-GGUF',
    files: [
      'Llama-3.3-70B-Instruct-Q5_K_M.gguf',
      ...shards('Llama-3.3-70B-Instruct-Q8_0/Llama-3.3-70B-Instruct-Q8_0', 2),
      ...shards('Llama-3.3-70B-Instruct-f16/Llama-3.3-70B-Instruct-f16', 4),
    ],
    quants: ['Q5_K_M', 'Q8_0', 'F16'],
    choice: 'Q5_K_M: the best quality for its size among 3 quants',
  },
  {
    repo: 'unsloth/Qwen3-8B-GGUF',
    files: [
      'imatrix_unsloth.dat',
      'config.json',
      ...each(
        'Qwen3-8B-*.gguf',
        'BF16 IQ4_NL IQ4_XS Q2_K Q3_K_M Q4_0 Q4_1 Q4_K_M Q4_K_S Q5_K_M Q6_K Q8_0',
      ),
      ...each('Qwen3-8B-UD-*.gguf', 'IQ1_M IQ1_S IQ2_M Q2_K_XL Q4_K_XL Q5_K_XL Q6_K_XL Q8_K_XL'),
    ],
    quants: words(
      'Q4_K_M UD-Q4_K_XL Q4_K_S IQ4_XS IQ4_NL Q5_K_M UD-Q5_K_XL Q6_K UD-Q6_K_XL Q4_1 Q4_0 Q8_0 UD-Q8_K_XL Q3_K_M BF16 UD-Q2_K_XL Q2_K UD-IQ2_M UD-IQ1_M UD-IQ1_S',
    ),
    choice: 'Q4_K_M: the best quality for its size among 20 quants',
    other: ['imatrix imatrix_unsloth.dat'],
  },
  {
    repo: 'mradermacher/L3-8B-Stheno-v3.2-i1-GGUF',
    files: [
      'imatrix.dat',
      ...each(
        'L3-8B-Stheno-v3.2.i1-*.gguf',
        'IQ1_S IQ2_XXS IQ3_XXS IQ4_XS Q2_K Q4_0 Q4_K_M Q4_K_S Q6_K',
      ),
    ],
    quants: words(
      'i1-Q4_K_M i1-Q4_K_S i1-IQ4_XS i1-Q6_K i1-Q4_0 i1-IQ3_XXS i1-Q2_K i1-IQ2_XXS i1-IQ1_S',
    ),
    choice: 'i1-Q4_K_M: the best quality for its size among 9 quants',
    other: ['imatrix imatrix.dat'],
  },
  {
    repo: 'mradermacher/goliath-120b-GGUF',
    files: [
      'goliath-120b.Q2_K.gguf',
      'goliath-120b.Q4_K_S.gguf.part1of2',
      'goliath-120b.Q4_K_S.gguf.part2of2',
    ],
    quants: ['Q2_K'],
    choice: 'Q2_K: the only quant; below 4 bits, which costs quality',
    other: ['pieces goliath-120b.Q4_K_S.gguf.part1of2', 'pieces goliath-120b.Q4_K_S.gguf.part2of2'],
  },
  {
    repo: 'somebody/only-pieces-GGUF',
    files: ['big.Q8_0.gguf.part1of2', 'big.Q8_0.gguf.part2of2', 'README.md'],
    quants: [],
    choice: 'NO_GGUF',
    other: ['pieces big.Q8_0.gguf.part1of2', 'pieces big.Q8_0.gguf.part2of2'],
  },
  {
    repo: 'ggml-org/gemma-3-4b-it-GGUF',
    files: [
      'gemma-3-4b-it-Q4_K_M.gguf',
      'gemma-3-4b-it-Q8_0.gguf',
      'gemma-3-4b-it-f16.gguf',
      'mmproj-model-f16.gguf',
    ],
    quants: ['Q4_K_M', 'Q8_0', 'F16'],
    choice: 'Q4_K_M: the best quality for its size among 3 quants',
    projectors: ['F16'],
    projector: 'mmproj-model-f16.gguf',
  },
  {
    repo: 'unsloth/gemma-3-4b-it-GGUF',
    files: [
      ...each('gemma-3-4b-it-*.gguf', 'BF16 Q4_K_M UD-Q4_K_XL'),
      ...each('mmproj-*.gguf', 'BF16 F16 F32'),
    ],
    quants: ['Q4_K_M', 'UD-Q4_K_XL', 'BF16'],
    choice: 'Q4_K_M: the best quality for its size among 3 quants',
    projectors: ['BF16', 'F16', 'F32'],
    projector: 'mmproj-F16.gguf',
  },
  {
    repo: 'unsloth/gemma-4-12b-it-GGUF',
    files: [
      ...each('gemma-4-12b-it-*.gguf', 'Q4_K_M Q8_0'),
      'mmproj-BF16.gguf',
      'mtp-gemma-4-12b-it.gguf',
      'MTP/gemma-4-12b-it-MTP-BF16.gguf',
    ],
    quants: ['Q4_K_M', 'Q8_0'],
    choice: 'Q4_K_M: the best quality for its size among 2 quants',
    projectors: ['BF16'],
    projector: 'mmproj-BF16.gguf',
    other: ['draft MTP/gemma-4-12b-it-MTP-BF16.gguf', 'draft mtp-gemma-4-12b-it.gguf'],
  },
  {
    repo: 'somebody/Qwen3.6-27B-MTP-GGUF',
    files: each('Qwen3.6-27B-*.gguf', 'Q4_K_M Q4_K_M-MTP Q8_0 Q8_0-MTP'),
    quants: ['Q4_K_M', 'Q4_K_M-MTP', 'Q8_0', 'Q8_0-MTP'],
    choice: 'Q4_K_M: the best quality for its size among 4 quants',
  },
  {
    repo: 'lmstudio-community/gpt-oss-20b-GGUF',
    files: ['gpt-oss-20b-MXFP4.gguf', 'README.md'],
    quants: ['MXFP4'],
    choice: 'MXFP4: the only quant',
  },
  {
    repo: 'bartowski/openai_gpt-oss-20b-GGUF',
    files: [
      'openai_gpt-oss-20b-imatrix.gguf',
      ...each('openai_gpt-oss-20b-*.gguf', 'MXFP4_MOE Q4_K_M Q5_K_M Q6_K Q8_0 bf16'),
    ],
    quants: ['MXFP4_MOE', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'Q8_0', 'BF16'],
    choice: 'MXFP4_MOE: the form the model was released in, among 6 quants',
    other: ['imatrix openai_gpt-oss-20b-imatrix.gguf'],
  },
  {
    repo: 'somebody/native-fp4-GGUF',
    files: each('deepseek-next-*.gguf', 'MXFP4 Q4_K_M Q2_K BF16'),
    quants: ['MXFP4', 'Q4_K_M', 'BF16', 'Q2_K'],
    choice: 'MXFP4: the form the model was released in, among 4 quants',
  },
  {
    repo: 'noctrex/GLM-4.7-Flash-MXFP4_MOE-GGUF',
    files: each('GLM-4.7-Flash-*.gguf', 'MXFP4_MOE MXFP4_MOE_BF16 Q4_K_M'),
    quants: ['Q4_K_M', 'MXFP4_MOE', 'MXFP4_MOE-BF16'],
    choice: 'Q4_K_M: the best quality for its size among 3 quants',
  },
  {
    repo: 'unsloth/gpt-oss-120b-GGUF',
    files: [
      ...shards('Q4_K_M/gpt-oss-120b-Q4_K_M', 2),
      ...shards('UD-Q4_K_XL/gpt-oss-120b-UD-Q4_K_XL', 2),
      'gpt-oss-120b-F16.gguf',
    ],
    quants: ['Q4_K_M', 'UD-Q4_K_XL', 'F16'],
    choice: 'Q4_K_M: the best quality for its size among 3 quants',
  },
  {
    repo: 'unsloth/DeepSeek-V3.1-GGUF',
    files: [
      ...shards('BF16/DeepSeek-V3.1-BF16', 30),
      ...shards('Q4_K_M/DeepSeek-V3.1-Q4_K_M', 9),
      ...shards('UD-Q2_K_XL/DeepSeek-V3.1-UD-Q2_K_XL', 6),
      ...shards('UD-IQ1_S/DeepSeek-V3.1-UD-IQ1_S', 4),
      'DeepSeek-V3.1-UD-TQ1_0.gguf',
      'imatrix_unsloth.gguf_file',
    ],
    quants: ['Q4_K_M', 'BF16', 'UD-Q2_K_XL', 'UD-IQ1_S', 'UD-TQ1_0'],
    choice: 'Q4_K_M: the best quality for its size among 5 quants',
    other: ['imatrix imatrix_unsloth.gguf_file'],
  },
  {
    repo: 'Qwen/Qwen2.5-7B-Instruct-GGUF',
    files: [
      ...shards('qwen2.5-7b-instruct-fp16', 4),
      'qwen2.5-7b-instruct-q2_k.gguf',
      'qwen2.5-7b-instruct-q3_k_m.gguf',
      ...shards('qwen2.5-7b-instruct-q4_0', 2),
      ...shards('qwen2.5-7b-instruct-q4_k_m', 2),
      ...shards('qwen2.5-7b-instruct-q8_0', 3),
    ],
    quants: ['Q4_K_M', 'Q4_0', 'Q8_0', 'Q3_K_M', 'F16', 'Q2_K'],
    choice: 'Q4_K_M: the best quality for its size among 6 quants',
  },
  {
    repo: 'TheBloke/Llama-2-70B-Chat-GGUF',
    files: [
      ...each('llama-2-70b-chat.*.gguf', 'Q2_K Q3_K_M Q4_0 Q4_K_M Q4_K_S Q5_0 Q5_K_M'),
      'llama-2-70b-chat.Q6_K.gguf-split-a',
      'llama-2-70b-chat.Q6_K.gguf-split-b',
    ],
    quants: ['Q4_K_M', 'Q4_K_S', 'Q5_K_M', 'Q5_0', 'Q4_0', 'Q3_K_M', 'Q2_K'],
    choice: 'Q4_K_M: the best quality for its size among 7 quants',
    other: [
      'pieces llama-2-70b-chat.Q6_K.gguf-split-a',
      'pieces llama-2-70b-chat.Q6_K.gguf-split-b',
    ],
  },
  {
    repo: 'microsoft/bitnet-b1.58-2B-4T-gguf',
    files: ['ggml-model-i2_s.gguf', 'README.md'],
    quants: ['I2_S'],
    choice:
      'I2_S: the only quant, in a type that llama.cpp may not read; below 4 bits, which costs quality',
  },
  {
    repo: 'somebody/old-arm-GGUF',
    files: each('m-*.gguf', 'Q4_0_4_4 Q4_0_8_8 Q3_K_M'),
    quants: ['Q4_0_4_4', 'Q4_0_8_8', 'Q3_K_M'],
    choice:
      'Q3_K_M: the best of those that llama.cpp reads, among 3 quants; below 4 bits, which costs quality',
  },
  {
    repo: 'prism-ml/Bonsai-8B-gguf',
    files: ['Bonsai-8B.gguf', 'README.md'],
    quants: ['Bonsai-8B'],
    choice: 'Bonsai-8B: the only quant',
  },
  {
    repo: 'mudler/Qwen3.5-35B-A3B-APEX-GGUF',
    files: [
      'Qwen3.5-35B-A3B-APEX-Quality.gguf',
      'Qwen3.5-35B-A3B-APEX-Balanced.gguf',
      'mmproj.gguf',
    ],
    quants: ['Qwen3.5-35B-A3B-APEX-Balanced', 'Qwen3.5-35B-A3B-APEX-Quality'],
    choice: 'Qwen3.5-35B-A3B-APEX-Balanced: the first of 2 files that name no quant',
    projectors: ['UNKNOWN'],
    projector: 'mmproj.gguf',
  },
  {
    repo: 'somebody/named-and-unnamed',
    files: ['model.gguf', 'model-Q4_K_M.gguf'],
    quants: ['Q4_K_M', 'model'],
    choice: 'Q4_K_M: the best quality for its size among 2 quants',
  },
  {
    repo: 'somebody/upload-in-progress',
    files: [
      ...shards('m-Q4_K_M', 3, [2]),
      ...shards('m-Q6_K', 2),
      'm-Q8_0-00001-of-00001.gguf',
      ...shards('m-IQ1_S', 2, [1]),
    ],
    quants: ['Q6_K', 'Q8_0', 'Q4_K_M', 'IQ1_S'],
    choice: 'Q6_K: the best quality for its size among 2 complete quants (2 others lack shards)',
  },
  {
    repo: 'somebody/nothing-complete',
    files: shards('m-Q4_K_M', 3, [1, 3]),
    quants: ['Q4_K_M'],
    choice: 'SHARDS_MISSING',
  },
  {
    repo: 'somebody/several-models',
    files: [
      ...each('Qwen3-0.6B-*.gguf', 'Q4_K_M Q8_0'),
      ...each('Qwen3-1.7B-*.gguf', 'Q4_K_M'),
      'mmproj-Qwen3-1.7B-f16.gguf',
      'mmproj-Qwen3-0.6B-bf16.gguf',
    ],
    quants: ['Q4_K_M-0.6B', 'Q4_K_M-1.7B', 'Q8_0'],
    choice: 'Q4_K_M-0.6B: the best quality for its size among 3 quants',
    projectors: ['BF16', 'F16'],
    projector: 'mmproj-Qwen3-0.6B-bf16.gguf',
  },
  {
    repo: 'somebody/models-in-folders',
    files: [
      '3B/gguf/Q4_K_M/model.gguf',
      '3B/mmproj-f16.gguf',
      '7B/gguf/Q4_K_M/model.gguf',
      'mmproj/mmproj-bf16.gguf',
    ],
    quants: ['Q4_K_M-3B', 'Q4_K_M-7B'],
    choice: 'Q4_K_M-3B: the best quality for its size among 2 quants',
    projectors: ['F16', 'BF16'],
    projector: '3B/mmproj-f16.gguf',
  },
  {
    repo: 'google/gemma-3-4b-it-qat-q4_0-gguf',
    files: ['gemma-3-4b-it-q4_0.gguf', 'gemma-3-4b-it-qat-q4_0.gguf', 'mmproj-model-f16-4B.gguf'],
    quants: ['Q4_0', 'Q4_0-QAT'],
    choice: 'Q4_0: the best quality for its size among 2 quants',
    projectors: ['F16'],
    projector: 'mmproj-model-f16-4B.gguf',
  },
  {
    repo: 'byteshape/Qwen3-30B-A3B-Instruct-2507-GGUF',
    files: each(
      'Qwen3-30B-A3B-Instruct-2507-*.gguf',
      'Q3_K_S-2.66bpw Q3_K_S-3.25bpw Q4_K_S-3.61bpw',
    ),
    quants: ['Q4_K_S-3.61BPW', 'Q3_K_S-2.66BPW', 'Q3_K_S-3.25BPW'],
    choice: 'Q4_K_S-3.61BPW: the best quality for its size among 3 quants',
  },
  {
    repo: 'somebody/adapters-only',
    files: ['story-lora-f16.gguf', 'mmproj-F16.gguf'],
    quants: [],
    choice: 'NO_GGUF',
    projectors: ['F16'],
    other: ['lora story-lora-f16.gguf'],
  },
  {
    repo: 'somebody/safetensors-only',
    files: ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'config.json'],
    quants: [],
    choice: 'NO_GGUF',
  },
  {
    repo: 'somebody/hostile',
    files: [
      '../../etc/m-Q4_K_M.gguf',
      '/m-Q5_K_M.gguf',
      'a\\m-Q6_K.gguf',
      'm-Q8_0.gguf',
      'nul.gguf',
    ],
    quants: ['Q8_0', 'MODEL-nul'],
    choice: 'Q8_0: the best quality for its size among 2 quants',
    other: ['unsafe ../../etc/m-Q4_K_M.gguf', 'unsafe /m-Q5_K_M.gguf', 'unsafe a\\m-Q6_K.gguf'],
  },
];
