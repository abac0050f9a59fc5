import path from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type Kind,
  boolean,
  decimal,
  duration,
  endpoint,
  filePath,
  host,
  hubSwitch,
  integer,
  integerOrWord,
  name,
  size,
  text,
} from '../../../src/lib/config/kinds.ts';

const PLACE = { userHome: path.resolve('/home/ana'), folder: path.resolve('/etc/llamero') };

type Row = readonly [raw: unknown, value: unknown];

const layers = integerOrWord(0, ['auto', 'all']);

const ACCEPTED: readonly (readonly [string, Kind<unknown>, readonly Row[]])[] = [
  [
    'integer',
    integer(-1, 10),
    [
      [5, 5],
      ['5', 5],
      [' -1 ', -1],
      ['10', 10],
      ['1e1', 10],
    ],
  ],
  [
    'decimal',
    decimal(0, 1),
    [
      [0, 0],
      ['1', 1],
      ['.5', 0.5],
      ['0.95', 0.95],
      ['5e-1', 0.5],
    ],
  ],
  [
    'layers',
    layers,
    [
      [33, 33],
      ['33', 33],
      ['auto', 'auto'],
      ['ALL', 'all'],
    ],
  ],
  [
    'boolean',
    boolean,
    [
      [true, true],
      [false, false],
      ['Yes', true],
      ['off', false],
      ['0', false],
    ],
  ],
  [
    'hub switch',
    hubSwitch,
    [
      ['1', true],
      ['ON', true],
      ['0', false],
      ['perhaps', false],
    ],
  ],
  [
    'text',
    text,
    [
      ['be kind\n', 'be kind'],
      ['two\r\nlines\tmore', 'two\nlines\tmore'],
      ['007', '007'],
    ],
  ],
  [
    'name',
    name,
    [
      ['Q4_K_M', 'Q4_K_M'],
      [' UD-Q2_K_XL ', 'UD-Q2_K_XL'],
    ],
  ],
  [
    'host',
    host,
    [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
      ['localhost', 'localhost'],
      ['a-b.example', 'a-b.example'],
    ],
  ],
  [
    'endpoint',
    endpoint,
    [
      ['https://hf-mirror.example', 'https://hf-mirror.example'],
      ['http://127.0.0.1:8080///', 'http://127.0.0.1:8080'],
      ['HTTPS://hub.example/hf/', 'HTTPS://hub.example/hf'],
    ],
  ],
  [
    'path',
    filePath,
    [
      ['/opt/llama-server', path.resolve('/opt/llama-server')],
      ['llama-server', path.resolve('/etc/llamero/llama-server')],
      ['~/bin/llama-server', path.resolve('/home/ana/bin/llama-server')],
    ],
  ],
  [
    'size',
    size,
    [
      [0, 0],
      ['0', 0],
      [1_000, 1_000],
      ['500MB', 500_000_000],
      ['1.5 GiB', 1_610_612_736],
      ['1.5gib', 1_610_612_736],
      ['2k', 2_000],
      ['3Ki', 3_072],
      ['7 B', 7],
      ['1.0001kB', 1_000],
      ['1PB', 1e15],
    ],
  ],
  [
    'duration',
    duration,
    [
      [120, 120],
      ['120', 120],
      ['120s', 120],
      ['2m', 120],
      ['1.5 min', 90],
      ['1h', 3600],
      ['500ms', 0.5],
    ],
  ],
];

const REFUSED: readonly (readonly [string, Kind<unknown>, readonly unknown[]])[] = [
  ['integer', integer(1, 10), [0, 11, 1.5, '1.5', '', 'ten', '0x5', '5 5', '١', Number.NaN, true]],
  ['decimal', decimal(0, 1), [-0.1, 1.1, '', 'NaN', 'Infinity', '1,0', Number.POSITIVE_INFINITY]],
  ['layers', layers, [-1, 'most', '', 1.5]],
  ['boolean', boolean, ['', 'maybe', 2, 'truer']],
  ['text', text, ['', '  ', 42, true, 'a\0b', '\u001B[31mred', 'a\rb']],
  ['name', name, ['', 'Q4 K M', 'Q4\nK', true]],
  [
    'host',
    host,
    ['', 'http://a', 'a:80', 'a b', '-a', 'a..b', '[::1]', '256.1.1.1:1', 'x'.repeat(254)],
  ],
  [
    'endpoint',
    endpoint,
    [
      '',
      'hub.example',
      'ftp://hub.example',
      'file:///etc/passwd',
      'https://',
      'https://user:secret@hub.example',
      'https://hub.example?x=1',
      'https://hub.example#x',
      'https://hub example',
      'https://hub.example:99999',
    ],
  ],
  ['path', filePath, ['', 'a\0b', 'a\nb']],
  ['size', size, ['', '-1', '1.5', '1.5B', '5iB', 'GB', '1 000', '1e3GB', '99999PB', -1, 1.5]],
  ['duration', duration, ['', '0', '-5', '0s', '25h', '5 weeks', '1m30s', Number.NaN]],
];

describe.each(ACCEPTED)('%s', (_name, kind, rows) => {
  test.each(rows)('reads %j as %j', (raw, value) => {
    expect(kind.parse(raw, PLACE)).toEqual(value);
  });
});

describe.each(REFUSED)('%s', (_name, kind, raws) => {
  test.each(raws.map((raw) => [raw]))('refuses %j', (raw) => {
    expect(kind.parse(raw, PLACE)).toBeUndefined();
  });
});

test('no kind but a hub switch takes nothing, a list or a mapping for a value', () => {
  for (const [kindName, kind] of ACCEPTED) {
    if (kindName === 'hub switch') continue;
    for (const raw of [undefined, null, [], {}, [1]]) {
      expect(kind.parse(raw, PLACE)).toBeUndefined();
    }
  }
});

describe('what is shown reads as the same value', () => {
  test('for every size', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat({ max: Number.MAX_SAFE_INTEGER }),
          fc
            .tuple(fc.nat(5000), fc.constantFrom(1e3, 1e6, 1e9, 1024 ** 2, 1024 ** 3))
            .map(([count, unit]) => count * unit),
        ),
        (bytes) => {
          expect(size.parse(size.format(bytes), PLACE)).toBe(bytes);
        },
      ),
    );
  });

  test('for every duration', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 1, max: 86_400 }),
          fc.double({ min: 0.001, max: 86_400, noNaN: true }),
        ),
        (seconds) => {
          expect(duration.parse(duration.format(seconds), PLACE)).toBe(seconds);
        },
      ),
    );
  });

  test.each([
    [size, 1_000_000_000, '1GB'],
    [size, 1_610_612_736, '1536MiB'],
    [size, 1_001, '1001'],
    [duration, 120, '2m'],
    [duration, 90, '90s'],
    [duration, 7200, '2h'],
  ])('%#: %j is shown as %j', (kind, value, shown) => {
    expect(kind.format(value)).toBe(shown);
  });
});

test('a path is written absolute, but for one in the home folder', () => {
  expect(filePath.written?.('bin/x', '/srv/bin/x')).toBe('/srv/bin/x');
  expect(filePath.written?.('~/bin/x', '/home/ana/bin/x')).toBe('~/bin/x');
});
