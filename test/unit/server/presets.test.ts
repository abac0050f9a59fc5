import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { buildPresets, sectionName } from '../../../src/lib/server/presets.ts';
import { valueProblem } from '../../../src/lib/server/settings/preset-entries.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';

const FLAGS = new Set(['--model', '--mmproj', '--alias', '--ctx-size', '--threads']);

function stored(ref: string, file: string, projector?: string): StoredModel {
  return {
    ref,
    repo: 'user/repo',
    quant: 'Q4_K_M',
    path: file,
    files: [],
    size: 0,
    state: 'complete',
    modifiedAt: new Date(0),
    ...(projector === undefined ? {} : { projector }),
  };
}

describe('the list of models', () => {
  test('has a section for each model with its file, projector and settings', () => {
    const presets = buildPresets(
      [
        { model: stored('user/repo:Q4_K_M', '/m/a.gguf'), settings: { 'ctx-size': 4096 } },
        { model: stored('user/other:F16', '/m/b.gguf', '/m/mmproj-F16.gguf'), settings: {} },
      ],
      FLAGS,
    );
    expect(presets.text).toBe(`[user/repo:Q4_K_M]
model = /m/a.gguf
ctx-size = 4096

[user/other:F16]
model = /m/b.gguf
mmproj = /m/mmproj-F16.gguf
`);
    expect(presets.refs).toEqual(['user/repo:Q4_K_M', 'user/other:F16']);
    expect(presets.refused).toEqual([]);
  });

  test('names a model whose tag llama-server would cut by another sign, and its reference as alias', () => {
    const { text } = buildPresets(
      [{ model: stored('user/repo:UD-Q4_K_XL', '/m/a.gguf'), settings: {} }],
      FLAGS,
    );
    expect(text).toBe(`[user/repo@UD-Q4_K_XL]
model = /m/a.gguf
alias = user/repo:UD-Q4_K_XL
`);
  });

  test('gives a model its aliases', () => {
    const { aliases, text } = buildPresets(
      [
        { model: stored('user/repo:F16', '/m/a.gguf'), settings: {}, aliases: ['fast', 'a'] },
        { model: stored('user/repo:UD-F16', '/m/b.gguf'), settings: {}, aliases: ['b'] },
        { model: stored('user/other:F16', '/m/c.gguf'), settings: {}, aliases: [] },
      ],
      FLAGS,
    );
    expect(text.match(/^(?:\[.*|alias.*)$/gmu)).toEqual([
      '[user/repo:F16]',
      'alias = fast,a',
      '[user/repo@UD-F16]',
      'alias = user/repo:UD-F16,b',
      '[user/other:F16]',
    ]);
    expect([...aliases.keys()]).toEqual(['user/repo:F16', 'user/repo:UD-F16']);
  });

  test('leaves out, with the reason, what it cannot hold, and keeps the rest', () => {
    const presets = buildPresets(
      [
        { model: stored('user/a:F16', '/m/a#1.gguf'), settings: {} },
        { model: stored('user/b:F16', '/m/b.gguf'), settings: { 'bogus-key': 1 } },
        { model: stored('user/c:F16', '/m/c.gguf'), settings: {} },
      ],
      FLAGS,
    );
    expect(presets.refs).toEqual(['user/c:F16']);
    expect(presets.text).not.toContain('bogus');
    expect(presets.refused).toEqual([
      {
        ref: 'user/a:F16',
        reason:
          "llama-server's list of models cannot hold `model = /m/a#1.gguf`: it would be cut at the first #",
      },
      { ref: 'user/b:F16', reason: 'this llama-server has no flag --bogus-key' },
    ]);
  });

  test('is empty without models', () => {
    expect(buildPresets([], FLAGS).text).toBe('');
  });
});

describe('the name of a section', () => {
  test.each([
    ['user/repo:Q4_K_M', 'user/repo:Q4_K_M'],
    ['user/repo:F16', 'user/repo:F16'],
    ['user/repo:UD-Q4_K_XL', 'user/repo@UD-Q4_K_XL'],
    ['user/repo:Q8_0-MTP', 'user/repo@Q8_0-MTP'],
    ['user/repo:i1-IQ2_XXS', 'user/repo@i1-IQ2_XXS'],
    ['user/re.po:model.v2', 'user/re.po@model.v2'],
    ['user/repo:lower', 'user/repo@lower'],
  ])('%s is %s', (ref, name) => {
    expect(sectionName(ref)).toBe(name);
  });

  test('is a different one for every reference', () => {
    const tag = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/u);
    fc.assert(
      fc.property(tag, tag, (one, other) => {
        const same = sectionName(`user/repo:${one}`) === sectionName(`user/repo:${other}`);
        expect(same).toBe(one === other);
      }),
    );
  });
});

describe('a value of the list', () => {
  test.each([
    ['', 'it is empty'],
    ['a#b', 'it would be cut at the first #'],
    ['a;b', 'it would be cut at the first ;'],
    ['a\nb', 'it has a line break or a control character'],
    ['a\0b', 'it has a line break or a control character'],
    [' a', 'it begins or ends with a blank'],
    ['a ', 'it begins or ends with a blank'],
    ['"a"', 'it begins with a quotation mark'],
    ["'a", 'it begins with a quotation mark'],
  ])('%j is refused', (value, reason) => {
    expect(valueProblem(value)).toBe(reason);
  });

  test.each([["/home/o'brien/my models/a.gguf"], ['C:\\models\\a.gguf'], ['/ä/ö [1].gguf'], ['=']])(
    '%s is held',
    (value) => {
      expect(valueProblem(value)).toBeUndefined();
    },
  );

  test('that is held is one line and comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        if (valueProblem(value) !== undefined) return;
        // What llama-server's grammar makes of the line `key = value`.
        const read = /^model[ \t]*=[ \t]*(.*?)[ \t]*(?:[;#].*)?$/su.exec(`model = ${value}`)?.[1];
        expect(read).toBe(value);
        expect(value.split(/[\r\n]/u)).toHaveLength(1);
      }),
    );
  });
});
