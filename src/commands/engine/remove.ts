import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { removeBuild } from '../../lib/engine/switch.ts';
import { foldersInUse, switchOptions } from '../../views/engine-install.ts';

/** The `--json` document of `engine remove`. */
interface RemoveDocument {
  readonly removed: { readonly build: number; readonly backend: string; readonly path: string };
}

export default class EngineRemove extends BaseCommand<typeof EngineRemove> {
  static override summary = 'Remove an installed build';

  static override description =
    'The build in use and one that a server runs stay. `llamero update` fetches any build again.\n\nExit codes: 4 several builds fit, 9 no such build, 11 it is in use.';

  static override examples = ['<%= config.bin %> engine remove b11505'];

  static override args = {
    build: Args.string({
      description: 'b11505, or b11505-cpu where there are several',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<RemoveDocument> {
    const { context } = this;
    const running = (): Promise<string[]> => foldersInUse(context);
    const build = await removeBuild(this.args.build, running, await switchOptions(context));
    if (!this.jsonEnabled()) context.terminal.print(`Removed ${build.name}`);
    return { removed: { build: build.build, backend: build.backend, path: build.folder } };
  }
}
