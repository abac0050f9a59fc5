import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { unsetValue } from '../../lib/config/edit.ts';

export default class ConfigUnset extends BaseCommand<typeof ConfigUnset> {
  static override summary = 'Take a value out of the settings file, so that its default holds';

  static override description =
    'Comments and order of the file stay.\n\nExit codes: 2 no such setting, 7 the file cannot be written, 11 another process holds it.';

  static override examples = [
    {
      description: 'the default port again',
      command: '<%= config.bin %> config unset server.port',
    },
    {
      description: 'no settings of its own for a model any more',
      command: '<%= config.bin %> config unset models.user/repo:Q4_K_M',
    },
  ];

  static override args = {
    key: Args.string({
      description: 'the setting: server.port, models.user/repo.ctx-size',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<{ key: string; removed: boolean; path: string }> {
    const { paths, terminal } = this.context;
    const { key } = this.args;
    const removed = await unsetValue(paths, key);
    terminal.note(
      removed
        ? `${key} is no longer set in ${paths.configFile}`
        : `${key} was not set in ${paths.configFile}`,
    );
    return { key, removed, path: paths.configFile };
  }
}
