import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { overridingVariable, requireKey } from '../../lib/config/config.ts';
import { setValue } from '../../lib/config/edit.ts';
import { formatValue } from '../../lib/config/key.ts';

export default class ConfigSet extends BaseCommand<typeof ConfigSet> {
  static override summary = 'Set a value in the settings file';

  static override description = `The value is checked before anything is written. Comments and order of the file stay.

Settings of one model: \`models.<model>.<setting>\`, with the names of the settings of \`server\` and \`run\`. <model> is user/repo:QUANT, user/repo, or a pattern with \`*\` for any characters; a pattern without a colon fits repositories. Where several fit a model, the most exact holds: a quant before its repository, that before a pattern, a longer pattern before a shorter one.

Any other flag of llama-server by its own name: \`server.args.<flag>\` or \`models.<model>.args.<flag>\`; true stands for a flag without a value.

Exit codes: 2 no such setting, or not one of its values, 7 the file cannot be written, 11 another process holds it.`;

  static override examples = [
    { description: 'another port', command: '<%= config.bin %> config set server.port 8080' },
    {
      description: 'keep 20 GB of the disk free',
      command: '<%= config.bin %> config set pull.reserve 20GB',
    },
    {
      description: 'the context size of one model',
      command: '<%= config.bin %> config set models.user/repo:Q4_K_M.ctx-size 8192',
    },
    {
      description: 'a flag of llama-server for all models of a user',
      command: "<%= config.bin %> config set 'models.bartowski/*.args.rope-scaling' yarn",
    },
    {
      description: 'a mirror of the hub',
      command: '<%= config.bin %> config set hub.endpoint https://hf-mirror.example',
    },
  ];

  static override args = {
    key: Args.string({
      description: 'the setting: server.port, models.user/repo.ctx-size',
      required: true,
      ignoreStdin: true,
    }),
    value: Args.string({ description: 'its value', required: true, ignoreStdin: true }),
  };

  async run(): Promise<{ key: string; value: unknown; path: string }> {
    const { environment, paths, terminal } = this.context;
    const { key, value } = await setValue(paths, this.args.key, this.args.value);
    terminal.note(`${key} is ${formatValue(key, value)} in ${paths.configFile}`);
    const { target } = requireKey(key);
    const variable =
      target.type === 'setting' ? overridingVariable(target.key, environment) : undefined;
    if (variable !== undefined) {
      terminal.warn(`${variable.name} is set in the environment and overrides it`);
    }
    return { key, value, path: paths.configFile };
  }
}
