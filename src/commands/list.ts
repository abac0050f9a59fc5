import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { freeSpace } from '../lib/files.ts';
import { FAVORITE } from '../lib/store/notes.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { SORT_ORDERS, sortModels } from '../lib/store/sort.ts';
import { listDocument, type ListDocument } from '../views/list-document.ts';
import { factsFor, filterModels } from '../views/model-selection.ts';
import { type ModelRemarks, renderModels, renderTotal, renderTree } from '../views/model-table.ts';

export default class List extends BaseCommand<typeof List> {
  static override hiddenAliases = ['ls'];

  static override summary = 'Show the models on this machine';

  static override description = `Unfinished pulls are shown with their percentage; \`llamero pull\` continues them, \`llamero rm\` removes them.

A filter is a field, an operator and a value: size>10G, used>30d (not used for 30 days), modified<1w, params>=7B, quant=Q4*, name=*llama*, arch=llama, cap=vision, tag=work, state=partial. Several must all hold. Operators are = and != for words, which may have * in them, and also <, <=, > and >= for sizes, ages (12h, 30d, 4w, 1y) and parameters. What params, arch and cap ask for is read from the files once and remembered. Changes nothing.

Exit codes: 2 a filter that cannot be read, 7 the store cannot be read.`;

  static override examples = [
    { description: 'the models as a table', command: '<%= config.bin %> list' },
    { description: 'their names alone', command: '<%= config.bin %> list --quiet' },
    {
      description: 'large ones that nobody has used for a month',
      command: "<%= config.bin %> list --filter 'size>10G' --filter 'used>30d'",
    },
    { description: 'last used first', command: '<%= config.bin %> list --sort used' },
  ];

  static override flags = {
    sort: Flags.option({
      summary: 'Order: names from A to Z; else the largest, newest or last used first',
      options: SORT_ORDERS,
    })(),
    reverse: Flags.boolean({ char: 'r', summary: 'Turn the order round' }),
    filter: Flags.string({
      summary: 'Show those that fit alone, see above; several are possible',
      helpValue: '<filter>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    tag: Flags.string({
      summary: 'Show those with this tag alone; several are possible',
      helpValue: '<tag>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    favorite: Flags.boolean({ summary: `Show those with the tag ${FAVORITE} alone` }),
    tree: Flags.boolean({ summary: 'Show them by user, repository and quant' }),
  };

  async run(): Promise<ListDocument> {
    const { reverse, sort } = this.flags;
    const store = await this.context.store();
    const [{ models: all, size: allSize }, aliases] = await Promise.all([
      store.survey(),
      store.aliases.list(),
    ]);
    const filters = await this.#filters();
    const needsFacts = sort === 'params' || filters.some((filter) => filter.needsFacts);
    const facts = await factsFor(this.context, all, needsFacts);
    const fitting = filters.length === 0 ? all : filterModels(all, filters, facts);
    const ordered = sort === undefined ? fitting : sortModels(fitting, sort, facts);
    const models = reverse ? ordered.toReversed() : ordered;
    // Of all models projectors count too; of some it is not clear whose they are.
    const size =
      filters.length === 0 ? allSize : models.reduce((sum, model) => sum + model.size, 0);
    const remarks = {
      now: new Date(),
      aliases: Map.groupBy(aliases.keys(), (name) => aliases.get(name) ?? ''),
      ...(needsFacts ? { facts } : {}),
      showsUse:
        sort === 'used' || this.flags.filter?.some((text) => /^\s*used/iu.test(text)) === true,
    };
    if (!this.jsonEnabled()) await this.#show(models, size, remarks, all.length);
    return listDocument(models, size, remarks);
  }

  async #filters() {
    const { favorite, filter = [], tag = [] } = this.flags;
    const tags = favorite ? [...tag, FAVORITE] : tag;
    if (filter.length + tags.length === 0) return [];
    // Plain `list` does not pay for what reads filters.
    const { parseFilter } = await import('../lib/store/filter.ts');
    const now = new Date();
    return [...filter, ...tags.map((each) => `tag=${each}`)].map((text) => parseFilter(text, now));
  }

  async #show(
    models: readonly StoredModel[],
    size: number,
    remarks: ModelRemarks,
    stored: number,
  ): Promise<void> {
    const { paths, terminal } = this.context;
    if (terminal.verbosity === 'quiet') {
      if (models.length > 0) terminal.print(models.map(({ ref }) => ref).join('\n'));
    } else if (models.length === 0) {
      terminal.note(
        stored === 0
          ? 'No models yet. `llamero pull user/repo` fetches one.'
          : `None of the ${stored} models fits.`,
      );
    } else {
      const render = this.flags.tree ? renderTree : renderModels;
      terminal.print(render(models, terminal, remarks));
      terminal.note(renderTotal(models, size, await freeSpace(paths.models)));
    }
  }
}
