import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { useBuild } from '../../lib/engine/switch.ts';
import { switchOptions } from '../../views/engine-install.ts';
import { reportSwitch, type SwitchDocument } from '../../views/engine-switch.ts';

export default class EngineUse extends BaseCommand<typeof EngineUse> {
  static override summary = 'Use another installed build';

  static override examples = [
    '<%= config.bin %> engine use b11505',
    '<%= config.bin %> engine use b11505-cpu',
  ];

  static override args = {
    build: Args.string({
      description: 'b11505, or b11505-cpu where there are several',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<SwitchDocument> {
    const build = await useBuild(this.args.build, await switchOptions(this.context));
    return reportSwitch(this.context, build, this.jsonEnabled());
  }
}
