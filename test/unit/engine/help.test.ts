import { describe, expect, test } from 'vitest';

import { parseHelp } from '../../../src/lib/engine/help.ts';

const HELP = `----- common params -----

-h,    --help, --usage                  print usage and exit
-t,    --threads N                      number of CPU threads to use during generation (default: 8)
                                        (env: LLAMA_ARG_THREADS)
-tb,   --threads-batch N                number of threads to use during batch and prompt processing (default:
                                        same as --threads)
-c,    --ctx-size N                     size of the prompt context (default: 0, 0 = loaded from model)
-fa,   --flash-attn [on|off|auto]       set Flash Attention use ('on', 'off', or 'auto', default: 'auto')
-kvo,  --kv-offload, -nkvo, --no-kv-offload
                                        whether to enable KV cache offloading (default: enabled)
-ot,   --override-tensor <tensor name pattern>=<buffer type>,...
                                        override tensor buffer type
-fitt, --fit-target MiB0,MiB1,MiB2,...
                                        target margin, default: 1024
                                        --not-a-flag in a description (default: 9)

some words at the margin (default: 7)
--fim-qwen-1.5b-default                 use default Qwen
`;

describe('what --help says', () => {
  const options = parseHelp(HELP);

  test.each([
    ['--usage', { names: ['-h', '--help', '--usage'] }],
    ['--threads', { names: ['-t', '--threads'], value: 'N', default: '8' }],
    ['--threads-batch', { names: ['-tb', '--threads-batch'], value: 'N' }],
    ['--ctx-size', { names: ['-c', '--ctx-size'], value: 'N', default: '0' }],
    ['--flash-attn', { names: ['-fa', '--flash-attn'], value: '[on|off|auto]', default: 'auto' }],
    [
      '--no-kv-offload',
      { names: ['-kvo', '--kv-offload', '-nkvo', '--no-kv-offload'], default: 'enabled' },
    ],
    [
      '--override-tensor',
      {
        names: ['-ot', '--override-tensor'],
        value: '<tensor name pattern>=<buffer type>,...',
      },
    ],
    [
      '--fit-target',
      { names: ['-fitt', '--fit-target'], value: 'MiB0,MiB1,MiB2,...', default: '1024' },
    ],
    ['--fim-qwen-1.5b-default', { names: ['--fim-qwen-1.5b-default'] }],
  ])('of %s', (name, expected) => {
    expect(options.find(({ names }) => names.includes(name))).toEqual(expected);
  });

  test('and of nothing else', () => {
    expect(options).toHaveLength(9);
    expect(parseHelp('')).toEqual([]);
  });
});
