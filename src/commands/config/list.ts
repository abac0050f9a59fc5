import { BaseCommand } from '../../base-command.ts';
import { renderSettings } from '../../views/settings-table.ts';

/** `config list --json`. */
interface ConfigListDocument {
  readonly path: string;
  readonly settings: readonly {
    readonly key: string;
    /** Sizes in bytes, durations in seconds; null where nothing is set. */
    readonly value: unknown;
    readonly source: string;
    readonly origin?: string;
    readonly default: unknown;
    readonly description: string;
  }[];
}

export default class ConfigList extends BaseCommand<typeof ConfigList> {
  static override summary = 'Show all settings, each with where its value comes from';

  static override description =
    'Changes nothing.\n\nExit codes: 2 a wrong setting in the file or a variable.';

  static override examples = [
    { description: 'all settings as a table', command: '<%= config.bin %> config list' },
    { description: 'the same for a script', command: '<%= config.bin %> config list --json' },
  ];

  async run(): Promise<ConfigListDocument> {
    const { paths, terminal } = this.context;
    const settings = (await this.context.config()).settings();
    if (!this.jsonEnabled()) renderSettings(terminal, settings);
    return {
      path: paths.configFile,
      settings: settings.map((setting) => ({
        ...setting,
        value: setting.value ?? null,
        default: setting.default ?? null,
      })),
    };
  }
}
