import { Args } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import { type AliasDocument, setAlias } from '../../views/alias.ts';

export default class AliasSet extends BaseCommand<typeof AliasSet> {
  static override summary = 'Give a stored model a short name';

  static override description = `The name stands for one quant, in every command that takes a stored model and as "model" in requests to the server. No file is copied. A name that stood for another model stands for this one from then on.

A name is 1 to 64 letters, digits, dots, dashes and underscores. It goes with the model when that is removed.

Exit codes: 0 done, 2 no possible name, 3 no such model, 4 the model's name fits several.`;

  static override examples = [
    {
      description: 'one quant',
      command: '<%= config.bin %> alias set fast bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
    },
    { description: 'and then', command: '<%= config.bin %> run fast "Why is the sky blue?"' },
  ];

  static override args = {
    alias: Args.string({ description: 'the short name', required: true, ignoreStdin: true }),
    ref: Args.string({
      description: 'a stored model; of several quants the best is taken',
      required: true,
      ignoreStdin: true,
    }),
  };

  run(): Promise<AliasDocument> {
    const { alias, ref } = this.args;
    return setAlias(this.context, alias, ref, !this.jsonEnabled());
  }
}
