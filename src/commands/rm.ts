import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { formatDiskSize } from '../lib/format.ts';
import type { ModelState } from '../lib/server/models.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { parseReference } from '../lib/store/reference.ts';
import type { Store } from '../lib/store/store.ts';
import { confirm } from '../lib/ui/prompts.ts';

/** The `--json` document of `rm`. */
interface RemoveDocument {
  readonly removed: readonly { readonly ref: string; readonly size: number }[];
  readonly freed: number;
}

const IN_USE: readonly ModelState[] = ['loading', 'loaded', 'sleeping'];

export default class Remove extends BaseCommand<typeof Remove> {
  static override hiddenAliases = ['remove', 'delete'];

  static override summary = 'Remove models from this machine';

  static override description =
    'Names are taken as they stand, never guessed. Without a quant all quants of a repository go, unfinished pulls too. A projector goes with the last quant that could use it.';

  static override examples = [
    {
      description: 'one quant',
      command: '<%= config.bin %> rm bartowski/Llama-3.2-1B-Instruct-GGUF:Q8_0',
    },
    {
      description: 'everything of two repositories, without a question',
      command: '<%= config.bin %> rm --yes user/one user/other',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo or user/repo:QUANT; several are possible',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
    force: Flags.boolean({ char: 'f', summary: 'Remove a model even while it is loaded' }),
  };

  async run(): Promise<RemoveDocument> {
    const { terminal } = this.context;
    const store = await this.context.store();
    const models = await this.#find(store);
    await this.#checkUse(models);
    await this.#ask(models);
    const { removed, freed } = await store.remove(models);
    if (!this.jsonEnabled()) {
      for (const { ref } of removed) terminal.print(`Removed ${ref}`);
      terminal.note(`Freed ${formatDiskSize(freed)}`);
    }
    return { removed: removed.map(({ ref, size }) => ({ ref, size })), freed };
  }

  /** All are found before any is removed: a misspelled name must not leave half of the work done. */
  async #find(store: Store): Promise<StoredModel[]> {
    const config = await this.context.config();
    const found = new Map<string, StoredModel>();
    for (const text of this.positionals) {
      const reference = parseReference(text, config.get('hub.endpoint'));
      for (const model of await store.match(reference)) found.set(model.ref, model);
    }
    return [...found.values()];
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
    throw new LlameroError('MODEL_LOADED', `${busy.join(', ')} is loaded`, {
      hint: `Unload it first: \`llamero stop ${busy.join(' ')}\`, or remove it anyway with --force`,
    });
  }

  async #ask(models: readonly StoredModel[]): Promise<void> {
    if (this.flags.yes) return;
    const { signal, terminal } = this.context;
    if (this.jsonEnabled() || !terminal.canPrompt) {
      throw new LlameroError('CONFIRMATION_REQUIRED', 'Nobody is there to confirm the removal', {
        hint: 'Add --yes to remove without a question',
      });
    }
    for (const { ref, size } of models) terminal.note(`  ${ref}  ${formatDiskSize(size)}`);
    const total = formatDiskSize(models.reduce((sum, { size }) => sum + size, 0));
    const message = `Remove ${models.length === 1 ? 'it' : `these ${models.length} models`} (${total})?`;
    if (await confirm(terminal, { message, default: false, signal })) return;
    throw new LlameroError('INTERRUPTED', 'Nothing was removed');
  }
}
