import { BaseCommand } from '../../base-command.ts';

export default class ConfigPath extends BaseCommand<typeof ConfigPath> {
  static override summary = 'Print where the settings file is';

  static override description =
    'The file need not exist. LLAMERO_CONFIG names another one, LLAMERO_HOME another folder. Changes nothing.\n\nExit codes: 0 done.';

  static override examples = [
    { description: 'where the settings are', command: '<%= config.bin %> config path' },
  ];

  run(): Promise<{ path: string }> {
    const { configFile } = this.context.paths;
    if (!this.jsonEnabled()) this.context.terminal.print(configFile);
    return Promise.resolve({ path: configFile });
  }
}
