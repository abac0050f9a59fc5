import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { tellServer } from '../../views/alias.ts';

/** The `--json` document of `alias rm`. */
interface AliasRemoveDocument {
  readonly removed: readonly { readonly alias: string; readonly ref: string }[];
}

export default class AliasRemove extends BaseCommand<typeof AliasRemove> {
  static override hiddenAliases = ['alias:remove', 'alias:delete'];

  static override summary = 'Take short names away';

  static override description =
    'The models stay. Names are taken as they stand, in any case; when one of several is unknown, all stay.\n\nExit codes: 0 done, 3 no such name.';

  static override examples = ['<%= config.bin %> alias rm fast'];

  static override strict = false;

  static override args = {
    alias: Args.string({
      description: 'a short name; several are possible',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<AliasRemoveDocument> {
    const { aliases } = await this.context.store();
    const gone = await aliases.remove(this.positionals);
    const removed = [...gone].map(([alias, ref]) => ({ alias, ref }));
    if (!this.jsonEnabled()) {
      const { terminal } = this.context;
      for (const { alias, ref } of removed) terminal.note(`${alias} was ${ref}`);
    }
    await tellServer(this.context);
    return { removed };
  }
}
