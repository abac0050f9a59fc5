import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { AGE_FORMS, parseAge } from '../lib/age.ts';
import { parseSize } from '../lib/config/kinds.ts';
import { shellWord } from '../lib/config/shell-word.ts';
import { LlameroError } from '../lib/errors.ts';
import { formatCount, formatDiskSize } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { ModelState } from '../lib/server/models.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { confirm } from '../lib/ui/prompts.ts';
import {
  describeShared,
  type FailureDocument,
  failureDocuments,
  failuresOf,
} from '../views/removal-report.ts';
import { chooseForRemoval } from '../views/rm-choice.ts';

/** The `--json` document of `rm`; with --dry-run, what would be. */
interface RemoveDocument {
  readonly removed: readonly { readonly ref: string; readonly size: number }[];
  /** What could not be removed, in part or at all. */
  readonly failed: readonly FailureDocument[];
  /** Bytes that the disk got back. */
  readonly freed: number;
  /** Short names that went with their models. */
  readonly aliases: readonly string[];
}

const IN_USE: readonly ModelState[] = ['loading', 'loaded', 'sleeping'];

export default class Remove extends BaseCommand<typeof Remove> {
  static override hiddenAliases = ['remove', 'delete'];

  static override summary = 'Remove models from this machine';

  static override description = `Models are named by reference, alias or pattern ('bartowski/*', '*:Q2_K'); what is only part of a name counts after a question alone, never with --yes. Without a quant all quants of a repository go, unfinished pulls too. A projector goes with the last quant that could use it, an alias with its model.

Filters choose among the models that are named, or among all: \`llamero help list\` tells their forms. On a terminal, with neither, models are marked in a list.

A model that cannot be removed stops no other; the exit code is that of the first failure.

Exit codes: 2 nobody is there to confirm, or a filter that cannot be read, 3 no such model, 4 its name fits several, 7 a file may not be removed, 11 it is loaded, or another process pulls it, 130 the answer was no.`;

  static override examples = [
    {
      description: 'one quant',
      command: '<%= config.bin %> rm bartowski/Llama-3.2-1B-Instruct-GGUF:Q8_0',
    },
    {
      description: 'everything of two repositories, without a question',
      command: '<%= config.bin %> rm --yes user/one user/other',
    },
    {
      description: 'see what has rested for a month and is large',
      command: '<%= config.bin %> rm --older-than 30d --larger-than 10G --dry-run',
    },
    { description: 'every Q2_K', command: "<%= config.bin %> rm '*:Q2_K'" },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo, user/repo:QUANT, an alias or a pattern; several are possible',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    filter: Flags.string({
      summary: 'Remove those that fit; several filters must all hold',
      helpValue: '<filter>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'older-than': Flags.string({
      summary: 'Remove those that came and were last used longer ago: 30d, 4w, 1y',
      helpValue: '<age>',
    }),
    'larger-than': Flags.string({
      summary: 'Remove those that are larger: 10G, 500MB',
      helpValue: '<size>',
    }),
    partials: Flags.boolean({ summary: 'Remove unfinished pulls alone' }),
    'dry-run': Flags.boolean({ summary: 'Only show what would be removed' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
    force: Flags.boolean({ char: 'f', summary: 'Remove a model even while it is loaded' }),
  };

  async run(): Promise<RemoveDocument> {
    const { terminal } = this.context;
    const models = await chooseForRemoval(this.context, {
      names: this.positionals,
      filters: this.#filters(),
      isSeen: this.flags['dry-run'] || this.#mayConfirm,
      mayAsk: !this.jsonEnabled(),
    });
    if (this.flags['dry-run'] || models.length === 0) return this.#show(models);
    await this.#checkUse(models);
    await this.#ask(models);
    const store = await this.context.store();
    const removal = await store.remove(models);
    const { aliases, freed, removed, shared } = removal;
    const failures = failuresOf(removal);
    const [failure] = failures;
    // Where nothing at all went, one model that could not go is the failure of the command itself.
    if (models.length === 1 && removed.length === 0 && freed === 0 && failure !== undefined) {
      throw failure.error;
    }
    if (!this.jsonEnabled()) {
      for (const { ref } of removed) terminal.print(`Removed ${oneLine(ref)}`);
      for (const [alias, ref] of aliases) {
        terminal.note(`The alias ${alias} of ${oneLine(ref)} is gone too`);
      }
      terminal.note(`Freed ${formatDiskSize(freed)}`);
      this.#tellShared(shared);
    }
    this.reportFailures(failures.map(({ error }) => error));
    return {
      removed: removed.map(({ ref, size }) => ({ ref, size })),
      failed: failureDocuments(failures),
      freed,
      aliases: [...aliases.keys()],
    };
  }

  #filters(): string[] {
    const { filter = [], 'larger-than': size, 'older-than': age, partials } = this.flags;
    if (age !== undefined && parseAge(age) === undefined) {
      throw refused('--older-than', AGE_FORMS, age);
    }
    if (size !== undefined && parseSize(size) === undefined) {
      throw refused('--larger-than', 'a size such as 500M or 10GB', size);
    }
    return [
      ...filter,
      ...(age === undefined ? [] : [`used>${age}`]),
      ...(size === undefined ? [] : [`size>${size}`]),
      ...(partials ? ['state=partial'] : []),
    ];
  }

  async #show(models: readonly StoredModel[]): Promise<RemoveDocument> {
    const { terminal } = this.context;
    const store = await this.context.store();
    const refs = new Set(models.map(({ ref }) => ref));
    const [names, { freed, shared }] = await Promise.all([
      store.aliases.list(),
      store.weigh(models),
    ]);
    const aliases = [...names].filter(([, ref]) => refs.has(ref));
    if (!this.jsonEnabled()) {
      for (const model of models) terminal.print(describe(model));
      for (const [alias, ref] of aliases) {
        terminal.note(`with the alias ${alias} of ${oneLine(ref)}`);
      }
      terminal.note(
        models.length === 0
          ? 'There is nothing to remove'
          : `In all ${formatCount(models.length, 'model')}, ${formatDiskSize(sizeOf(models))}`,
      );
      this.#tellShared(shared);
    }
    return {
      removed: models.map(({ ref, size }) => ({ ref, size })),
      failed: [],
      freed,
      aliases: aliases.map(([alias]) => alias),
    };
  }

  /** Whether somebody is there who sees what would go, and says yes. */
  get #mayConfirm(): boolean {
    return !this.flags.yes && !this.jsonEnabled() && this.context.terminal.canPrompt;
  }

  #tellShared(bytes: number): void {
    const text = describeShared(bytes);
    if (text !== undefined) this.context.terminal.note(text);
  }

  async #checkUse(models: readonly StoredModel[]): Promise<void> {
    if (this.flags.force) return;
    const server = await this.context.server();
    const status = await server.status({ signal: this.context.signal });
    const loaded = status.models.filter(({ state }) => IN_USE.includes(state));
    const busy = models
      .map(({ ref }) => ref)
      .filter((ref) => loaded.some((model) => model.ref === ref));
    if (busy.length === 0) return;
    const names = busy.map(oneLine).join(', ');
    throw new LlameroError('MODEL_LOADED', `${names} ${busy.length === 1 ? 'is' : 'are'} loaded`, {
      hint: `Unload it first: \`llamero stop ${busy.map((ref) => shellWord(oneLine(ref))).join(' ')}\`, or remove it anyway with --force`,
    });
  }

  async #ask(models: readonly StoredModel[]): Promise<void> {
    if (this.flags.yes) return;
    const { signal, terminal } = this.context;
    if (!this.#mayConfirm) {
      throw new LlameroError('CONFIRMATION_REQUIRED', 'Nobody is there to confirm the removal', {
        hint: 'Add --yes to remove without a question',
      });
    }
    for (const model of models) terminal.note(`  ${describe(model)}`);
    this.#tellShared((await (await this.context.store()).weigh(models)).shared);
    const total = formatDiskSize(sizeOf(models));
    const message = `Remove ${models.length === 1 ? 'it' : `these ${models.length} models`} (${total})?`;
    if (await confirm(terminal, { message, default: false, signal })) return;
    throw new LlameroError('INTERRUPTED', 'Nothing was removed');
  }
}

function describe({ ref, size }: StoredModel): string {
  return `${oneLine(ref)}  ${formatDiskSize(size)}`;
}

function sizeOf(models: readonly StoredModel[]): number {
  return models.reduce((sum, { size }) => sum + size, 0);
}

function refused(flag: string, form: string, value: string): LlameroError {
  return new LlameroError('USAGE', `${flag} takes ${form}, not «${oneLine(value)}»`, {
    hint: 'Run `llamero rm --help`',
  });
}
