import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { shellLine } from '../lib/config/shell-word.ts';
import { type ModelExplanation, explainModel } from '../views/explain.ts';
import { printExplanation, printRemarks } from '../views/explain-table.ts';
import { loadFlags, loadSettingsOf, passthroughSettings } from '../views/load-flags.ts';
import { separateWords } from '../views/run-words.ts';
import { mergeLoadSettings } from '../lib/server/settings/resolve.ts';

export default class Explain extends BaseCommand<typeof Explain> {
  static override summary = 'Show how a model is loaded, and where each setting comes from';

  static override description = `Prints the command line of llama-server for a model, a flag a line, each with its source. Nothing is started. Load flags, and flags of llama-server after \`--\`, show what they would change; what llama-server would refuse is a warning.

Flags hold before settings of the model (\`models.<model>\`), those before settings of all models (\`server\`, \`run\`), those before defaults. Of several names in \`models\` that fit, the most exact holds: a quant before its repository, that before a pattern, a longer pattern before a shorter one.

Exit codes: 2 a wrong setting, or a flag of llama-server that llamero sets itself, 3 no such model, 4 its name fits several, 9 no llama.cpp.`;

  static override examples = [
    {
      description: 'how a model is loaded',
      command: '<%= config.bin %> explain bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'the same as a line to paste',
      command: '<%= config.bin %> explain user/repo:Q4_K_M --plain',
    },
    {
      description: 'what a flag would change',
      command: '<%= config.bin %> explain user/repo:Q4_K_M --ctx-size 8192 -- --rope-scaling yarn',
    },
  ];

  static override args = {
    ref: Args.string({
      description: 'a stored model: user/repo or user/repo:QUANT, an alias, or a part of its name',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...loadFlags,
    plain: Flags.boolean({ summary: 'Print the command line alone, quoted for the shell' }),
  };

  #engineWords: readonly string[] = [];

  protected override async init(): Promise<void> {
    const { engineWords, words } = separateWords(this.argv);
    this.#engineWords = engineWords;
    this.argv = [...words];
    await super.init();
  }

  async run(): Promise<ModelExplanation> {
    const { context } = this;
    const flags = mergeLoadSettings(
      loadSettingsOf(this.flags, context.paths),
      passthroughSettings(this.#engineWords, context.paths),
    );
    const explanation = await explainModel(context, this.args.ref, flags, !this.jsonEnabled());
    if (this.jsonEnabled()) return explanation;
    if (this.flags.plain) context.terminal.print(shellLine(explanation.command, process.platform));
    else printExplanation(context.terminal, explanation);
    printRemarks(context.terminal, explanation);
    return explanation;
  }
}
