import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { asciiUpperCase } from '../../../src/lib/gguf/file-name.ts';
import { findQuant } from '../../../src/lib/gguf/choice.ts';
import { takeInventory } from '../../../src/lib/gguf/inventory.ts';
import { locateQuant, parseQuantName } from '../../../src/lib/gguf/quant-name.ts';
import { shardPath } from '../../../src/lib/gguf/shards.ts';
import { MODEL_FILES, OTHER_FILES, UNNAMED_FILES, UNSAFE_PATHS } from './file-names.ts';
import { REPOSITORIES } from './repositories.ts';

const names = fc.constantFrom(...new Set(MODEL_FILES.map(([, name]) => name)));

/** An ASCII text in any mixture of cases. */
function anyCase(text: string): fc.Arbitrary<string> {
  return fc.mixedCase(fc.constant(text));
}

// What stands before a quant: anything but a quant or a publisher's mark of its own.
const prefixes = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9 ._+-]{1,24}$/u),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  .filter(
    (text) =>
      !text.includes('/') &&
      locateQuant(`${text}-x`) === undefined &&
      locateQuant(text) === undefined &&
      !/(?:^|[^\p{L}\p{N}])(?:UD|I1)$/iu.test(text),
  );

const awkward = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.stringMatching(/^[./\\a-c\0-]{1,12}$/u),
);

const realistic = fc.oneof(
  fc.constantFrom(
    ...MODEL_FILES.map(([path]) => path),
    ...OTHER_FILES.map(([path]) => path),
    ...UNNAMED_FILES,
    ...UNSAFE_PATHS,
  ),
  fc
    .tuple(fc.constantFrom('', 'a/', 'b/', 'Q8_0/'), fc.constantFrom('m', 'M', 'n-x'), names)
    .map(([folder, model, name]) => `${folder}${model}-${name}.gguf`),
  fc
    .tuple(fc.constantFrom('m-Q4_K_M', 'd/m-Q4_K_M', 'm'), fc.integer({ min: 1, max: 3 }))
    .map(([base, number]) => shardPath(base, number, 3)),
  awkward.map((text) => `${text}.gguf`),
  awkward.map((text) => `${text}-Q4_K_M.gguf`),
  awkward.map((text) => `Q4_K_M-${text}.gguf`),
  awkward.map((text) => `${text}-mmproj-f16.gguf`),
  awkward,
);

const repositories = fc.uniqueArray(realistic, { maxLength: 40 });

function inventoryOf(paths: readonly string[]): ReturnType<typeof takeInventory> {
  return takeInventory(paths.map((path) => ({ path, size: path.length })));
}

describe('for all file names', () => {
  test('case, separator, prefix, folder and shard count do not change the quant', () => {
    const cases = names.chain((name) =>
      fc.record({
        name: fc.constant(name),
        written: anyCase(name),
        prefix: fc.option(prefixes, { nil: undefined }),
        separator: fc.constantFrom('-', '_', '.', ' '),
        folder: fc.constantFrom('', 'gguf/', 'F16/', 'a/b/'),
        end: fc.constantFrom('.gguf', '.GGUF', '', '-00002-of-00003.gguf'),
      }),
    );
    fc.assert(
      fc.property(cases, ({ name, written, prefix, separator, folder, end }) => {
        const start = prefix === undefined ? '' : `${prefix}${separator}`;
        expect(parseQuantName(`${folder}${start}${written}${end}`)).toEqual({ name });
      }),
      { numRuns: 1000 },
    );
  });

  test('a canonical name is read as itself', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(parseQuantName(name)).toEqual({ name });
      }),
    );
  });
});

describe('for all repositories', () => {
  test('every file is in exactly one place', () => {
    fc.assert(
      fc.property(repositories, (paths) => {
        const { quants, projectors, other } = inventoryOf(paths);
        const placed = [
          ...quants.flatMap(({ files }) => files.map(({ path }) => path)),
          ...projectors.map(({ file }) => file.path),
          ...other.map(({ path }) => path),
        ];
        expect(placed.toSorted()).toEqual(paths.toSorted());
      }),
    );
  });

  test('the order of the files plays no part', () => {
    const shuffled = repositories.chain((paths) =>
      fc.tuple(
        fc.constant(paths),
        fc.shuffledSubarray(paths, { minLength: paths.length, maxLength: paths.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([paths, others]) => {
        expect(inventoryOf(others)).toEqual(inventoryOf(paths));
      }),
    );
  });

  test('labels are unique without regard to case, and safe as names of files', () => {
    fc.assert(
      fc.property(repositories, (paths) => {
        const { quants, projectors } = inventoryOf(paths);
        for (const group of [quants, projectors]) {
          const labels = group.map(({ label }) => label);
          for (const label of labels) {
            expect(label).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/u);
            expect(label.length).toBeLessThanOrEqual(200);
            expect(label).not.toMatch(/\.\.|[.]$|\.(?:gguf|json|partial)$/iu);
          }
          expect(new Set(labels.map(asciiUpperCase)).size).toBe(labels.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no path that could leave its folder is in a quant or a projector', () => {
    fc.assert(
      fc.property(repositories, (paths) => {
        const { quants, projectors } = inventoryOf(paths);
        const used = [
          ...quants.flatMap(({ files }) => files),
          ...projectors.map(({ file }) => file),
        ];
        for (const { path } of used) {
          expect(path).not.toMatch(/[\u0000-\u001F\u007F-\u009F\\]|^\/|(?:^|\/)\.{0,2}(?:\/|$)/u);
          expect(path.split('/').every((part) => Buffer.byteLength(part) <= 255)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('every label and every file name finds its quant', () => {
    fc.assert(
      fc.property(repositories, (paths) => {
        const inventory = inventoryOf(paths);
        for (const quant of inventory.quants) {
          expect(findQuant(inventory, quant.label)).toEqual({ kind: 'found', quant });
          const match = findQuant(inventory, quant.files[0]?.path ?? '');
          const found = match.kind === 'found' ? [match.quant] : [];
          expect(match.kind === 'ambiguous' ? match.candidates : found).toContain(quant);
        }
      }),
    );
  });
});

describe('of a published repository', () => {
  test.each(REPOSITORIES)(
    '$repo every label is kept when its file is called by it',
    ({ files }) => {
      const { quants } = inventoryOf(files);
      for (const { label } of quants) {
        expect(inventoryOf([`${label}.gguf`]).quants[0]?.label).toBe(label);
      }
    },
  );
});
