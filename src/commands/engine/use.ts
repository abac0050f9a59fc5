import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { useBuild } from '../../lib/engine/switch.ts';
import { switchOptions } from '../../views/engine-install.ts';
import { reportSwitch, type SwitchDocument } from '../../views/engine-switch.ts';

export default class EngineUse extends BaseCommand<typeof EngineUse> {
  static override summary = 'Use another installed build';

  static override description =
    'It is tried before it is used; no file is removed. A running server goes on with the build that it was started with.\n\nExit codes: 4 several builds fit, 9 no such build, or it does not run any more, 11 another process changes builds.';

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
