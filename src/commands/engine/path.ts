import { BaseCommand } from '../../base-command.ts';

/** The `--json` document of `engine path`. */
interface PathDocument {
  readonly path: string;
  readonly folder: string;
  readonly origin: string;
}

export default class EnginePath extends BaseCommand<typeof EnginePath> {
  static override summary = 'Print the llama-server that is used';

  static override description = 'Changes nothing.\n\nExit codes: 9 there is none.';

  static override examples = [
    '<%= config.bin %> engine path',
    { description: 'its other programs', command: 'ls "$(dirname "$(llamero engine path)")"' },
  ];

  async run(): Promise<PathDocument> {
    const { command, folder, origin } = await this.context.findEngine();
    if (!this.jsonEnabled()) this.context.terminal.print(command[0]);
    return { path: command[0], folder, origin };
  }
}
