import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { pull } from '../views/pull.ts';

/** The `--json` document of `pull`. */
interface PullDocument {
  readonly models: readonly {
    readonly ref: string;
    readonly path: string;
    readonly reason?: string;
    readonly files: readonly string[];
    readonly downloaded: number;
    readonly reused: number;
    readonly verified: boolean;
  }[];
}

export default class Pull extends BaseCommand<typeof Pull> {
  static override summary = 'Fetch a model from the Hugging Face Hub';

  static override description = `Without a quant the best one for its size is chosen, and the choice is explained. Interrupted at any point, the same command continues where it stopped. A file gets its name only after its sha256 was compared with the hub's.

The last line on stdout is the path of the model file (of the first shard when it is split).`;

  static override examples = [
    {
      description: 'the default quant of a repository',
      command: '<%= config.bin %> pull bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'a certain quant',
      command: '<%= config.bin %> pull bartowski/Llama-3.2-1B-Instruct-GGUF:Q8_0',
    },
    {
      description: 'whatever was copied from the Hub',
      command:
        '<%= config.bin %> pull https://huggingface.co/bartowski/Llama-3.2-1B-Instruct-GGUF/blob/main/Llama-3.2-1B-Instruct-Q6_K.gguf',
    },
  ];

  static override args = {
    ref: Args.string({
      description: 'user/repo, user/repo:QUANT, or a link to the Hub',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    revision: Flags.string({
      summary: 'A branch, tag or commit of the repository',
      helpValue: '<name>',
    }),
    mmproj: Flags.boolean({
      summary: 'Fetch the projector (mmproj) too, where there is one; on by default',
      allowNo: true,
    }),
  };

  async run(): Promise<PullDocument> {
    const result = await pull(this.context, this.args.ref, {
      revision: this.flags.revision,
      mmproj: this.flags.mmproj,
    });
    if (!this.jsonEnabled()) this.context.terminal.print(result.path);
    return { models: [result] };
  }
}
