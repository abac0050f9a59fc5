import { BaseCommand } from '../base-command.ts';
import { freeSpace } from '../lib/files.ts';
import { renderModels, renderTotal } from '../views/model-table.ts';

/** The `--json` document of `list`. */
interface ListDocument {
  readonly models: readonly {
    readonly ref: string;
    readonly repo: string;
    readonly quant: string;
    readonly size: number;
    readonly path: string;
    readonly files: readonly object[];
    readonly projector?: string;
    readonly state: 'complete' | 'partial';
    readonly percent?: number;
    readonly modifiedAt: string;
    readonly lastUsedAt?: string;
  }[];
  readonly total: { readonly count: number; readonly size: number };
}

export default class List extends BaseCommand<typeof List> {
  static override hiddenAliases = ['ls'];

  static override summary = 'Show the models on this machine';

  static override description =
    'Unfinished pulls are shown with their percentage; `llamero pull` continues them, `llamero rm` removes them.';

  static override examples = [
    { description: 'the models as a table', command: '<%= config.bin %> list' },
    { description: 'their names alone', command: '<%= config.bin %> list --quiet' },
  ];

  async run(): Promise<ListDocument> {
    const { paths, terminal } = this.context;
    const store = await this.context.store();
    const { models, size } = await store.survey();
    if (this.jsonEnabled()) {
      // Nothing is printed but the document.
    } else if (terminal.verbosity === 'quiet') {
      for (const { ref } of models) terminal.print(ref);
    } else if (models.length === 0) {
      terminal.note('No models yet. `llamero pull user/repo` fetches one.');
    } else {
      terminal.print(renderModels(models, terminal, new Date()));
      terminal.note(renderTotal(models, size, await freeSpace(paths.models)));
    }
    return {
      models: models.map(({ modifiedAt, lastUsedAt, ...model }) => ({
        ...model,
        modifiedAt: modifiedAt.toISOString(),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt: lastUsedAt.toISOString() }),
      })),
      total: { count: models.length, size },
    };
  }
}
