import { describe, expect, test } from 'vitest';

import { bitsPerWeight } from '../../../src/lib/gguf/bits-per-weight.ts';
import { chooseDefault } from '../../../src/lib/gguf/choice.ts';
import type { MachineRoom } from '../../../src/lib/gguf/fit.ts';
import { type Inventory, takeInventory } from '../../../src/lib/gguf/inventory.ts';
import { judgementOf } from '../../../src/lib/gguf/judgement.ts';
import { REPOSITORIES } from './repositories.ts';

type File = { readonly path: string; readonly size: number };

const GIB = 1024 ** 3;
const MACHINES = [4, 8, 16, 24, 48, 96];

/** The listing of a repository with files as large as a model of so many weights has. */
function listingOf(repo: string, billions: number): Inventory<File> {
  const files = REPOSITORIES.find((each) => each.repo === repo)?.files ?? [];
  const unsized = takeInventory(
    files.map((path) => ({ path, size: 0 })),
    { repo },
  );
  const sizes = new Map(
    unsized.quants.flatMap(({ files: own, name }) => {
      const bytes = (billions * 1e9 * (bitsPerWeight(name) ?? 8)) / 8 / own.length;
      return own.map(({ path }) => [path, Math.round(bytes)] as const);
    }),
  );
  return takeInventory(
    files.map((path) => ({ path, size: sizes.get(path) ?? GIB })),
    { repo },
  );
}

function choose(inventory: Inventory<File>, machine: MachineRoom, preferred?: string) {
  const judgement = judgementOf(inventory, { machine, contextSize: 8192, withProjector: true });
  return chooseDefault(inventory, preferred, { judgement });
}

/** The label, with `~` where it is tight and `!` where nothing fits. */
function shown(repo: string, billions: number, gibibytes: number): string {
  const inventory = listingOf(repo, billions);
  const machine = { ram: gibibytes * GIB, shared: false };
  const judgement = judgementOf(inventory, { machine, contextSize: 8192, withProjector: true });
  const { quant } = chooseDefault(inventory, undefined, { repo, judgement });
  const marks = { gpu: '', fits: '', tight: '~', 'too-large': '!' };
  return quant.label + marks[judgement.fitOf(quant).verdict];
}

// Billions of weights, and the default on machines of 4, 8, 16, 24, 48 and 96 GiB.
const DEFAULTS: readonly (readonly [repo: string, billions: number, defaults: string])[] = [
  ['bartowski/Meta-Llama-3.1-8B-Instruct-GGUF', 8, 'Q4_K_M! Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['bartowski/Llama-3.3-70B-Instruct-GGUF', 70, 'Q5_K_M! Q5_K_M! Q5_K_M! Q5_K_M! Q5_K_M! Q5_K_M'],
  ['unsloth/Qwen3-8B-GGUF', 8, 'UD-IQ1_M~ Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  [
    'mradermacher/L3-8B-Stheno-v3.2-i1-GGUF',
    8,
    'i1-IQ2_XXS~ i1-Q4_K_M i1-Q4_K_M i1-Q4_K_M i1-Q4_K_M i1-Q4_K_M',
  ],
  ['mradermacher/goliath-120b-GGUF', 120, 'Q2_K! Q2_K! Q2_K! Q2_K! Q2_K! Q2_K'],
  ['ggml-org/gemma-3-4b-it-GGUF', 4, 'Q4_K_M! Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['unsloth/gemma-3-4b-it-GGUF', 4, 'Q4_K_M! Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['unsloth/gemma-4-12b-it-GGUF', 12, 'Q4_K_M! Q4_K_M! Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['somebody/Qwen3.6-27B-MTP-GGUF', 27, 'Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M Q4_K_M Q4_K_M'],
  ['lmstudio-community/gpt-oss-20b-GGUF', 20, 'MXFP4! MXFP4! MXFP4 MXFP4 MXFP4 MXFP4'],
  [
    'bartowski/openai_gpt-oss-20b-GGUF',
    20,
    'MXFP4_MOE! MXFP4_MOE! MXFP4_MOE MXFP4_MOE MXFP4_MOE MXFP4_MOE',
  ],
  ['somebody/native-fp4-GGUF', 14, 'MXFP4! Q2_K~ MXFP4 MXFP4 MXFP4 MXFP4'],
  ['noctrex/GLM-4.7-Flash-MXFP4_MOE-GGUF', 30, 'Q4_K_M! Q4_K_M! Q4_K_M! MXFP4_MOE Q4_K_M Q4_K_M'],
  ['unsloth/gpt-oss-120b-GGUF', 120, 'Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M~'],
  ['unsloth/DeepSeek-V3.1-GGUF', 671, 'Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M!'],
  ['Qwen/Qwen2.5-7B-Instruct-GGUF', 7, 'Q4_K_M! Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['TheBloke/Llama-2-70B-Chat-GGUF', 70, 'Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_M! Q4_K_S~ Q4_K_M'],
  ['microsoft/bitnet-b1.58-2B-4T-gguf', 2.4, 'I2_S I2_S I2_S I2_S I2_S I2_S'],
  ['somebody/old-arm-GGUF', 13, 'Q3_K_M! Q3_K_M! Q3_K_M Q3_K_M Q3_K_M Q3_K_M'],
  ['prism-ml/Bonsai-8B-gguf', 8, 'Bonsai-8B! Bonsai-8B! Bonsai-8B Bonsai-8B Bonsai-8B Bonsai-8B'],
  [
    'mudler/Qwen3.5-35B-A3B-APEX-GGUF',
    35,
    'Qwen3.5-35B-A3B-APEX-Balanced! Qwen3.5-35B-A3B-APEX-Balanced! Qwen3.5-35B-A3B-APEX-Balanced! Qwen3.5-35B-A3B-APEX-Balanced! Qwen3.5-35B-A3B-APEX-Balanced Qwen3.5-35B-A3B-APEX-Balanced',
  ],
  ['somebody/named-and-unnamed', 3, 'Q4_K_M~ Q4_K_M Q4_K_M Q4_K_M Q4_K_M Q4_K_M'],
  ['somebody/upload-in-progress', 8, 'Q6_K! Q6_K! Q6_K Q6_K Q6_K Q6_K'],
  [
    'somebody/several-models',
    1.7,
    'Q4_K_M-0.6B~ Q4_K_M-0.6B Q4_K_M-0.6B Q4_K_M-0.6B Q4_K_M-0.6B Q4_K_M-0.6B',
  ],
  ['somebody/models-in-folders', 7, 'Q4_K_M-3B! Q4_K_M-3B Q4_K_M-3B Q4_K_M-3B Q4_K_M-3B Q4_K_M-3B'],
  ['google/gemma-3-4b-it-qat-q4_0-gguf', 4, 'Q4_0! Q4_0 Q4_0 Q4_0 Q4_0 Q4_0'],
  [
    'byteshape/Qwen3-30B-A3B-Instruct-2507-GGUF',
    30,
    'Q4_K_S-3.61BPW! Q4_K_S-3.61BPW! Q4_K_S-3.61BPW! Q4_K_S-3.61BPW Q4_K_S-3.61BPW Q4_K_S-3.61BPW',
  ],
  ['somebody/hostile', 1, 'Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0'],
];

describe('the default of a repository on machines of 4 to 96 GiB', () => {
  test.each(DEFAULTS)('%s of %d billion weights: %s', (repo, billions, defaults) => {
    expect(MACHINES.map((gibibytes) => shown(repo, billions, gibibytes)).join(' ')).toBe(defaults);
  });
});

describe('the reason of a default', () => {
  const llama = listingOf('bartowski/Meta-Llama-3.1-8B-Instruct-GGUF', 8);
  const reasonOn = (inventory: Inventory<File>, machine: MachineRoom, preferred?: string): string =>
    choose(inventory, machine, preferred).reason;
  const ram = (gibibytes: number): MachineRoom => ({ ram: gibibytes * GIB, shared: false });

  test('says that it fits', () => {
    expect(reasonOn(llama, ram(16))).toBe(
      'Q4_K_M: the best quality for its size among 15 quants; fits in memory with 8192 tokens of context',
    );
  });

  test('says that all of it fits on the GPU', () => {
    const machine = { ram: 16 * GIB, gpu: 11 * GIB, shared: false };
    expect(reasonOn(llama, machine)).toMatch(/; fits on the GPU with 8192 tokens of context$/u);
  });

  test('says what the first in the ranking would take, and that it is below 4 bits', () => {
    expect(reasonOn(llama, ram(5.5))).toBe(
      'IQ3_M: the best of 15 quants for 5.50 GiB of memory; tight: it takes 4.42 GiB with 8192 tokens of context; Q4_K_M would take 5.60 GiB; below 4 bits, which costs quality',
    );
  });

  test('says that it is too large where nothing fits', () => {
    expect(reasonOn(llama, ram(2))).toBe(
      'Q4_K_M: the best quality for its size among 15 quants; too large, as all others: it takes 5.60 GiB with 8192 tokens of context, and there are 2.00 GiB of memory, of which the system needs some',
    );
  });

  test('a quant that is preferred is taken however it fits, and that is said', () => {
    expect(reasonOn(llama, ram(4), 'q8_0')).toBe(
      'Q8_0: the quant that is set as preferred; too large: it takes 9.37 GiB with 8192 tokens of context, and there are 4.00 GiB of memory, of which the system needs some',
    );
    expect(reasonOn(llama, ram(64), 'q8_0')).toBe(
      'Q8_0: the quant that is set as preferred; fits in memory with 8192 tokens of context',
    );
    expect(reasonOn(llama, ram(64), 'q2_k')).toMatch(
      /^Q2_K: .* preferred; .*; below 4 bits, which costs quality$/u,
    );
  });

  test('one of 4 bits that is tight goes before one of 3 bits that fits', () => {
    const inventory = takeInventory([
      { path: 'm-Q4_K_S.gguf', size: 5.5 * GIB },
      { path: 'm-Q3_K_M.gguf', size: 3 * GIB },
    ]);
    expect(choose(inventory, ram(8)).quant.label).toBe('Q4_K_S');
    expect(choose(inventory, ram(7)).quant.label).toBe('Q3_K_M');
  });

  test('the projector counts', () => {
    const quants = [
      { path: 'm-Q4_K_M.gguf', size: 5 * GIB },
      { path: 'm-IQ4_XS.gguf', size: 4 * GIB },
    ];
    const alone = takeInventory(quants);
    const seeing = takeInventory([...quants, { path: 'mmproj-F16.gguf', size: 1.2 * GIB }]);
    expect(choose(alone, ram(8.2)).quant.label).toBe('Q4_K_M');
    expect(choose(seeing, ram(8.2)).quant.label).toBe('IQ4_XS');
  });
});
