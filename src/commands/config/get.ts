import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { requireSettingKey } from '../../lib/config/config.ts';
import { formatSetting } from '../../lib/config/schema.ts';

export default class ConfigGet extends BaseCommand<typeof ConfigGet> {
  static override summary = 'Show one setting';

  static override description =
    'Prints an empty line where nothing is set and there is no default.';

  static override examples = [
    { description: 'the port of the server', command: '<%= config.bin %> config get server.port' },
  ];

  static override args = {
    key: Args.string({
      description: 'the setting: server.port',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<{ key: string; value: unknown; source: string; origin?: string }> {
    const key = requireSettingKey(this.args.key);
    const config = await this.context.config();
    const setting = config.setting(key);
    if (!this.jsonEnabled()) this.context.terminal.print(formatSetting(key, setting.value));
    return { key, ...setting, value: setting.value ?? null };
  }
}
