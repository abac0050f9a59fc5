import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { joinPrompt } from '../lib/chat/conversation.ts';
import { LlameroError } from '../lib/errors.ts';
import type { ChatAnswer } from '../lib/server/client.ts';
import { answerOnce, chat } from '../views/chat.ts';
import { requireEngine } from '../views/engine-first-use.ts';
import { load } from '../views/load.ts';
import { readPipedInput } from '../views/piped-input.ts';
import {
  loadFlags,
  loadSettingsOf,
  samplingFlags,
  samplingOf,
  samplingSettings,
} from '../views/run-flags.ts';
import { storedModel } from '../views/stored-model.ts';

/** The `--json` document of `run`. */
type RunDocument = { readonly model: string } & ChatAnswer;

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Ask a model, or talk with it';

  static override description = `With a prompt, as arguments or piped in (both are joined), the answer alone goes to stdout. Without one, on a terminal, a conversation begins.

The server is started when none runs, and goes on afterwards; \`llamero stop --all\` ends it. Load flags hold until the model is stopped.`;

  static override examples = [
    {
      description: 'a conversation',
      command: '<%= config.bin %> run bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'one answer',
      command: '<%= config.bin %> run bartowski/Llama-3.2-1B-Instruct-GGUF "Why is the sky blue?"',
    },
    {
      description: 'a question about a file',
      command: '<%= config.bin %> run user/repo:Q4_K_M "Summarise this:" < notes.txt',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo or user/repo:QUANT',
      required: true,
      ignoreStdin: true,
    }),
    prompt: Args.string({ description: 'what to ask', ignoreStdin: true }),
  };

  static override flags = {
    ...samplingFlags,
    ...loadFlags,
    yes: Flags.boolean({
      char: 'y',
      summary: 'Pull a missing model, and install a missing llama.cpp, without asking',
    }),
  };

  protected override flagSettings(): ReturnType<typeof samplingSettings> {
    return samplingSettings(this.flags);
  }

  async run(): Promise<RunDocument | undefined> {
    const { context } = this;
    const { paths, signal, terminal } = context;
    const json = this.jsonEnabled();
    const settings = loadSettingsOf(this.flags, paths);
    const config = await context.config();
    const request = { sampling: samplingOf(config), system: config.get('run.system') };
    const piped = await readPipedInput(terminal, signal);
    const prompt = joinPrompt(this.positionals.slice(1).join(' '), piped);
    const talk = prompt === '' && !json && terminal.stdinIsTerminal && terminal.stdoutIsTerminal;
    if (prompt === '' && !talk) throw noPrompt(this.args.ref);

    const policy = { yes: this.flags.yes, mayAsk: !json };
    await requireEngine(context, policy);
    const stored = await storedModel(context, this.args.ref, policy);
    const ready = await load(context, stored.ref, settings, signal);
    await (await context.store()).markUsed(stored, new Date());
    if (talk) {
      await chat(context, stored.ref, request);
      return undefined;
    }
    const answer = await answerOnce(context, ready, { ...request, prompt, silent: json });
    return { model: stored.ref, ...answer };
  }
}

function noPrompt(ref: string): LlameroError {
  return new LlameroError('USAGE', 'There is no prompt, and no terminal to ask for one', {
    hint: `Give one: \`llamero run ${ref} "Why is the sky blue?"\`, or pipe it in`,
  });
}
