import { describe, expect, test } from 'vitest';

import { kindOf } from '../../../src/lib/gguf/file-kind.ts';
import { isSafePath } from '../../../src/lib/gguf/file-name.ts';
import { parseQuantName } from '../../../src/lib/gguf/quant-name.ts';
import { MODEL_FILES, OTHER_FILES, UNNAMED_FILES, UNSAFE_PATHS } from './file-names.ts';

describe('the name of a file', () => {
  const models = MODEL_FILES.map(([path, name, variant]) => ({
    path,
    quant: variant === undefined ? { name } : { name, variant },
  }));

  test.each(models)('$path is a model, $quant', ({ path, quant }) => {
    expect(kindOf(path)).toEqual({ kind: 'model' });
    expect(parseQuantName(path)).toEqual(quant);
  });

  test.each(UNNAMED_FILES)('%s is a model that names no quant', (path) => {
    expect(kindOf(path)).toEqual({ kind: 'model' });
    expect(parseQuantName(path)).toBeUndefined();
  });

  test.each(OTHER_FILES)('%s is %s', (path, kind) => {
    expect(kindOf(path).kind).toBe(kind);
  });

  test.each(UNSAFE_PATHS)('%j is unsafe', (path) => {
    expect(isSafePath(path)).toBe(false);
    expect(kindOf(path).kind).toBe('unsafe');
  });

  test('a file that looks like a model and is none says why', () => {
    const silent = OTHER_FILES.filter(([path, kind]) => {
      const found = kindOf(path);
      return kind !== 'other' && kind !== 'projector' && !('reason' in found);
    });
    expect(silent).toEqual([]);
  });

  test.each([
    ['llama-2-70b-chat.Q6_K.gguf-split-a', 'Q6_K'],
    ['goliath-120b.Q8_0.gguf.part1of3', 'Q8_0'],
    ['m-Q4_K_M-001-of-002.gguf', 'Q4_K_M'],
  ])('the quant of the piece %s is read', (path, name) => {
    expect(parseQuantName(path)).toEqual({ name });
  });
});
