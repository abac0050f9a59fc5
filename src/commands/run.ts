import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { toLlameroError } from '../error-conversion.ts';
import { jsonText } from '../lib/json-text.ts';
import { errorDocument } from '../lib/ui/error-text.ts';
import type { Output } from '../views/one-shot-output.ts';
import {
  answerFlags,
  conversationFlags,
  samplingFlags,
  samplingSettings,
} from '../views/run-flags.ts';
import { loadFlags } from '../views/load-flags.ts';
import { type RunDocument, runModel } from '../views/run.ts';
import { requireConsistent } from '../views/run-contradictions.ts';
import { separateWords } from '../views/run-words.ts';

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Ask a model, or talk with it';

  static override aliases = ['chat'];

  static override description = `With a prompt, as arguments, with --prompt or piped in (all are joined), the answer alone goes to stdout. Without one, on a terminal, a conversation begins; it is kept, and --continue or --resume goes on with it.

The server is started when none runs, and goes on afterwards; \`llamero stop --all\` ends it. Load flags hold until the model is stopped. What follows \`--\` is given to llama-server when the model is loaded: \`llamero run user/repo -- --rope-scaling yarn\`.

With --output stream-json each line is an event with a "type": "start" (model), "progress" (total, cached and processed tokens of the prompt), "reasoning" and "text" (text, a piece), "end" (finishReason, usage, timings, firstTokenSeconds, toolCalls), or "error" (error).

Exit codes: 2 flags that contradict each other, 3 no such model, 4 its name fits several, 9 no llama.cpp, 10 the server or the model would not start, or the answer broke off, 130 Ctrl+C. What a pull can end with as well, when the model is pulled first.`;

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
    {
      description: 'a question about a picture',
      command: '<%= config.bin %> run user/repo "What is this?" --image photo.jpg',
    },
    {
      description: 'data in a form that a program can read',
      command: '<%= config.bin %> run user/repo "Three colours" --format colours.schema.json',
    },
    {
      description: 'the latest conversation again',
      command: '<%= config.bin %> run --continue',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description:
        'user/repo or user/repo:QUANT, an alias, or a part of the name of a stored one; not needed with --continue and --resume',
      ignoreStdin: true,
    }),
    prompt: Args.string({ description: 'what to ask', ignoreStdin: true }),
  };

  static override flags = {
    ...answerFlags,
    ...conversationFlags,
    ...samplingFlags,
    ...loadFlags,
    force: Flags.boolean({
      summary: 'Load the model even if memory seems too small for it',
      helpGroup: 'LOADING',
    }),
    yes: Flags.boolean({
      char: 'y',
      summary: 'Pull a missing model, and install a missing llama.cpp, without asking',
    }),
  };

  #engineWords: readonly string[] = [];

  protected override async init(): Promise<void> {
    const { engineWords, words } = separateWords(this.argv);
    this.#engineWords = engineWords;
    this.argv = [...words];
    await super.init();
  }

  protected override flagSettings(): ReturnType<typeof samplingSettings> {
    return samplingSettings(this.flags);
  }

  async run(): Promise<RunDocument | undefined> {
    const { flags } = this;
    requireConsistent({ ...flags, json: this.#hasJsonFlag() });
    const [ref, ...prompt] = this.positionals;
    return runModel(this.context, {
      ref,
      prompt,
      flags,
      engineWords: this.#engineWords,
      output: this.#output(),
    });
  }

  override jsonEnabled(): boolean {
    return this.#hasJsonFlag() || this.#output() === 'json';
  }

  protected override async catch(error: unknown): Promise<void> {
    const failure = toLlameroError(error, this.id);
    if (this.#output() !== 'stream-json' || failure.exitCode === 0) return super.catch(error);
    process.stdout.write(`${jsonText({ type: 'error', ...errorDocument(failure) })}\n`);
    process.exitCode = failure.exitCode;
  }

  #hasJsonFlag(): boolean {
    return super.jsonEnabled();
  }

  /** Known before the flags are parsed: a failure to parse them is told in this form as well. */
  #output(): Output {
    const { words } = separateWords(this.argv);
    const index = words.findIndex((word) => word === '--output' || word.startsWith('--output='));
    const value = words[index] === '--output' ? words[index + 1] : words[index]?.slice(9);
    if (this.#hasJsonFlag() || value === 'json') return 'json';
    return value === 'stream-json' ? 'stream-json' : 'text';
  }
}
