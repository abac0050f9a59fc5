import { type SlashCommand, findCommand, nearestCommand } from './command.ts';

const KEYS = [
  ['Ctrl+C', 'stops an answer; at the empty prompt, twice leaves'],
  ['Ctrl+D', 'leaves'],
  ['Ctrl+J, Alt+Enter', 'a new line; so does \\ at the end of one, and """ around several'],
  ['Up, Ctrl+R', 'what was typed before'],
  ['Tab', 'completes commands, models and paths'],
  ['Ctrl+G', 'opens the text in your editor'],
  ['@path', 'a text file or a picture goes with the message'],
] as const;

/** `/help`, over all the commands there are. */
export function helpCommand(all: () => readonly SlashCommand[]): SlashCommand {
  return {
    name: 'help',
    aliases: ['?'],
    arguments: '[command]',
    summary: 'What can be typed here',
    choices: () => all().map(({ name }) => name),
    run: ({ io }, argument) => {
      if (argument === '') {
        const rows = all().map((command) => [usage(command), command.summary] as const);
        io.list([...rows, ...KEYS]);
        return undefined;
      }
      const name = argument.replace(/^\//u, '').toLowerCase();
      const command = findCommand(all(), name);
      if (command === undefined) {
        const near = nearestCommand(all(), name);
        io.warn(
          `/${name} is no command here${near === undefined ? '' : `; did you mean /${near}?`}`,
        );
        return undefined;
      }
      const { aliases = [], details = [], summary } = command;
      const other = aliases.length === 0 ? [] : [`Also: ${aliases.map((a) => `/${a}`).join(', ')}`];
      io.say([`${usage(command)}  ${summary}`, ...details, ...other].join('\n'));
      return undefined;
    },
  };
}

/** `/bye`. */
export const byeCommand: SlashCommand = {
  name: 'bye',
  aliases: ['exit', 'quit', 'q'],
  arguments: '',
  summary: 'Leave; Ctrl+D does the same',
  run: () => ({ type: 'leave' }),
};

function usage({ arguments: words, name }: SlashCommand): string {
  return words === '' ? `/${name}` : `/${name} ${words}`;
}
