import { readFile } from 'node:fs/promises';

import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { freeSpace } from '../lib/files.ts';
import type { PullResult, PullSummary } from '../lib/pull/events.ts';
import { readReferenceList } from '../lib/pull/references.ts';
import { type ErrorDocument, errorDocument } from '../lib/ui/error-text.ts';
import { oneLine } from '../lib/plain-text.ts';
import { readPipedInput } from '../views/piped-input.ts';
import { type PendingDocument, PullLines, describePending } from '../views/pull-lines.ts';
import { renderDisk, renderPlan, totalsOf } from '../views/pull-plan.ts';
import { PullProgress } from '../views/pull-progress.ts';
import { type PullListener, prepare, pull } from '../views/pull.ts';

/** A model that could not be pulled. */
type FailureDocument = { readonly ref: string } & ErrorDocument;

/** The last line of `pull --json`, and the document of `pull --dry-run --json`. */
type PullDocument =
  | {
      readonly models: readonly PullResult[];
      readonly failed: readonly FailureDocument[];
    }
  | {
      readonly models: readonly PendingDocument[];
      readonly failed: readonly FailureDocument[];
      readonly total: { readonly size: number; readonly toFetch: number; readonly toWrite: number };
      readonly disk: { readonly free: number; readonly reserve: number };
    };

export default class Pull extends BaseCommand<typeof Pull> {
  static override summary = 'Fetch models from the Hugging Face Hub';

  static override description = `Without a quant the best one that fits this machine is chosen, Q4_K_M before all others, and the choice is explained; \`llamero info\` shows it beforehand. Interrupted at any point, the same command continues where it stopped. A file gets its name only after its sha256 was compared with the hub's. Files that the Hugging Face cache, Ollama, llama.cpp or LM Studio hold already are linked or copied instead of fetched.

The last line on stdout is the path of the model file (of the first shard when it is split), one for each model. With --json it prints NDJSON: an event a line, and the summary as the last. One model that fails does not stop the others; the exit code is that of the first failure.

Exit codes: 3 no such repository, revision, quant or file, 4 a quant fits several files, 5 not allowed, 6 the hub cannot be reached, 7 the disk is full or not writable, 8 what came is not what the hub said.`;

  static override examples = [
    {
      description: 'the default quant of a repository',
      command: '<%= config.bin %> pull bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'certain quants of two repositories',
      command: '<%= config.bin %> pull user/one:Q4_K_M,Q8_0 user/two:Q6_K',
    },
    {
      description: 'whatever was copied from the Hub',
      command:
        '<%= config.bin %> pull https://huggingface.co/bartowski/Llama-3.2-1B-Instruct-GGUF/blob/main/Llama-3.2-1B-Instruct-Q6_K.gguf',
    },
    {
      description: 'a list of models, at ten megabytes a second',
      command: '<%= config.bin %> pull --file models.txt --limit-rate 10M',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo, user/repo:QUANT[,QUANT…] or a link to the Hub; several are possible',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    file: Flags.string({
      char: 'f',
      summary: 'Read references from a file, one a line (- for stdin)',
      helpValue: '<path>',
    }),
    revision: Flags.string({
      summary: 'A branch, tag or commit of the repositories',
      helpValue: '<name>',
    }),
    quant: Flags.string({ summary: 'The quant of those that name none', helpValue: '<name>' }),
    context: Flags.integer({
      summary:
        'Tokens of context that a chosen quant leaves room for (default: pull.context, 8192)',
      helpValue: '<tokens>',
      min: 256,
      max: 16_777_216,
    }),
    memory: Flags.string({
      summary: 'Choose quants for a machine with so much memory instead of this one: 24G',
      helpValue: '<size>',
    }),
    mmproj: Flags.boolean({
      summary: 'Fetch the projector (mmproj) too, where there is one; on by default',
      allowNo: true,
    }),
    reuse: Flags.boolean({
      summary: 'Link or copy files that other tools hold already; on by default',
      allowNo: true,
    }),
    connections: Flags.string({
      summary: 'Connections at once, 1 to 8; adapts itself unless told',
      helpValue: '<n>',
    }),
    'limit-rate': Flags.string({
      summary: 'Fetch at most so many bytes a second, over all connections: 500k, 10M',
      helpValue: '<size>',
    }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing' }),
  };

  /** A document a line: the summary, or an error, ends a stream of events. */
  protected override readonly jsonIndent = 0;

  protected override flagSettings(): ReturnType<BaseCommand<typeof Pull>['flagSettings']> {
    return {
      'pull.connections': { flag: '--connections', value: this.flags.connections },
      'pull.limit-rate': { flag: '--limit-rate', value: this.flags['limit-rate'] },
    };
  }

  async run(): Promise<PullDocument> {
    const texts = await this.#references();
    const { terminal } = this.context;
    const listener: PullListener = this.jsonEnabled()
      ? new PullLines((line) => terminal.print(line))
      : await PullProgress.create(terminal);
    if (this.flags['dry-run']) return this.#plan(texts);
    const summary = await pull(this.context, texts, this.flags, listener);
    return this.#finish(summary, texts.length);
  }

  async #references(): Promise<string[]> {
    const { file } = this.flags;
    const listed = file === undefined ? [] : readReferenceList(await this.#readList(file));
    const texts = [...this.positionals, ...listed];
    if (texts.length > 0) return texts;
    throw new LlameroError('USAGE', 'There is no model to pull', {
      hint: 'Name one: `llamero pull user/repo`, or a file of them with --file',
    });
  }

  async #readList(file: string): Promise<string> {
    if (file === '-') {
      const { signal, terminal } = this.context;
      return (await readPipedInput(terminal, signal)) ?? '';
    }
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw new LlameroError('USAGE', `The list ${file} cannot be read`, {
        hint: 'Check the path; references stand in it one a line',
        cause: error,
      });
    }
  }

  async #plan(texts: readonly string[]): Promise<PullDocument> {
    const { paths, terminal } = this.context;
    const silent: PullListener = { handle: () => undefined, stop: () => undefined };
    const { failed, models } = await prepare(this.context, texts, this.flags, silent);
    const reserve = (await this.context.config()).get('pull.reserve');
    const free = freeSpace(paths.models);
    const total = totalsOf(models);
    if (!this.jsonEnabled()) {
      if (models.length > 0) terminal.print(renderPlan(models, terminal));
      for (const { plan } of models) {
        if (plan.reason !== undefined) terminal.note(oneLine(plan.reason));
      }
      if (models.length > 0) terminal.note(renderDisk(total, free, reserve));
    }
    this.reportFailures(failed.map(({ error }) => error));
    return {
      models: models.map(describePending),
      failed: failed.map(({ error, ref }) => ({ ref, ...errorDocument(error) })),
      total,
      disk: { free, reserve },
    };
  }

  #finish({ failed, models }: PullSummary, asked: number): PullDocument {
    const [only] = failed;
    // One model that was asked for and did not come is the failure of the command itself.
    if (asked === 1 && failed.length === 1 && models.length === 0 && only !== undefined) {
      throw only.error;
    }
    if (!this.jsonEnabled()) for (const model of models) this.context.terminal.print(model.path);
    this.reportFailures(failed.map(({ error }) => error));
    return {
      models,
      failed: failed.map(({ error, ref }) => ({ ref, ...errorDocument(error) })),
    };
  }
}
