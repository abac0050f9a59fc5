import { describe, expect, test } from 'vitest';

import { takeInventory } from '../../../src/lib/gguf/inventory.ts';
import { chooseProjector } from '../../../src/lib/gguf/projector.ts';

describe('the projector of a quant', () => {
  test.each([
    ['none', 'm-Q4_K_M.gguf', [], undefined],
    ['F16 before all', 'm-Q4_K_M.gguf', ['mmproj-BF16', 'mmproj-F32', 'mmproj-F16'], 'mmproj-F16'],
    [
      'BF16 before Q8_0',
      'm-Q8_0.gguf',
      ['mmproj-Q8_0', 'mmproj-BF16', 'mmproj-F32'],
      'mmproj-BF16',
    ],
    ['Q8_0 before F32', 'm-F32.gguf', ['mmproj-F32', 'mmproj-Q8_0'], 'mmproj-Q8_0'],
    ['F32 before an unknown type', 'm-Q8_0.gguf', ['mmproj', 'mmproj-F32'], 'mmproj-F32'],
    ['an unknown type before none', 'm-Q8_0.gguf', ['mmproj'], 'mmproj'],
    [
      'the type behind mmproj, not the quant in front',
      'm-Q4_K_M.gguf',
      ['m-F16-mmproj-Q8_0', 'm-Q4_K_M-mmproj-bf16'],
      'm-Q4_K_M-mmproj-bf16',
    ],
    [
      'the deepest folder before the better type',
      'a/b/m-Q4_K_M.gguf',
      ['mmproj-F16', 'a/mmproj-F16', 'a/b/mmproj-F32'],
      'a/b/mmproj-F32',
    ],
    ['one in a folder above', 'a/b/m-Q4_K_M.gguf', ['a/mmproj-F32', 'mmproj-F16'], 'a/mmproj-F32'],
    ['none of another model', '7B/m-Q4_K_M.gguf', ['3B/mmproj-F16'], undefined],
    ['none below', 'm-Q4_K_M.gguf', ['3B/mmproj-F16'], undefined],
    ['one in a folder of projectors', 'Q4_K_M/m.gguf', ['mmproj/mmproj-F16'], 'mmproj/mmproj-F16'],
    ['one in a folder of its type', 'Q4_K_M/m.gguf', ['F16/mmproj-F16'], 'F16/mmproj-F16'],
    [
      'the one that is named after the model before the better type',
      'Qwen2.5-VL-7B-Q4_K_M.gguf',
      ['mmproj-Qwen2.5-VL-3B-f16', 'mmproj-Qwen2.5-VL-7B-f32'],
      'mmproj-Qwen2.5-VL-7B-f32',
    ],
    [
      'that of the first shard',
      'Q4_K_M/m-Q4_K_M-00001-of-00002.gguf',
      ['Q4_K_M/mmproj-F16', 'mmproj-F16'],
      'Q4_K_M/mmproj-F16',
    ],
  ] as const)('is %s', (_, model, projectors, chosen) => {
    const paths = [model, ...projectors.map((stem) => `${stem}.gguf`)];
    const inventory = takeInventory(paths.map((path) => ({ path, size: 1 })));
    const [quant] = inventory.quants;
    if (quant === undefined) throw new Error(`${model} is no quant`);
    const path = chooseProjector(inventory, quant)?.file.path;
    expect(path).toBe(chosen === undefined ? undefined : `${chosen}.gguf`);
  });
});
