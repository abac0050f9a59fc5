import { Args } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { type AliasDocument, setAlias } from '../views/alias.ts';

export default class Copy extends BaseCommand<typeof Copy> {
  static override hiddenAliases = ['copy'];

  static override summary = 'Give a stored model a second, short name';

  static override description =
    "The same as `llamero alias set` with the words in the order of other tools. No file is copied.\n\nExit codes: 0 done, 2 no possible name, 3 no such model, 4 the model's name fits several.";

  static override examples = [
    '<%= config.bin %> cp bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M fast',
  ];

  static override args = {
    ref: Args.string({
      description: 'a stored model; of several quants the best is taken',
      required: true,
      ignoreStdin: true,
    }),
    alias: Args.string({ description: 'the short name', required: true, ignoreStdin: true }),
  };

  run(): Promise<AliasDocument> {
    const { alias, ref } = this.args;
    return setAlias(this.context, alias, ref, !this.jsonEnabled());
  }
}
