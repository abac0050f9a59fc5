import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { overridingVariable } from '../../lib/config/config.ts';
import { setValue } from '../../lib/config/edit.ts';
import { formatSetting } from '../../lib/config/schema.ts';

export default class ConfigSet extends BaseCommand<typeof ConfigSet> {
  static override summary = 'Set a value in the settings file';

  static override description =
    'The value is checked before anything is written. Comments and order of the file stay.';

  static override examples = [
    { description: 'another port', command: '<%= config.bin %> config set server.port 8080' },
    {
      description: 'keep 20 GB of the disk free',
      command: '<%= config.bin %> config set pull.reserve 20GB',
    },
    {
      description: 'a mirror of the hub',
      command: '<%= config.bin %> config set hub.endpoint https://hf-mirror.example',
    },
  ];

  static override args = {
    key: Args.string({
      description: 'the setting: server.port',
      required: true,
      ignoreStdin: true,
    }),
    value: Args.string({ description: 'its value', required: true, ignoreStdin: true }),
  };

  async run(): Promise<{ key: string; value: unknown; path: string }> {
    const { environment, paths, terminal } = this.context;
    const { key, value } = await setValue(paths, this.args.key, this.args.value);
    terminal.note(`${key} is ${formatSetting(key, value)} in ${paths.configFile}`);
    const variable = overridingVariable(key, environment);
    if (variable !== undefined) {
      terminal.warn(`${variable.name} is set in the environment and overrides it`);
    }
    return { key, value, path: paths.configFile };
  }
}
