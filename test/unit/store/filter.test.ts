import { describe, expect, test } from 'vitest';

import type { ModelFacts } from '../../../src/lib/store/facts.ts';
import { parseFilter, parseParameters } from '../../../src/lib/store/filter.ts';
import { restingSince, SORT_ORDERS, sortModels } from '../../../src/lib/store/sort.ts';
import { parseAge } from '../../../src/lib/age.ts';
import { storedAs } from '../server/stored-models.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const ago = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

const big = storedAs('ana/Big-Llama-GGUF:Q4_K_M', '/m/a', {
  size: 12e9,
  modifiedAt: ago(90),
  lastUsedAt: ago(40),
  timesUsed: 7,
  tags: ['Work', 'favorite'],
});
const small = storedAs('ben/small-qwen:UD-Q4_K_XL', '/m/b', {
  size: 500e6,
  modifiedAt: ago(400),
  pulledAt: ago(2),
});
const begun = storedAs('ben/begun:Q8_0', '/m/c', {
  size: 10e9,
  state: 'partial',
  modifiedAt: ago(31),
});
const FACTS = new Map<string, ModelFacts>([
  [big.ref, { architecture: 'llama', parameters: 70e9, capabilities: ['tools', 'vision'] }],
  [small.ref, { architecture: 'qwen3moe', parameters: 0.6e9, capabilities: [] }],
]);
const MODELS = [big, small, begun];

function fitting(text: string): string[] {
  const filter = parseFilter(text, NOW);
  return MODELS.filter((model) => filter.accepts(model, FACTS.get(model.ref))).map(
    ({ ref }) => ref.split(/[/:]/u)[1] ?? '',
  );
}

const [BIG, SMALL, BEGUN] = ['Big-Llama-GGUF', 'small-qwen', 'begun'];

describe('a filter', () => {
  test.each([
    ['size>10G', [BIG]],
    ['size >= 10GB', [BIG, BEGUN]],
    ['size<1G', [SMALL]],
    ['size=10000000000', [BEGUN]],
    ['size!=10GB', [BIG, SMALL]],
    // Never used: since it came.
    ['used>30d', [BIG, BEGUN]],
    ['used<1w', [SMALL]],
    ['USED>=40d', [BIG]],
    ['modified>1y', [SMALL]],
    ['params>=7B', [BIG]],
    ['params<1b', [SMALL]],
    ['quant=Q4*', [BIG]],
    ['quant=*q4*', [BIG, SMALL]],
    ['quant!=*Q4*', [BEGUN]],
    ['name=ben/*', [SMALL, BEGUN]],
    ['name=*LLAMA*', [BIG]],
    ['arch=llama', [BIG]],
    ['arch=qwen*', [SMALL]],
    // Of what cannot be read nothing is true.
    ['arch!=llama', [SMALL]],
    ['cap=vision', [BIG]],
    ['cap!=vision', [SMALL]],
    ['tag=work', [BIG]],
    ['tag!=work', [SMALL, BEGUN]],
    ['state=partial', [BEGUN]],
    ['state=PART*', [BEGUN]],
    ['cap=*', [BIG]],
  ])('%s', (text, expected) => {
    expect(fitting(text)).toEqual(expected);
  });

  test('tells whether the files have to be read for it', () => {
    const needed = [
      'size>1',
      'used>1d',
      'quant=x',
      'tag=x',
      'params>1',
      'arch=x',
      'cap=vision',
    ].filter((text) => parseFilter(text, NOW).needsFacts);
    expect(needed).toEqual(['params>1', 'arch=x', 'cap=vision']);
  });

  test.each([
    '',
    'size',
    'size>',
    'size>big',
    'size>-1',
    'used>30 moons',
    'used>0d',
    'quant>Q4',
    'arch<llama',
    'params>7X',
    'constructor=1',
    '10G<size',
    'size=>1',
  ])('that cannot be read is told with the forms: %j', (text) => {
    expect(() => parseFilter(text, NOW)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        hint: expect.stringContaining('used>30d (not used for 30 days)') as string,
      }) as Error,
    );
  });

  test.each([
    ['cap!=vison', 'Did you mean vision? cap is tools, thinking, embedding, vision or audio.'],
    ['CAP=Tool', 'Did you mean tools?'],
    ['state!=partail', 'Did you mean partial? state is complete or partial.'],
    ['state=whole', 'state is complete or partial.'],
    ['cap!=x*', 'cap is tools,'],
  ])('of a word that no model can have says which there are: %s', (text, hint) => {
    expect(() => parseFilter(text, NOW)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        hint: expect.stringMatching(
          new RegExp(`^${hint.replaceAll(/[?.]/gu, String.raw`\$&`)}`, 'u'),
        ) as string,
      }) as Error,
    );
  });

  test('of a misspelled field says which was meant', () => {
    expect(() => parseFilter('sise>1', NOW)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('Did you mean size?') as string,
      }) as Error,
    );
  });
});

test.each([
  ['7B', 7e9],
  ['1.5b', 1.5e9],
  ['350M', 350e6],
  ['1T', 1e12],
  ['12k', 12e3],
  ['123', 123],
  ['B', undefined],
  ['7BB', undefined],
  ['-7B', undefined],
])('%s parameters are %j', (text, expected) => {
  expect(parseParameters(text)).toBe(expected);
});

test.each([
  ['30', 30 * 86_400],
  ['12h', 12 * 3600],
  ['2 w', 14 * 86_400],
  ['1Y', 365 * 86_400],
  ['0d', undefined],
  ['1.5d', undefined],
  ['d', undefined],
  ['9m', undefined],
])('the age %j is %j seconds', (text, expected) => {
  expect(parseAge(text)).toBe(expected);
});

describe('orders', () => {
  test.each([
    ['name', [BIG, BEGUN, SMALL]],
    ['size', [BIG, BEGUN, SMALL]],
    ['modified', [BEGUN, BIG, SMALL]],
    ['used', [BIG, SMALL, BEGUN]],
    ['params', [BIG, SMALL, BEGUN]],
  ] as const)('by %s', (order, expected) => {
    expect(SORT_ORDERS).toContain(order);
    expect(sortModels(MODELS, order, FACTS).map(({ ref }) => ref.split(/[/:]/u)[1])).toEqual(
      expected,
    );
  });

  test('a linked file that is older than its pull has rested since the pull', () => {
    expect(restingSince(small)).toEqual(ago(2));
    expect(restingSince(big)).toEqual(ago(40));
    expect(restingSince(begun)).toEqual(ago(31));
  });

  test('what came again after its last use has rested since it came', () => {
    const again = { ...big, pulledAt: ago(1) };
    expect(restingSince(again)).toEqual(ago(1));
    expect(parseFilter('used>30d', NOW).accepts(again, undefined)).toBe(false);
    expect(restingSince({ ...big, modifiedAt: ago(3) })).toEqual(ago(3));
  });
});
