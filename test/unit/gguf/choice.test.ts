import { describe, expect, test } from 'vitest';

import { LlameroError } from '../../../src/lib/errors.ts';
import { chooseDefault, findQuant, type QuantMatch } from '../../../src/lib/gguf/choice.ts';
import { takeInventory } from '../../../src/lib/gguf/inventory.ts';

type Inventory = ReturnType<typeof takeInventory>;

function inventoryOf(...paths: readonly string[]): Inventory {
  return takeInventory(paths.map((path) => ({ path, size: 1 })));
}

function describeMatch(match: QuantMatch<{ path: string; size: number }>): string {
  if (match.kind === 'found') return match.quant.label;
  if (match.kind === 'missing') return 'missing';
  return `ambiguous: ${match.candidates.map(({ label }) => label).join(' ')}`;
}

describe('findQuant', () => {
  const inventory = inventoryOf(
    'm-Q4_K_M.gguf',
    'm-UD-Q4_K_XL.gguf',
    'm-UD-Q5_K_M.gguf',
    'm-i1-Q5_K_M.gguf',
    'm-Q8_0.gguf',
    'm-Q8_0-MTP.gguf',
    'm-IQ4_XS-v2.gguf',
    'm-Q6_K-v1.gguf',
    'm-Q6_K-v2.gguf',
    'm-fp16-00001-of-00002.gguf',
    'm-fp16-00002-of-00002.gguf',
    'd/m-Q2_K-00002-of-00002.gguf',
    'plain-model.gguf',
  );

  test.each([
    ['Q4_K_M', 'Q4_K_M'],
    ['q4_k_m', 'Q4_K_M'],
    [' Q4-K-M ', 'Q4_K_M'],
    ['q4km', 'Q4_K_M'],
    ['UD-Q4_K_XL', 'UD-Q4_K_XL'],
    ['ud-q4_k_xl', 'UD-Q4_K_XL'],
    ['ud_q4_k_xl', 'UD-Q4_K_XL'],
    ['Q4_K_XL', 'UD-Q4_K_XL'],
    ['Q5_K_M', 'ambiguous: UD-Q5_K_M i1-Q5_K_M'],
    ['I1-Q5_K_M', 'i1-Q5_K_M'],
    ['Q8_0', 'Q8_0'],
    ['q8-0', 'Q8_0'],
    ['q8_0-mtp', 'Q8_0-MTP'],
    ['q8_0_mtp', 'Q8_0-MTP'],
    ['IQ4_XS', 'IQ4_XS-V2'],
    ['Q6_K', 'ambiguous: Q6_K-V1 Q6_K-V2'],
    ['Q6_K_v2', 'Q6_K-V2'],
    ['F16', 'F16'],
    ['fp16', 'F16'],
    ['Q2_K', 'Q2_K'],
    ['plain-model', 'plain-model'],
    ['PLAIN-MODEL', 'plain-model'],
    ['m-Q4_K_M.gguf', 'Q4_K_M'],
    ['M-q4_k_m.GGUF', 'Q4_K_M'],
    ['m-Q4_K_M', 'Q4_K_M'],
    ['m-fp16-00002-of-00002.gguf', 'F16'],
    ['m-fp16.gguf', 'F16'],
    ['m-Q2_K.gguf', 'Q2_K'],
    ['d/m-Q2_K-00002-of-00002.gguf', 'Q2_K'],
    ['x/m-Q2_K-00002-of-00002.gguf', 'missing'],
    ['Q3_K_M', 'missing'],
    ['UD-Q4_K_M', 'missing'],
    ['Q4_K', 'missing'],
    ['Q8_0-V9', 'missing'],
    ['other-Q4_K_M.gguf', 'missing'],
    ['', 'missing'],
    ['..', 'missing'],
    ['\0', 'missing'],
  ])('%j is %s', (tag, found) => {
    expect(describeMatch(findQuant(inventory, tag))).toBe(found);
  });

  test('a file name that is there in two folders is ambiguous, its path is not', () => {
    const folders = inventoryOf('a/m-Q4_K_M.gguf', 'b/m-Q4_K_M.gguf');
    expect(describeMatch(findQuant(folders, 'm-Q4_K_M.gguf'))).toBe('ambiguous: Q4_K_M-A Q4_K_M-B');
    expect(describeMatch(findQuant(folders, 'b/m-Q4_K_M.gguf'))).toBe('Q4_K_M-B');
  });

  test('projectors and refused files are not found', () => {
    const companions = inventoryOf('mmproj-F16.gguf', 'm-Q4_K_M.gguf.part1of2', 'lora.gguf');
    for (const tag of ['F16', 'mmproj-F16.gguf', 'Q4_K_M', 'lora']) {
      expect(findQuant(companions, tag)).toEqual({ kind: 'missing' });
    }
  });
});

describe('chooseDefault', () => {
  const inventory = inventoryOf(
    'm-Q4_K_M.gguf',
    'm-Q5_K_M.gguf',
    'm-Q6_K-v1.gguf',
    'm-Q6_K-v2.gguf',
    'm-Q8_0-00001-of-00002.gguf',
  );

  test.each([
    ['q5_k_m', 'Q5_K_M: the quant that is set as preferred'],
    ['m-Q5_K_M.gguf', 'Q5_K_M: the quant that is set as preferred'],
    ['Q2_K', 'Q2_K, which is preferred, is not there'],
    ['Q6_K', 'Q6_K, which is preferred, fits several quants'],
    ['Q8_0', 'Q8_0, which is preferred, lacks shards'],
    ['bad\u001B[2J\nname', 'bad[2J name, which is preferred, is not there'],
  ])('with %j preferred says %s', (preferred, reason) => {
    const start =
      'Q4_K_M: the best quality for its size among 4 complete quants (1 other lacks shards)';
    expect(chooseDefault(inventory, preferred).reason).toBe(
      reason.startsWith('Q5_K_M') ? reason : `${start}; ${reason}`,
    );
  });

  test('tells of a lone quant that the others lack shards', () => {
    const { reason } = chooseDefault(inventoryOf('m-Q2_K.gguf', 'm-Q8_0-00001-of-00002.gguf'));
    expect(reason).toBe(
      'Q2_K: the only complete quant (1 other lacks shards); below 4 bits, which costs quality',
    );
  });

  test('takes MXFP4 for native when the repository says that the model is a gpt-oss', () => {
    const files = inventoryOf('MXFP4_MOE.gguf', 'Q5_K_M.gguf', 'Q4_K_M.gguf');
    expect(chooseDefault(files).quant.label).toBe('Q4_K_M');
    const repo = 'somebody/gpt-oss-20b-GGUF';
    const named = takeInventory(
      files.quants.flatMap((quant) => quant.files),
      { repo },
    );
    expect(chooseDefault(named, undefined, { repo }).reason).toBe(
      'MXFP4_MOE: the form the model was released in, among 3 quants',
    );
  });

  function refusalOf(...paths: readonly string[]): LlameroError {
    try {
      chooseDefault(inventoryOf(...paths));
    } catch (error) {
      if (error instanceof LlameroError) return error;
      throw error;
    }
    throw new Error('a default was chosen');
  }

  test('refuses a repository in pieces and says why', () => {
    const { code, message, hint } = refusalOf('m-Q8_0.gguf.part1of2', 'm-Q8_0.gguf.part2of2');
    expect(code).toBe('NO_GGUF');
    expect(message).toContain('m-Q8_0.gguf.part1of2 is a piece of a cut file');
    expect(hint).toContain('-00001-of-0000N.gguf');
  });

  test('refuses a repository of which every quant lacks shards', () => {
    const { code, message } = refusalOf('m-Q4_K_M-00002-of-00003.gguf');
    expect(code).toBe('SHARDS_MISSING');
    expect(message).toBe('Every quant lacks shards: Q4_K_M (2 of 3)');
  });

  test('refuses in one line without control characters, however many and hostile the files', () => {
    const paths = Array.from({ length: 50 }, (_, index) => `\u001B[2J\n${index}-lora.gguf`);
    const { message } = refusalOf(...paths);
    expect(message).not.toMatch(/[\u0000-\u001F]/u);
    expect(message).toMatch(/; and 45 more$/u);
  });

  test('refuses an empty repository', () => {
    expect(refusalOf().message).toBe('No GGUF file of a model to run');
    const repo = 'ana/Some-Model';
    expect(() => chooseDefault(inventoryOf(), undefined, { repo })).toThrow(
      expect.objectContaining({
        message: 'No GGUF file of a model to run in ana/Some-Model',
        hint: 'Look for a repository with GGUF files: `llamero search Some-Model`',
      }),
    );
  });
});
