import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { describeProgress, drawProgress } from '../../../src/views/progress-line.ts';

const plain = new Chalk({ level: 0 });
const figures = { name: 'Q4_K_M.gguf', done: 1_200_000_000, size: 4_800_000_000, rate: 36_000_000 };

test('when it grows narrow, what matters most stays', () => {
  const lines = [100, 60, 30, 16].map((columns) => drawProgress(figures, columns, plain));
  expect(lines).toMatchInlineSnapshot(`
    [
      "Q4_K_M.gguf  ━━━━━━━━─────────────────────────   25 %  1.20 GB / 4.80 GB  36.0 MB/s  1 min 40 s left",
      "Q4_K_M.gguf  ━━━━━────────────────   25 %  1.20 GB / 4.80 GB",
      "Q4_K_M.gguf  ━━━───────   25 %",
      "Q4_K_M.gguf   2…",
    ]
  `);
});

test('a wait takes the place of the amounts', () => {
  const remark = 'rate limited, next try in 8 s';
  expect(drawProgress({ ...figures, remark }, 72, plain)).toMatchInlineSnapshot(
    `"Q4_K_M.gguf  ━━━━━────────────────   25 %  rate limited, next try in 8 s"`,
  );
});

test('in words', () => {
  expect(describeProgress(figures)).toBe(
    'Q4_K_M.gguf 25 %, 1.20 GB of 4.80 GB, 36.0 MB/s, 1 min 40 s left',
  );
  expect(describeProgress({ name: 'm', done: 0, size: 0 })).toBe('m 0 %, 0 B of 0 B');
});

test('a line never is wider than the terminal, whatever it tells', () => {
  const amount = fc.nat({ max: 2_000_000_000 });
  fc.assert(
    fc.property(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' }),
        done: amount,
        size: amount,
        rate: fc.option(amount, { nil: undefined }),
        remark: fc.option(fc.string({ maxLength: 80, unit: 'grapheme-ascii' }), { nil: undefined }),
      }),
      fc.integer({ min: 4, max: 240 }),
      (drawn, columns) => {
        expect(drawProgress(drawn, columns, plain).length).toBeLessThanOrEqual(columns);
      },
    ),
  );
});
