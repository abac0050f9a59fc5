import { describe, expect, test } from 'vitest';

import type { Engine } from '../../../src/lib/engine/engine.ts';
import { type HelpOption, parseHelp } from '../../../src/lib/engine/help.ts';
import { explainLoad, runningDifferences } from '../../../src/lib/server/settings/explain.ts';
import type { ResolvedSetting } from '../../../src/lib/server/settings/resolve.ts';
import { storedAs } from './stored-models.ts';

const HELP: readonly HelpOption[] = parseHelp(`-m,    --model FNAME     model path to load
-c,    --ctx-size N      size of the prompt context (default: 0, 0 = loaded from model)
-np,   --parallel N      number of server slots (default: -1, -1 = auto)
-mm,   --mmproj FILE     path to a projector
--swa-full               use full-size SWA cache (default: false)
--context-shift, --no-context-shift
                         whether to use context shift (default: disabled)
-sm,   --split-mode {none,layer}
                         how to split the model
--temp, --temperature N  temperature (default: 0.80)
--host HOST              address (default: 127.0.0.1)
--metrics                metrics (default: disabled)
`);
const ENGINE: Engine = {
  command: ['/x/llama', 'serve'],
  folder: '/x',
  origin: 'path',
  flags: new Set(HELP.flatMap(({ names }) => names)),
};
const MODEL = storedAs('user/repo:Q8_0', '/m/a b.gguf', { projector: '/m/p.gguf' });

function explain(settings: Readonly<Record<string, string | number | boolean>>) {
  const resolved = Object.entries(settings).map(([name, value]): ResolvedSetting => ({
    name,
    value,
    source: 'model',
    origin: `${name}!`,
  }));
  return explainLoad({
    model: MODEL,
    models: [MODEL],
    engine: ENGINE,
    help: HELP,
    settings: resolved,
  });
}

describe('the command line of a model', () => {
  test('has its files, its settings, and after them the defaults that people ask for', () => {
    const { command, flags, problem } = explain({ 'ctx-size': 4096 });
    expect(problem).toBeUndefined();
    expect(command).toEqual([
      '/x/llama',
      'serve',
      '--model',
      '/m/a b.gguf',
      '--mmproj',
      '/m/p.gguf',
      '--ctx-size',
      '4096',
    ]);
    expect(flags.map(({ flag, origin, value }) => [flag, value, origin])).toEqual([
      ['--model', '/m/a b.gguf', 'the store'],
      ['--mmproj', '/m/p.gguf', "the repository's projector"],
      ['--ctx-size', '4096', 'ctx-size!'],
      ['--parallel', '-1', "llama-server's default"],
    ]);
  });

  test.each<[Readonly<Record<string, string | boolean>>, readonly string[]]>([
    [{ 'no-context-shift': true }, ['--no-context-shift']],
    [{ 'context-shift': false }, ['--no-context-shift']],
    [{ 'no-context-shift': false }, ['--context-shift']],
    [{ 'swa-full': true }, ['--swa-full']],
    [{ 'swa-full': false }, []],
    [{ sm: 'layer' }, ['-sm', 'layer']],
    [{ mmproj: 'off' }, []],
  ])('%j is written as %j', (settings, words) => {
    const { command } = explain({ mmproj: 'off', ...settings });
    expect(command.slice(4)).toEqual(words);
  });

  test('says why it cannot be used', () => {
    expect(explain({ 'ctx-sise': 1 }).problem).toContain('did you mean --ctx-size?');
  });
});

describe('a running model', () => {
  const LOADED = '--host 127.0.0.1 --port 5 --alias x --metrics --mmproj /m/p.gguf'
    .split(' ')
    .concat('-m', '/m/a b.gguf');

  test.each<[readonly string[], Readonly<Record<string, number | boolean>>, readonly object[]]>([
    [[], {}, []],
    [['-c', '4096'], { 'ctx-size': 4096 }, []],
    [['--temperature', '0.5'], { temp: 0.5 }, []],
    [['--no-context-shift'], { 'context-shift': false }, []],
    [
      ['--ctx-size', '4096'],
      { 'ctx-size': 8192 },
      [{ flag: '--ctx-size', running: '4096', settings: '8192' }],
    ],
    [['--ctx-size', '4096'], {}, [{ flag: '--ctx-size', running: '4096' }]],
    [[], { temp: 0.5 }, [{ flag: '--temp', settings: '0.5' }]],
    [
      ['--context-shift'],
      { 'no-context-shift': true },
      [{ flag: '--no-context-shift', running: 'on', settings: 'off' }],
    ],
  ])('with %j and the settings %j differs in %j', (words, settings, differences) => {
    expect(runningDifferences([...LOADED, ...words], explain(settings), HELP)).toEqual(differences);
  });
});
