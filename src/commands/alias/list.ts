import { BaseCommand } from '../../base-command.ts';
import { oneLine } from '../../lib/plain-text.ts';
import { renderTable } from '../../lib/ui/table.ts';

/** The `--json` document of `alias list`. */
interface AliasListDocument {
  readonly aliases: readonly {
    readonly alias: string;
    readonly ref: string;
    /** Whether the model is on this machine. */
    readonly stored: boolean;
  }[];
}

export default class AliasList extends BaseCommand<typeof AliasList> {
  static override summary = 'Show the short names of models';

  static override description =
    'A name whose model is not on this machine any more is marked; `llamero pull` brings the model back, `llamero alias rm` removes the name. Changes nothing but what llamero remembers of the disk.\n\nExit codes: 0 done, 7 the store cannot be read.';

  static override examples = [
    '<%= config.bin %> alias list',
    { description: 'the names alone', command: '<%= config.bin %> alias list --quiet' },
  ];

  async run(): Promise<AliasListDocument> {
    const { terminal } = this.context;
    const store = await this.context.store();
    const [names, { models }] = await Promise.all([store.aliases.list(), store.survey()]);
    const refs = new Set(models.map(({ ref }) => ref));
    const aliases = [...names].map(([alias, ref]) => ({ alias, ref, stored: refs.has(ref) }));
    const isDamaged = await store.aliases.isDamaged();
    if (isDamaged) {
      const file = oneLine(store.aliases.file);
      terminal.warn(`${file} is damaged: some aliases are not known. \`llamero doctor\` says more`);
    }
    if (this.jsonEnabled()) return { aliases };
    if (terminal.verbosity === 'quiet') {
      for (const { alias } of aliases) terminal.print(alias);
    } else if (aliases.length === 0) {
      if (!isDamaged) terminal.note('No aliases yet. `llamero alias set <name> <ref>` makes one.');
    } else {
      const { outStyle } = terminal;
      terminal.print(
        renderTable({
          columns: [{ header: 'ALIAS' }, { header: 'MODEL', shrinks: true }, { header: '' }],
          headerStyle: terminal.headerStyle,
          rows: aliases.map(({ alias, ref, stored }) => [
            alias,
            ref,
            stored ? '' : { text: 'not stored', style: outStyle.yellow },
          ]),
          width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
        }),
      );
    }
    return { aliases };
  }
}
