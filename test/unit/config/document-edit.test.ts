import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { putValue, removeKey, renderDocument } from '../../../src/lib/config/document-edit.ts';
import { parseConfigDocument } from '../../../src/lib/config/document.ts';
import { splitKey } from '../../../src/lib/config/key.ts';
import { SETTING_KEYS } from '../../../src/lib/config/schema.ts';
import { LlameroError } from '../../../src/lib/errors.ts';

const FILE = 'config.yaml';

function put(text: string, key: string, value: string | number | boolean): string {
  const { document } = parseConfigDocument(text, FILE);
  putValue(document, splitKey(key), value, FILE);
  return renderDocument(document, text);
}

function remove(text: string, key: string): string | undefined {
  const { document } = parseConfigDocument(text, FILE);
  return removeKey(document, key) ? renderDocument(document, text) : undefined;
}

function valuesOf(text: string): Record<string, unknown> {
  const { entries } = parseConfigDocument(text, FILE);
  return Object.fromEntries(entries.map(({ path, raw }) => [path.join('.'), raw]));
}

describe('putting a value', () => {
  test.each<[string, string, string, string | number | boolean, string]>([
    ['into nothing', '', 'server.port', 8080, 'server:\n  port: 8080\n'],
    ['below comments', '# mine\n', 'server.port', 8080, '# mine\n\nserver:\n  port: 8080\n'],
    [
      'over another, with the comment on its line',
      '# a\nserver:\n  # b\n  port: 0x50 # c\n  # d\n\nrun:\n  temp: 1\n',
      'server.port',
      8080,
      '# a\nserver:\n  # b\n  port: 8080 # c\n  # d\n\nrun:\n  temp: 1\n',
    ],
    [
      'at the end of its section',
      'server:\n  port: 1\nrun:\n  temp: 1\n',
      'server.host',
      '::1',
      'server:\n  port: 1\n  host: ::1\nrun:\n  temp: 1\n',
    ],
    [
      'into a section that holds comments alone',
      'server:\n  # host: 0.0.0.0\n\nrun:\n',
      'server.port',
      1,
      'server:\n  # host: 0.0.0.0\n  port: 1\n\nrun:\n',
    ],
    ['into an inline section', 'run: { temp: 1 }\n', 'run.seed', 2, 'run: { temp: 1, seed: 2 }\n'],
    [
      'of a model, with the comments of its neighbours',
      'models:\n  # a\n  u/r: # b\n    # c\n    temp: 1 # d\n',
      'models.u/r.top-k',
      5,
      'models:\n  # a\n  u/r:\n    # b\n    # c\n    temp: 1 # d\n    top-k: 5\n',
    ],
    [
      'of a model that is there in one line',
      'models:\n  u/r: { temp: 1 }\n',
      'models.u/r.args.fit',
      'off',
      'models:\n  u/r: { temp: 1, args: { fit: off } }\n',
    ],
    [
      'with the indentation and the line ends that are there',
      'run:\r\n    temp: 1\r\n',
      'run.seed',
      2,
      'run:\r\n    temp: 1\r\n    seed: 2\r\n',
    ],
    ['as text that looks like a number', '', 'run.system', '42', 'run:\n  system: "42"\n'],
    [
      'as text of more than one line',
      '',
      'run.system',
      'a\n# b',
      'run:\n  system: |-\n    a\n    # b\n',
    ],
  ])('%s', (_where, before, key, value, after) => {
    expect(put(before, key, value)).toBe(after);
  });

  test('a long line is not folded', () => {
    const prompt = 'word '.repeat(100).trim();
    expect(put('', 'run.system', prompt)).toBe(`run:\n  system: ${prompt}\n`);
  });

  test('is refused where a value stands in place of the section', () => {
    for (const text of ['server: 5\n', 'server:\n  - 5\n']) {
      expect(() => put(text, 'server.port', 1)).toThrow(LlameroError);
    }
  });
});

describe('taking a key out', () => {
  test.each<[string, string, string, string]>([
    [
      'leaves the comments before it to what follows',
      'server:\n  # a\n  port: 1 # b\n  # c\n  host: x\n',
      'server.port',
      'server:\n  # a\n  # c\n  host: x\n',
    ],
    [
      'leaves the comments before it at the end of the section',
      'server:\n  host: x\n  # c\n  port: 1\nrun:\n  temp: 1\n',
      'server.port',
      'server:\n  host: x\n  # c\nrun:\n  temp: 1\n',
    ],
    [
      'takes its emptied section too',
      'server:\n  port: 1\nrun:\n  temp: 1\n',
      'server.port',
      'run:\n  temp: 1\n',
    ],
    [
      'leaves an emptied section that holds comments',
      'server:\n  # a\n  port: 1\n  # b\nrun:\n  temp: 1\n',
      'server.port',
      'server:\n  # a\n  # b\nrun:\n  temp: 1\n',
    ],
    [
      'leaves the comments of a file without settings',
      '# a\n\nserver:\n  port: 1\n# b\n',
      'server.port',
      '# a\n\n# b\n',
    ],
    ['works for a key of nobody', 'x:\n  y: 1\n  z: 2\n', 'x.y', 'x:\n  z: 2\n'],
    [
      'works for a key outside a section',
      'port: 1\nrun:\n  temp: 1\n',
      'port',
      'run:\n  temp: 1\n',
    ],
    [
      'takes all emptied groups of a model too',
      'models:\n  u/r:\n    args:\n      fit: off\nrun:\n  temp: 1\n',
      'models.u/r.args.fit',
      'run:\n  temp: 1\n',
    ],
    [
      'leaves an emptied group of a model that holds comments',
      'models:\n  u/r:\n    # a\n    temp: 1\n',
      'models.u/r.temp',
      'models:\n  u/r: # a\n',
    ],
    ['works for a dotted key', 'a.b: 1\nrun:\n  temp: 1\n', 'a.b', 'run:\n  temp: 1\n'],
  ])('%s', (_what, before, key, after) => {
    expect(remove(before, key)).toBe(after);
  });

  test.each([
    ['', 'server.port'],
    ['server:\n  host: x\n', 'server.port'],
    ['server:\n  port: 1\n', 'server'],
  ])('in %j there is no value %s', (text, key) => {
    expect(remove(text, key)).toBeUndefined();
  });
});

test('whatever is put and taken out, all other values and all comments stay', () => {
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.string({ unit: 'binary' }).map((text) => `v${text.replaceAll(/\p{Cc}/gu, '')}`),
    fc.constantFrom(
      'a: b',
      '# c',
      '- d',
      '"',
      "'",
      '|',
      '*e',
      '&f',
      '{g',
      'null',
      '1e3',
      'a\nb',
      '  x ',
    ),
  );
  const step = fc.record({
    key: fc.constantFrom(
      ...SETTING_KEYS,
      'models.u/r.temp',
      'models.u/r.system',
      'models.*:Q2_K.temp',
      'models.u/r.args.fit',
      'server.args.fit',
    ),
    value: fc.option(value, { nil: undefined }),
  });
  const start = [
    '# c1',
    'hub:',
    '  # c2',
    '  endpoint: x',
    '',
    '  # c3',
    'run: # c4',
    '  # c5',
    '  system: |',
    '    text',
    '  # c6',
    '# c7',
    '',
  ].join('\n');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let text = start;
      const expected = valuesOf(start);
      for (const { key, value: wanted } of steps) {
        if (wanted === undefined) {
          text = remove(text, key) ?? text;
          delete expected[key];
        } else {
          text = put(text, key, wanted);
          expected[key] = wanted;
        }
        expect(valuesOf(text)).toEqual(expected);
      }
      for (const comment of ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']) {
        expect(text).toMatch(new RegExp(`# ${comment}$`, 'mu'));
      }
    }),
    { numRuns: 60 },
  );
});
