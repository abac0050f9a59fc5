import { Config, type Interfaces } from '@oclif/core';
import { distance } from 'fastest-levenshtein';

import { LlameroError } from './lib/errors.ts';
import { oneLine } from './lib/plain-text.ts';
import { HELP_TOPICS } from './views/help-topics.ts';

const NOT_FOUND = /^command (.*) not found$/su;

/** An error of oclif for a command that does not exist, as one that suggests what was meant. */
export async function explainUnknownCommand(
  error: unknown,
  options: Interfaces.LoadOptions,
): Promise<unknown> {
  const typed = error instanceof Error ? NOT_FOUND.exec(error.message)?.[1] : undefined;
  if (typed === undefined) return error;
  const words = oneLine(typed.replaceAll(':', ' ')).split(' ');
  const { commands } = await Config.load(options);
  const known = commands
    .flatMap(({ id, hiddenAliases }) => [id, ...hiddenAliases])
    .map((id) => id.split(':'));
  const [command] = known.filter((each) => each.every((word, index) => word === words[index]));
  if (command !== undefined) {
    const surplus = words.slice(command.length).join(' ');
    const name = `llamero ${command.join(' ')}`;
    return new LlameroError('USAGE', `\`${name}\` takes no «${surplus}»`, {
      hint: `Run \`${name} --help\``,
      cause: error,
    });
  }
  return new LlameroError('USAGE', `There is no command «${unknownPart(words, known)}»`, {
    hint: suggestion(words, known),
    cause: error,
  });
}

/** The words that are meant as a command: the rest may be its arguments. */
function unknownPart(words: readonly string[], known: readonly string[][]): string {
  const isTopic = known.some((each) => each.length > 1 && each[0] === words[0]);
  return words.slice(0, isTopic ? 2 : 1).join(' ');
}

function suggestion(words: readonly string[], known: readonly string[][]): string {
  const commands = known.map((each) => ({ name: each.join(' '), length: each.length, prefix: '' }));
  const topics = [...HELP_TOPICS.keys()].map((name) => ({ name, length: 1, prefix: 'help ' }));
  const [nearest] = [...commands, ...topics]
    .map(({ length, name, prefix }) => {
      const typed = words.slice(0, length).join(' ');
      return { name: prefix + name, score: distance(name, typed) / typed.length };
    })
    .sort((one, other) => one.score - other.score);
  return nearest !== undefined && nearest.score <= 0.35
    ? `Did you mean \`llamero ${nearest.name}\`?`
    : 'Run `llamero --help` to see all commands';
}
