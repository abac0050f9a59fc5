import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { requireKey } from '../../lib/config/config.ts';
import { formatValue } from '../../lib/config/key.ts';

export default class ConfigGet extends BaseCommand<typeof ConfigGet> {
  static override summary = 'Show one setting';

  static override description =
    'Prints an empty line where nothing is set and there is no default. Changes nothing.\n\nExit codes: 2 no such setting, or a wrong one in the file or a variable.';

  static override examples = [
    { description: 'the port of the server', command: '<%= config.bin %> config get server.port' },
  ];

  static override args = {
    key: Args.string({
      description: 'the setting: server.port, models.user/repo.ctx-size',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<{ key: string; value: unknown; source: string; origin?: string }> {
    const { text: key } = requireKey(this.args.key);
    const settings = (await this.context.config()).settings();
    const found = settings.findLast((setting) => setting.key === key);
    if (!this.jsonEnabled()) this.context.terminal.print(formatValue(key, found?.value));
    const { origin, source = 'default', value = null } = found ?? {};
    return { key, value, source, ...(origin === undefined ? {} : { origin }) };
  }
}
