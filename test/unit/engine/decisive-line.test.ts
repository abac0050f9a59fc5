import { expect, test } from 'vitest';

import { decisiveLine } from '../../../src/lib/engine/decisive-line.ts';

test.each([
  [
    'the cause, not its consequences',
    [
      '0.00.100.000 I srv  main: loading model',
      "0.00.200.000 E llama_model_load: error loading model: unknown model architecture: 'foo'",
      "0.00.200.001 E common_init_from_params: failed to load model, '/x/y.gguf'",
      '0.00.200.002 E srv  main: exiting due to model loading error',
    ],
    "llama_model_load: error loading model: unknown model architecture: 'foo'",
  ],
  [
    'a complaint of the loader, without a level',
    ['llama-server: error while loading shared libraries: libgomp.so.1: cannot open'],
    'llama-server: error while loading shared libraries: libgomp.so.1: cannot open',
  ],
  [
    'the level counts for more than the word',
    ['0.00.1.1 I note: failed over, all is well', '0.00.1.2 E ggml: no backends, cannot go on'],
    'ggml: no backends, cannot go on',
  ],
  [
    'an error of its level that has none of the words',
    [
      '0.00.016.250 E llama_model_load_from_file_impl: no backends are loaded. hint: use ggml_backend_load()',
      '0.00.016.531 E common_fit_params: encountered an error while trying to fit params: failed to load model',
    ],
    'llama_model_load_from_file_impl: no backends are loaded. hint: use ggml_backend_load()',
  ],
  ['the last line where none complains', ['one', 'two', ''], 'two'],
  [
    'a consequence where there is nothing else',
    ['0.00.1.1 E srv  main: exiting due to model loading error'],
    'srv  main: exiting due to model loading error'.replace('  ', ' '),
  ],
  ['no control characters', ['error: \u001B[31mred\u0007'], 'error: [31mred'],
  ['nothing of an empty log', [''], undefined],
])('%s', (_, lines, expected) => {
  expect(decisiveLine(lines.join('\n'))).toBe(expected);
});
