import { describe, expect, test } from 'vitest';

import type { LoadSettings } from '../../../src/lib/server/presets.ts';
import { entriesProblem, presetEntries } from '../../../src/lib/server/settings/preset-entries.ts';
import { storedAs } from './stored-models.ts';

const FLAGS = new Set(
  [
    'model',
    'mmproj',
    'ctx-size',
    'parallel',
    'rope-scaling',
    'context-shift',
    'no-context-shift',
    'chat-template',
    'chat-template-file',
    'model-draft',
    'sleep-idle-seconds',
    'lora',
  ]
    .map((name) => `--${name}`)
    .concat('-sm'),
);
const SEEING = storedAs('user/seeing:F16', '/m/s.gguf', { projector: '/m/mmproj.gguf' });
const MODELS = [
  SEEING,
  storedAs('user/small:Q8_0', '/m/small.gguf'),
  storedAs('user/two:Q8_0', '/m/two-8.gguf'),
  storedAs('user/two:F16', '/m/two-16.gguf'),
];

function lines(settings: LoadSettings, flags: ReadonlySet<string> = FLAGS): string[] {
  return presetEntries(SEEING, settings, { flags, models: MODELS }).map(
    ({ flag, value }) => `${flag} = ${value}`,
  );
}

function problem(settings: LoadSettings): string | undefined {
  return entriesProblem(presetEntries(SEEING, settings, { flags: FLAGS, models: MODELS }), FLAGS);
}

describe('a setting in the words of llama-server', () => {
  const FILES = ['model = /m/s.gguf', 'mmproj = /m/mmproj.gguf'];

  test.each<[LoadSettings, readonly string[]]>([
    [{}, FILES],
    [{ 'ctx-size': 8192 }, [...FILES, 'ctx-size = 8192']],
    [{ 'no-context-shift': true }, [...FILES, 'no-context-shift = true']],
    [{ 'context-shift': false }, [...FILES, 'context-shift = false']],
    [{ parallel: 'auto' }, [...FILES, 'parallel = -1']],
    [{ 'keep-alive': 1800 }, [...FILES, 'sleep-idle-seconds = 1800']],
    [{ 'keep-alive': 0.2 }, [...FILES, 'sleep-idle-seconds = 1']],
    [{ 'keep-alive': 0 }, [...FILES, 'sleep-idle-seconds = 1']],
    [{ 'keep-alive': -1 }, FILES],
    [{ mmproj: 'off' }, ['model = /m/s.gguf']],
    [{ mmproj: '/other.gguf' }, ['model = /m/s.gguf', 'mmproj = /other.gguf']],
    [{ 'model-draft': '/d.gguf' }, [...FILES, 'model-draft = /d.gguf']],
    [{ 'model-draft': 'USER/small@q8_0' }, [...FILES, 'model-draft = /m/small.gguf']],
    [{ 'model-draft': 'user/small' }, [...FILES, 'model-draft = /m/small.gguf']],
    [
      { 'chat-template': 'chatml', 'chat-template-file': '/t' },
      [...FILES, 'chat-template-file = /t'],
    ],
  ])('%j is %j', (settings, expected) => {
    expect(lines(settings)).toEqual(expected);
    expect(problem(settings)).toBeUndefined();
  });

  test('a build that never frees a model by itself is not asked to', () => {
    expect(lines({ 'keep-alive': 60 }, new Set(['--model', '--mmproj']))).toEqual(FILES);
  });
});

describe('what cannot be given is refused with the reason', () => {
  test.each<[LoadSettings, string]>([
    [{ 'rope-scalling': 'x' }, 'has no flag --rope-scalling (did you mean --rope-scaling?)'],
    [{ rope_scaling: 'x' }, '(did you mean --rope-scaling?)'],
    [{ zzz: true }, 'this llama-server has no flag --zzz'],
    [{ 'model-draft': 'user/none' }, 'the draft model user/none is not stored on this machine'],
    [{ 'model-draft': 'user/two' }, 'or in more than one quant'],
    [{ lora: '/a;b.gguf' }, 'cannot hold `lora = /a;b.gguf`: it would be cut at the first ;'],
    [{ 'rope-scaling': '"x"' }, 'it begins with a quotation mark'],
    [{ 'rope-scaling': ' x' }, 'it begins or ends with a blank'],
    [{ 'chat-template': '{# a #}' }, 'put it into a file (`chat-template-file`)'],
    [{ 'chat-template': '{{ a }}\n{{ b }}' }, 'it has a line break'],
  ])('%j', (settings, reason) => {
    expect(problem(settings)).toContain(reason);
  });

  test('a short name is known too', () => {
    expect(problem({ sm: 'row' })).toBeUndefined();
  });
});
