import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import type { GgufHeader } from '../lib/gguf/header.ts';
import type { ModelInfo } from '../lib/info/types.ts';
import { stripControls } from '../lib/plain-text.ts';
import { gatherInfo } from '../views/info.ts';
import { renderCard } from '../views/info-card.ts';
import { comparisonLines, renderComparison } from '../views/info-compare.ts';
import { renderFiles, renderMetadata, renderTensors } from '../views/info-details.ts';
import { type InfoDocument, infoDocument } from '../views/info-document.ts';
import { printOverview, printProblems } from '../views/info-overview.ts';

/** The `--json` document of `info` for two models. */
interface ComparisonDocument {
  readonly models: readonly InfoDocument[];
}

const MOST_MODELS = 2;

export default class Info extends BaseCommand<typeof Info> {
  static override aliases = ['show'];

  static override summary = 'Show what a model is, its quants, and which of them fit this machine';

  static override description = `Asks the hub for the model and reads the beginning of one GGUF header; both are kept, so that the same question is answered at once and without a network. A model on this machine is read from its own files, unless the hub has another version of them. Changes nothing but what llamero remembers in its home.

The default is the quant that \`llamero pull\` takes: the first that fits with its context, Q4_K_M before all others, none of less than 4 bits while a larger one fits. Fit is judged by all the memory of the machine: «tight» leaves next to nothing beside the model. With two models they are compared.

Exit codes: 3 no such model, revision or quant, 4 a name fits several, 5 not allowed, 6 the hub cannot be asked and nothing is known, 8 a damaged header.`;

  static override examples = [
    {
      description: 'a model at the hub',
      command: '<%= config.bin %> info bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'what would fit another machine, with a long context',
      command: '<%= config.bin %> info user/repo --memory 24G --context 32768',
    },
    { description: 'two models side by side', command: '<%= config.bin %> info user/one user/two' },
    {
      description: 'the chat template, into a file',
      command: '<%= config.bin %> info user/repo:Q4_K_M --template > template.jinja',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo, user/repo:QUANT, or any name of a stored model; two are compared',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    quant: Flags.string({
      summary: 'The quant it is about, where the name tells none',
      helpValue: '<name>',
    }),
    revision: Flags.string({
      summary: 'A branch, tag or commit of the repository',
      helpValue: '<name>',
    }),
    context: Flags.integer({
      summary: 'Tokens of context there is to be room for (default: pull.context, 8192)',
      helpValue: '<tokens>',
      min: 256,
      max: 16_777_216,
    }),
    memory: Flags.string({
      summary: 'Judge by a machine with so much memory instead of this one: 24G',
      helpValue: '<size>',
    }),
    card: Flags.boolean({ summary: 'Print the whole model card' }),
    files: Flags.boolean({ summary: 'Print all files, and what each is' }),
    metadata: Flags.boolean({ summary: 'Print the metadata of the GGUF header' }),
    tensors: Flags.boolean({ summary: 'Print the tensors of the GGUF header' }),
    template: Flags.boolean({ summary: 'Print the chat template' }),
    refresh: Flags.boolean({ summary: 'Ask the hub even if it was asked a moment ago' }),
  };

  async run(): Promise<InfoDocument | ComparisonDocument> {
    const { positionals } = this;
    if (positionals.length > MOST_MODELS) {
      throw new LlameroError('USAGE', `Two models can be compared, not ${positionals.length}`, {
        hint: 'Name one or two of them: `llamero info user/one user/two`',
      });
    }
    this.#refuseEmptyFlags();
    const { card, files, metadata, template, tensors } = this.flags;
    const { terminal } = this.context;
    const wholeHeader = metadata || template || tensors;
    const isOverview = positionals.length === 1 && !this.#wantsDetails();
    const hasCardBelow = isOverview && !this.jsonEnabled() && terminal.verbosity !== 'quiet';
    const models = await gatherInfo(this.context, positionals, {
      ...this.flags,
      extent: tensors ? 'every shard' : wholeHeader ? 'whole' : 'head',
      headerOnly: wholeHeader && !card && !files && !this.jsonEnabled(),
      card: card ? 'required' : hasCardBelow ? 'wanted' : 'no',
    });
    const hub = await this.context.hub();
    if (!this.jsonEnabled()) await this.#print(models, (repo) => hub.page(repo));
    const documents = models.map((model) => infoDocument(model, hub.page(model.repo), this.flags));
    const [only] = documents;
    return documents.length === 1 && only !== undefined ? only : { models: documents };
  }

  /** A variable of a script that is not set must not stand for the default. */
  #refuseEmptyFlags(): void {
    const { quant, revision } = this.flags;
    const named = [
      ['--quant', quant, 'Q4_K_M'],
      ['--revision', revision, 'main'],
    ] as const;
    for (const [flag, value, example] of named) {
      if (value?.trim() !== '') continue;
      throw new LlameroError('USAGE', `${flag} is empty`, {
        hint: `Leave it out, or name one: \`llamero info user/repo ${flag} ${example}\``,
      });
    }
  }

  #wantsDetails(): boolean {
    const { card, files, metadata, template, tensors } = this.flags;
    return card || files || metadata || template || tensors;
  }

  async #print(models: readonly ModelInfo[], page: (repo: string) => string): Promise<void> {
    const { terminal } = this.context;
    const now = new Date();
    if (terminal.verbosity === 'quiet' && !this.#wantsDetails()) {
      for (const { asked, choice, repo } of models) {
        const quant = asked ?? choice?.label;
        terminal.print(quant === undefined ? repo : `${repo}:${quant}`);
      }
    } else if (this.#wantsDetails()) {
      for (const model of models) {
        await this.#printDetails(model);
        printProblems(model, terminal, now);
      }
    } else if (models.length > 1) {
      terminal.print(renderComparison(models, terminal, now));
      for (const line of comparisonLines(models)) terminal.note(line);
      for (const model of models) printProblems(model, terminal, now);
    } else {
      for (const model of models) await printOverview(model, page(model.repo), terminal, now);
    }
  }

  /** What was asked for and nothing else, so that it can be piped on. */
  async #printDetails(model: ModelInfo): Promise<void> {
    const { card, files, metadata, template, tensors } = this.flags;
    const { terminal } = this.context;
    const { chatTemplate } = model.description;
    const sections = [
      ...(files ? [renderFiles(model, terminal)] : []),
      ...(metadata ? [renderMetadata(requireHeaders(model)[0], terminal)] : []),
      ...(tensors ? [renderTensors(requireHeaders(model), terminal)] : []),
      ...(template && chatTemplate !== undefined ? [stripControls(chatTemplate)] : []),
      ...(card && model.card !== undefined ? [await renderCard(model.card, terminal)] : []),
    ];
    if (sections.length > 0) terminal.print(sections.join('\n\n'));
    if (template && chatTemplate === undefined) terminal.note(`${model.repo} has no chat template`);
    if (card && model.card === undefined) terminal.note(`${model.repo} has no model card`);
  }
}

/** Whole headers were asked for: without one the question has failed before. */
function requireHeaders({ headers, repo }: ModelInfo): readonly [GgufHeader, ...GgufHeader[]] {
  const [first, ...others] = headers ?? [];
  if (first !== undefined) return [first, ...others];
  throw new Error(`no header of ${repo}`);
}
