import { Args, loadHelpClass } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { ENVIRONMENT_VARIABLES } from '../lib/config/environment.ts';
import { EXIT_CODES } from '../lib/errors.ts';
import { renderTable } from '../lib/ui/table.ts';

/** The `--json` document of `help`: the table of the topic. */
interface HelpDocument {
  readonly topic: string;
  readonly entries: readonly { readonly name: string; readonly meaning: string }[];
}

const TOPICS: Readonly<Record<string, () => [name: string, meaning: string][]>> = {
  'exit-codes': () => Object.entries(EXIT_CODES),
  environment: () => ENVIRONMENT_VARIABLES.map(({ name, description }) => [name, description]),
};

export default class HelpCommand extends BaseCommand<typeof HelpCommand> {
  static override summary = 'Explain a command or a topic';

  static override description =
    'Topics: exit-codes (how the program can end), environment (the variables it reads).';

  static override examples = ['<%= config.bin %> help pull', '<%= config.bin %> help exit-codes'];

  static override strict = false;

  static override args = {
    topic: Args.string({ description: 'a command or a topic', ignoreStdin: true }),
  };

  async run(): Promise<HelpDocument | undefined> {
    const { terminal } = this.context;
    const topic = this.positionals.join(' ');
    const entries = TOPICS[topic]?.();
    if (entries === undefined) {
      const Help = await loadHelpClass(this.config);
      await new Help(this.config, this.config.pjson.oclif.helpOptions).showHelp([
        ...this.positionals,
      ]);
      return undefined;
    }
    if (!this.jsonEnabled()) {
      terminal.print(
        renderTable({
          columns: [{ header: 'NAME' }, { header: 'MEANING', shrinks: true }],
          headerStyle: terminal.outStyle.bold,
          rows: entries,
        }),
      );
    }
    return { topic, entries: entries.map(([name, meaning]) => ({ name, meaning })) };
  }
}
