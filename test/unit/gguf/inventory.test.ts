import { describe, expect, test } from 'vitest';

import { LlameroError } from '../../../src/lib/errors.ts';
import { chooseDefault } from '../../../src/lib/gguf/choice.ts';
import { takeInventory } from '../../../src/lib/gguf/inventory.ts';
import { chooseProjector } from '../../../src/lib/gguf/projector.ts';
import { REPOSITORIES, type RepositoryCase } from './repositories.ts';

function inventoryOf(paths: readonly string[]): ReturnType<typeof takeInventory> {
  return takeInventory(paths.map((path, index) => ({ path, size: 1000 + index })));
}

function choiceOf({ files, repo }: RepositoryCase): string {
  try {
    return chooseDefault(inventoryOf(files), undefined, { repo }).reason;
  } catch (error) {
    if (error instanceof LlameroError) return error.code;
    throw error;
  }
}

describe.each(REPOSITORIES)('$repo', (repository) => {
  const inventory = inventoryOf(repository.files);

  test('lists its quants, the best default first', () => {
    expect(inventory.quants.map(({ label }) => label)).toEqual(repository.quants);
  });

  test('explains the default', () => {
    expect(choiceOf(repository)).toBe(repository.choice);
  });

  test('keeps projectors and companions apart from quants', () => {
    expect(inventory.projectors.map(({ label }) => label)).toEqual(repository.projectors ?? []);
    const companions = inventory.other.filter(({ kind }) => kind !== 'other');
    expect(companions.map(({ kind, path }) => `${kind} ${path}`)).toEqual(repository.other ?? []);
  });

  test('chooses the projector of the default', () => {
    const [first] = inventory.quants;
    const projector = first === undefined ? undefined : chooseProjector(inventory, first);
    expect(projector?.file.path).toBe(repository.projector);
  });
});

describe('a quant in shards', () => {
  const paths = ['d/m-Q4_K_M-00003-of-00003.gguf', 'd/m-Q4_K_M-00001-of-00003.gguf'];

  test('has its files in shard order and the size of all', () => {
    const [quant] = inventoryOf([...paths, 'd/m-Q4_K_M-00002-of-00003.gguf']).quants;
    expect(quant).toEqual({
      label: 'Q4_K_M',
      name: 'Q4_K_M',
      files: [
        { path: 'd/m-Q4_K_M-00001-of-00003.gguf', size: 1001 },
        { path: 'd/m-Q4_K_M-00002-of-00003.gguf', size: 1002 },
        { path: 'd/m-Q4_K_M-00003-of-00003.gguf', size: 1000 },
      ],
      size: 3003,
      shards: { total: 3, missing: [] },
    });
  });

  test('names the shards that are missing', () => {
    expect(inventoryOf(paths).quants[0]?.shards).toEqual({ total: 3, missing: [2] });
  });

  test('is not mixed with shards of another folder, name or total', () => {
    const { quants } = inventoryOf([
      ...paths,
      'd/m-Q4_K_M-00002-of-00004.gguf',
      'e/m-Q4_K_M-00002-of-00003.gguf',
      'd/M-Q4_K_M-00002-of-00003.gguf',
    ]);
    expect(quants.map(({ files, shards }) => [files.length, shards?.total])).toEqual([
      [1, 3],
      [2, 3],
      [1, 4],
      [1, 3],
    ]);
  });

  test('leaves the plain label to a single file, then to the complete one', () => {
    const { quants } = inventoryOf([
      ...paths,
      'd/m-Q4_K_M-00001-of-00002.gguf',
      'd/m-Q4_K_M-00002-of-00002.gguf',
      'd/m-Q4_K_M.gguf',
    ]);
    expect(quants.map(({ label, shards }) => [label, shards?.total])).toEqual([
      ['Q4_K_M', undefined],
      ['Q4_K_M-2', 2],
      ['Q4_K_M-3', 3],
    ]);
  });
});

describe('labels', () => {
  test.each([
    [
      ['Q8_0/m.gguf', 'm-Q8_0.gguf'],
      ['Q8_0', 'Q8_0-2'],
    ],
    [
      ['m-Q8_0.gguf', 'x/m-Q8_0.gguf'],
      ['Q8_0', 'Q8_0-X'],
    ],
    [
      ['m-Q8_0.gguf', 'M-q8_0.gguf'],
      ['Q8_0', 'Q8_0-2'],
    ],
    [
      ['m-Q4_K_M-v2.gguf', 'm-Q4_K_M-v3.gguf'],
      ['Q4_K_M-V2', 'Q4_K_M-V3'],
    ],
    [
      ['a/m.gguf', 'b/m.gguf'],
      ['m-A', 'm-B'],
    ],
    [
      ['con.gguf', 'Aux.part.gguf'],
      ['MODEL-Aux.part', 'MODEL-con'],
    ],
    [
      ['模型.gguf', '型.gguf'],
      ['MODEL', 'MODEL-2'],
    ],
    [['-_-.gguf'], ['MODEL']],
    [['...m....gguf'], ['m']],
    [['metadata.json-00001-of-00001.gguf'], ['metadata-json']],
    [['m-Q4_K_M.gguf.gguf'], ['Q4_K_M']],
    [['ſtory-K.gguf'], ['tory-K']],
  ])('of %j are %j', (paths, labels) => {
    const { quants } = inventoryOf(paths);
    expect(quants.map(({ label }) => label).toSorted()).toEqual(labels.toSorted());
  });

  test.each([
    {
      case: 'a counter passes over a label that is taken',
      labels: {
        'M-q8_0.gguf': 'Q8_0',
        'm-Q8_0-2.gguf': 'Q8_0-2',
        'm-Q8_0.gguf': 'Q8_0-3',
      },
    },
    {
      case: 'a counter passes over a label that differs in case',
      labels: { 'A-B-2.gguf': 'A-B-2', 'a b.gguf': 'a-b', 'a-b.gguf': 'a-b-3' },
    },
    {
      case: 'a label with added words leaves the plain one to its owner',
      labels: {
        'a/m-Q8_0.gguf': 'Q8_0-A-2',
        'm-Q8_0-a.gguf': 'Q8_0-A',
        'm-Q8_0.gguf': 'Q8_0',
      },
    },
  ])('$case', ({ labels }) => {
    const { quants } = inventoryOf(Object.keys(labels));
    expect(Object.fromEntries(quants.map(({ label, files }) => [files[0]?.path, label]))).toEqual(
      labels,
    );
  });

  test('of ten thousand files alike stay unique', () => {
    const paths = Array.from(
      { length: 10_000 },
      (_, index) =>
        `${' '.repeat(index % 100)}/${'-'.repeat(Math.floor(index / 100))}m-Q4_K_M.gguf`,
    );
    const { quants } = inventoryOf(paths.filter((path) => !path.startsWith('/')));
    expect(new Set(quants.map(({ label }) => label)).size).toBe(9900);
  }, 20_000);

  test('of projectors with words behind the type tell them apart', () => {
    const { projectors } = inventoryOf(['mmproj-model-f16-4B.gguf', 'mmproj-model-f16-12B.gguf']);
    expect(projectors.map(({ label }) => label)).toEqual(['F16-12B', 'F16-4B']);
  });

  test('of projectors of several models tell the models apart', () => {
    const { projectors } = inventoryOf(['mmproj-a-f16.gguf', 'mmproj-b-f16.gguf', 'mmproj.gguf']);
    expect(projectors.map(({ label }) => label)).toEqual(['F16-A', 'F16-B', 'UNKNOWN']);
  });
});
