import { Config, type Interfaces } from '@oclif/core';
import { distance } from 'fastest-levenshtein';

import { LlameroError } from './lib/errors.ts';
import { oneLine } from './lib/plain-text.ts';

const NOT_FOUND = /^command (.+) not found$/su;

/** An error of oclif for a command that does not exist, as one that suggests what was meant. */
export async function explainUnknownCommand(
  error: unknown,
  options: Interfaces.LoadOptions,
): Promise<unknown> {
  const typed = error instanceof Error ? NOT_FOUND.exec(error.message)?.[1] : undefined;
  if (typed === undefined) return error;
  const words = oneLine(typed.replaceAll(':', ' '));
  const { commands } = await Config.load(options);
  const [nearest] = commands
    .flatMap(({ id, hiddenAliases }) => [id, ...hiddenAliases])
    .map((id) => id.replaceAll(':', ' '))
    .map((id) => ({ id, score: distance(id, words) }))
    .sort((one, other) => one.score - other.score);
  const hint =
    nearest !== undefined && nearest.score <= Math.max(1, Math.floor(words.length / 3))
      ? `Did you mean \`llamero ${nearest.id}\`?`
      : 'Run `llamero --help` to see all commands';
  return new LlameroError('USAGE', `There is no command «${words}»`, { hint, cause: error });
}
