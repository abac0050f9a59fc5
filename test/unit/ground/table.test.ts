import { expect, test } from 'vitest';

import { renderTable, shortenReference } from '../../../src/lib/ui/table.ts';

function widths(width: number): number[] {
  const [header = ''] = renderTable({
    columns: [
      { header: 'KEY' },
      { header: 'VALUE', shrinks: true },
      { header: 'SOURCE', shrinks: true },
      { header: '.' },
    ],
    rows: [['k'.repeat(10), 'v'.repeat(40), 's'.repeat(30), '.']],
    width,
  }).split('\n');
  const starts = [...header.matchAll(/\S+/gu)].map(({ index }) => index);
  return starts.slice(1).map((start, index) => start - (starts[index] ?? 0) - 2);
}

test.each([
  [100, [10, 40, 30]],
  [80, [10, 33, 30]],
  [67, [10, 25, 25]],
  [60, [10, 21, 22]],
  [20, [10, 8, 8]],
])('in %i columns what shrinks gives way as evenly as it can', (width, expected) => {
  expect(widths(width)).toEqual(expected);
});

test.each([
  ['user/repo:Q4_K_M', 16, 'user/repo:Q4_K_M'],
  ['user/repository:Q4_K_M', 18, 'user/repos…:Q4_K_M'],
  ['user/repository:Q4_K_M', 15, 'user/re…:Q4_K_M'],
  ['user/repository:Q4_K_M', 14, 'user/reposito…'],
  ['user/repository', 8, 'user/re…'],
])('%j fits into %i columns as %j', (text, width, shown) => {
  expect(shortenReference(text, width)).toBe(shown);
});
