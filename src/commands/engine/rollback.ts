import { BaseCommand } from '../../base-command.ts';
import { rollBack } from '../../lib/engine/switch.ts';
import { switchOptions } from '../../views/engine-install.ts';
import { reportSwitch, type SwitchDocument } from '../../views/engine-switch.ts';

export default class EngineRollback extends BaseCommand<typeof EngineRollback> {
  static override summary = 'Go back to the build that was used before';

  static override description =
    'It is tried before it is used; no file is removed. A running server goes on with the build that it was started with.\n\nExit codes: 9 there is none to go back to, or it does not run any more, 11 another process changes builds.';

  static override examples = ['<%= config.bin %> engine rollback'];

  async run(): Promise<SwitchDocument> {
    const build = await rollBack(await switchOptions(this.context));
    return reportSwitch(this.context, build, this.jsonEnabled());
  }
}
