import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { FAVORITE, requireTag } from '../lib/store/notes.ts';
import { SORT_ORDERS } from '../lib/store/sort.ts';
import { listModels } from '../views/list.ts';
import type { ListDocument } from '../views/list-document.ts';

export default class List extends BaseCommand<typeof List> {
  static override hiddenAliases = ['ls'];

  static override summary = 'Show the models on this machine';

  static override description = `Unfinished pulls are shown with their percentage; \`llamero pull\` continues them, \`llamero rm\` removes them.

A filter is a field, an operator and a value: size>10G, used>30d (not used for 30 days), modified<1w, params>=7B, quant=Q4*, name=*llama*, arch=llama, cap=vision, tag=work, state=partial. Several must all hold. Operators are = and != for words, which may have * in them, and also <, <=, > and >= for sizes, ages (12h, 30d, 4w, 1y) and parameters. What params, arch and cap ask for is read from the files once and remembered. Changes nothing else.

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
      summary: 'Show those that fit alone, see the description; several are possible',
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

  run(): Promise<ListDocument | undefined> {
    const { favorite, filter = [], reverse, sort, tag = [], tree } = this.flags;
    // Patterns are fine; of no tag at all nobody would know the filter that it makes.
    if (tag.includes('')) requireTag('');
    const tags = favorite ? [...tag, FAVORITE] : tag;
    return listModels(this.context, {
      json: this.jsonEnabled(),
      filters: [...filter, ...tags.map((each) => `tag=${each}`)],
      sort,
      reverse,
      tree,
    });
  }
}
