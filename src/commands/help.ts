import { Args, type Command, loadHelpClass } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { oneLine } from '../lib/plain-text.ts';
import { wrapText } from '../views/chat-list.ts';
import type { HelpEntry } from '../views/help-references.ts';
import { helpTable } from '../views/help-table.ts';
import { HELP_TOPICS } from '../views/help-topics.ts';

/**
 * The `--json` document of `help`: the entries of a topic, the arguments and flags of a command, or
 * the commands.
 */
interface HelpDocument {
  /** What was asked about; empty for the program as a whole. */
  readonly topic: string;
  readonly entries: readonly { readonly name: string; readonly meaning: string }[];
}

export default class HelpCommand extends BaseCommand<typeof HelpCommand> {
  static override summary = 'Explain a command or a topic';

  static override description = `Topics: exit-codes (how the program can end), environment (the variables it reads), references (the ways of naming a model). Changes nothing.

Exit codes: 2 no such command or topic.`;

  static override examples = [
    { description: 'a command', command: '<%= config.bin %> help pull' },
    { description: 'a topic', command: '<%= config.bin %> help references' },
    {
      description: 'the flags of a command, for a script',
      command: '<%= config.bin %> help pull --json',
    },
  ];

  static override strict = false;

  static override args = {
    topic: Args.string({ description: 'a command or a topic', ignoreStdin: true }),
  };

  async run(): Promise<HelpDocument> {
    const topic = this.positionals.join(' ');
    const entries = HELP_TOPICS.get(topic)?.entries ?? this.#commandEntries(topic);
    if (!this.jsonEnabled()) await this.#show(topic);
    return { topic, entries: entries.map(([name, meaning]) => ({ name, meaning })) };
  }

  async #show(topic: string): Promise<void> {
    const { terminal } = this.context;
    const known = HELP_TOPICS.get(topic);
    if (known === undefined) {
      const Help = await loadHelpClass(this.config);
      const help = new Help(this.config, this.config.pjson.oclif.helpOptions);
      return help.showHelp([...this.positionals]);
    }
    const width = terminal.stdoutIsTerminal ? terminal.columns : undefined;
    terminal.print(helpTable(known.entries, width, terminal.headerStyle));
    if (known.remark === undefined) return;
    const lines = width === undefined ? [known.remark] : wrapText(known.remark, width);
    terminal.note(lines.join('\n'));
  }

  /** @throws LlameroError USAGE when there is neither a command nor a group of that name */
  #commandEntries(topic: string): HelpEntry[] {
    const id = topic.replaceAll(' ', ':');
    const command = topic === '' ? undefined : this.config.findCommand(id);
    if (command !== undefined) return parametersOf(command);
    const shown = this.config.commands.filter(({ hidden }) => !hidden);
    const own = topic === '' ? shown : shown.filter((each) => each.id.startsWith(`${id}:`));
    if (own.length > 0) {
      return own.map(({ id, summary = '' }) => [id.replaceAll(':', ' '), summary]);
    }
    const names = [...HELP_TOPICS.keys(), ...shown.map((each) => each.id.replaceAll(':', ' '))];
    const near = nearest(names, topic);
    throw new LlameroError('USAGE', `There is no command and no topic «${oneLine(topic)}»`, {
      hint:
        near === undefined
          ? 'Run `llamero --help` to see all commands'
          : `Did you mean \`llamero help ${near}\`?`,
    });
  }
}

function parametersOf({ args, flags }: Command.Loadable): HelpEntry[] {
  return [
    ...Object.values(args).map(({ description = '', name }): HelpEntry => [name, description]),
    ...Object.values(flags)
      .filter(({ hidden }) => hidden !== true)
      .map(({ description, name, summary }): HelpEntry => [
        `--${name}`,
        summary ?? description ?? '',
      ]),
  ];
}
