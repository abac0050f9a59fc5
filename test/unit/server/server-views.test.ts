import { PassThrough } from 'node:stream';

import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';

import type { Engine } from '../../../src/lib/engine/engine.ts';
import { differences } from '../../../src/lib/server/differences.ts';
import type { ModelStatus } from '../../../src/lib/server/router.ts';
import type { ServerState } from '../../../src/lib/server/state.ts';
import { Terminal } from '../../../src/lib/ui/terminal.ts';
import { describeFailures } from '../../../src/views/server-status.ts';
import {
  describeProcessor,
  describeState,
  renderProcesses,
} from '../../../src/views/server-table.ts';
import { wrapWords } from '../../../src/views/server-watch.ts';

const MODELS: readonly ModelStatus[] = [
  {
    id: 'a',
    ref: 'bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
    state: 'loaded',
    args: [],
    size: 807_694_464,
    contextSize: 131_072,
    deviceShare: 0.52,
    requests: 0,
    idleSeconds: 190,
    unloadsInSeconds: 1610,
  },
  { id: 'b', ref: 'user/b:Q8_0', state: 'loading', args: [], progress: 0.4 },
];

function terminal(columns: number | undefined): Terminal {
  const stdout = Object.assign(
    new PassThrough(),
    columns === undefined ? {} : { isTTY: true, columns },
  );
  return new Terminal({ stdin: process.stdin, stdout, stderr: new PassThrough() }, 'normal', {
    NO_COLOR: '1',
  });
}

describe('the table of models', () => {
  test('stands in columns where there is room', () => {
    const lines = renderProcesses(MODELS, terminal(200)).split('\n');
    expect(lines.map((line) => line.split(/ {2,}/u))).toEqual([
      ['MODEL', 'SIZE', 'PROCESSOR', 'CONTEXT', 'STATUS', 'UNLOADS IN'],
      [
        'bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
        '808 MB',
        '48 % CPU, 52 % GPU',
        '131072',
        'ready, idle 3 min 10 s',
        '26 min 50 s',
      ],
      ['user/b:Q8_0', 'loading 40 %'],
    ]);
  });

  test('is two lines a model on a narrow terminal, and nothing is cut', () => {
    const text = renderProcesses(MODELS, terminal(60));
    expect(text).toBe(
      [
        'bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
        '  ready, idle 3 min 10 s · 48 % CPU, 52 % GPU',
        '  context 131072 · 808 MB · unloads in 26 min 50 s',
        'user/b:Q8_0',
        '  loading 40 %',
      ].join('\n'),
    );
  });

  test.each([20, 40, 60, 80, 120])('never passes %d columns', (columns) => {
    for (const line of renderProcesses(MODELS, terminal(columns)).split('\n')) {
      expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('is always in columns in a pipe', () => {
    expect(renderProcesses(MODELS, terminal(undefined))).toContain('UNLOADS IN');
  });
});

describe('what a model does', () => {
  const model: ModelStatus = { id: 'a', ref: 'a', state: 'loaded', args: [] };

  test.each([
    [{}, 'ready'],
    [{ requests: 1 }, 'ready, 1 request'],
    [{ requests: 3, idleSeconds: 5 }, 'ready, 3 requests'],
    [{ requests: 0, idleSeconds: 5 }, 'ready, idle 5 s'],
    [{ state: 'loading' as const }, 'loading'],
    [{ state: 'sleeping' as const }, 'sleeping'],
    [{ state: 'failed' as const }, 'failed'],
  ])('%j is %j', (known, words) => {
    expect(describeState({ ...model, ...known })).toBe(words);
  });

  test.each([
    [undefined, ''],
    [0, '100 % CPU'],
    [1, '100 % GPU'],
    [0.25, '75 % CPU, 25 % GPU'],
  ])('with %j of it on devices is on %j', (deviceShare, words) => {
    expect(
      describeProcessor({ ...model, ...(deviceShare === undefined ? {} : { deviceShare }) }),
    ).toBe(words);
  });

  test('and why it failed is told', () => {
    const failure = { reason: 'the file is damaged', hint: 'Fetch it\nagain' };
    expect(describeFailures([{ ...model, state: 'failed', failure }, model])).toEqual([
      'a failed: the file is damaged',
      'Fetch it',
      'again',
    ]);
  });
});

describe('a line that is too wide', () => {
  test('is broken between words', () => {
    expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapWords('one two', 7)).toEqual(['one two']);
  });
});

describe('a server that is wanted otherwise', () => {
  const engine: Engine = {
    command: ['/bin/b2/llama-server'],
    folder: '/bin/b2',
    origin: 'installed',
    build: 2,
    flags: new Set(),
  };
  const state: ServerState = {
    pid: 1,
    identity: 'x',
    startedAt: '2026-01-01T00:00:00.000Z',
    host: '127.0.0.1',
    port: 5526,
    modelsMax: 4,
    engine: { command: ['/bin/b2/llama-server'], build: 2 },
    models: [],
    presets: '',
  };
  const same = { address: { host: '127.0.0.1', port: 5526 }, modelsMax: 4, engine, key: undefined };

  test('does not differ from itself', () => {
    expect(differences(state, undefined, same)).toEqual([]);
    expect(differences(state, 'secret', { ...same, key: { value: 'secret' } })).toEqual([]);
  });

  test('differs line by line, and shows no key', () => {
    const lines = differences(
      { ...state, engine: { command: ['/bin/b1/llama-server'], build: 1 } },
      'secret',
      { ...same, address: { host: '0.0.0.0', port: 80 }, modelsMax: 0, key: { value: 'hidden' } },
    );
    expect(lines).toEqual([
      'host: it has 127.0.0.1, wanted is 0.0.0.0',
      'port: it has 5526, wanted is 80',
      'models at once: it has 4, wanted is no limit',
      'engine: it has llama.cpp b1 (/bin/b1/llama-server), wanted is llama.cpp b2 (/bin/b2/llama-server)',
      'API key: it has one, wanted is another one',
    ]);
  });
});
