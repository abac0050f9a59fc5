import { Args, Flags, Parser } from '@oclif/core';
import { describe, expect, test } from 'vitest';

import { toLlameroError } from '../../../src/error-conversion.ts';

const flags = {
  lines: Flags.integer({ min: 1 }),
  page: Flags.integer({ min: 1, max: 9 }),
  context: Flags.integer(),
  temp: Flags.string(),
  sort: Flags.option({ options: ['name', 'size', 'used'] as const })(),
  json: Flags.boolean(),
  watch: Flags.boolean({ exclusive: ['json'] }),
};
const args = {
  ref: Args.string({
    required: true,
    description: 'a stored model, or a part of its name '.repeat(5),
  }),
};
const shell = { shell: Args.option({ options: ['bash', 'zsh'] as const })({ required: true }) };

/** How a command line that oclif refuses is told. */
async function refusal(argv: string[], input: Parameters<typeof Parser.parse>[1]) {
  const error: unknown = await Parser.parse(argv, input).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return toLlameroError(error, 'config:get');
}

describe('what oclif refuses is one sentence', () => {
  test.each<[argv: string[], message: string]>([
    [['--frob'], '`llamero config get` has no flag --frob'],
    [['--frob', '--nix'], '`llamero config get` has no flags --frob and --nix'],
    [['--temp'], '--temp takes a value'],
    [['--sort'], '--sort takes name, size or used'],
    [['--sort', 'age'], '--sort takes name, size or used, not «age»'],
    [['--context', 'much'], '--context takes a whole number, not «much»'],
    [['--lines', 'x'], '--lines takes a whole number, not «x»'],
    [['--lines', '0'], '--lines takes a whole number from 1 on, not «0»'],
    [['--page', '10'], '--page takes a whole number up to 9, not «10»'],
    [['--watch', '--json'], '--watch and --json exclude each other'],
    [['--temp', '1', '--temp', '2'], '--temp may be given once'],
    [['a', 'b'], '`llamero config get` takes no «a» and «b»'],
    [['x\ny'], '`llamero config get` takes no «x y»'],
  ])('%j', async (argv, message) => {
    const error = await refusal(argv, { flags, args: {}, strict: true });
    expect(error).toMatchObject({ code: 'USAGE', exitCode: 2, message });
  });

  test.each<[argv: string[], args: Parameters<typeof Parser.parse>[1], message: string]>([
    [[], { args }, 'REF is missing'],
    [
      [],
      { args: { ...args, value: Args.string({ required: true }) } },
      'REF and VALUE are missing',
    ],
    [[], { args: shell }, 'SHELL is missing: bash or zsh'],
    [['tcsh'], { args: shell }, '«tcsh» is none of bash and zsh'],
  ])('of arguments: %j', async (argv, input, message) => {
    expect((await refusal(argv, input)).message).toBe(message);
  });
});
