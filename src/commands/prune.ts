import { rm } from 'node:fs/promises';

import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { type EngineWaste, findEngineWaste, pruneEngines } from '../lib/engine/prune.ts';
import { LlameroError } from '../lib/errors.ts';
import { onDisk } from '../lib/files.ts';
import { formatCount, formatDiskSize } from '../lib/format.ts';
import { findLeftFiles, type LeftFile } from '../lib/left-files.ts';
import { oneLine } from '../lib/plain-text.ts';
import { repoFolder } from '../lib/store/layout.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { listRepos } from '../lib/store/scan.ts';
import { confirm } from '../lib/ui/prompts.ts';
import { foldersInUse, switchOptions } from '../views/engine-install.ts';
import { type FailureDocument, failureDocuments, failuresOf } from '../views/removal-report.ts';

/** The `--json` document of `prune`. */
interface PruneDocument {
  /** Builds of llama.cpp. */
  readonly builds: readonly string[];
  /** Files that were being written when something cut that off; absolute paths. */
  readonly left: readonly string[];
  /** Unfinished pulls. */
  readonly partials: readonly string[];
  /** Unfinished pulls that could not be removed, in part or at all. */
  readonly failed: readonly FailureDocument[];
  /** Bytes that the disk got back; with --dry-run, would get back. */
  readonly freed: number;
}

/** What would go. */
interface Waste {
  readonly engines: EngineWaste;
  readonly left: readonly LeftFile[];
  readonly partials: readonly StoredModel[];
}

export default class Prune extends BaseCommand<typeof Prune> {
  static override summary = 'Free the disk of what is not needed any more';

  static override description =
    'Builds of llama.cpp that are neither in use nor the one to go back to, and what interrupted installations and writes left. With --partials unfinished pulls as well: they could still be continued. Models are never touched; `llamero rm` removes them.\n\nExit codes: 2 nobody is there to confirm, 7 a file may not be removed, 11 another process changes builds or pulls, 130 the answer was no.';

  static override examples = [
    { description: 'see what would go', command: '<%= config.bin %> prune --partials --dry-run' },
    { description: 'without a question', command: '<%= config.bin %> prune --yes' },
  ];

  static override flags = {
    partials: Flags.boolean({ summary: 'Remove unfinished pulls too' }),
    'dry-run': Flags.boolean({ summary: 'Only show what would be removed' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
  };

  async run(): Promise<PruneDocument> {
    const { context } = this;
    const waste = await this.#find();
    const { engines, left, partials } = waste;
    const isEmpty = engines.builds.length + engines.downloads + left.length + partials.length === 0;
    if (isEmpty || this.flags['dry-run']) {
      this.#show(waste);
      return toDocument(waste, sizeOf(waste));
    }
    await this.#ask(waste);
    const gone = await pruneEngines(context.paths.bin, () => foldersInUse(context), {
      ...(await switchOptions(context)),
      purpose: 'removing old builds',
    });
    for (const { path: file } of left) await onDisk(file, () => rm(file, { force: true }));
    const removal = await (await context.store()).remove(partials);
    const freed = sizeOf({ engines: gone, left, partials: [] }) + removal.freed;
    if (!this.jsonEnabled()) context.terminal.note(`Freed ${formatDiskSize(freed)}`);
    const failures = failuresOf(removal);
    this.reportFailures(failures.map(({ error }) => error));
    const document = toDocument({ engines: gone, left, partials: removal.removed }, freed);
    return { ...document, failed: failureDocuments(failures) };
  }

  async #find(): Promise<Waste> {
    const { context } = this;
    const engines = await findEngineWaste(context.paths.bin, () => foldersInUse(context));
    const left = await findLeftFiles(this.#folders());
    if (!this.flags.partials) return { engines, left, partials: [] };
    const { models } = await (await context.store()).survey();
    return { engines, left, partials: models.filter(({ state }) => state === 'partial') };
  }

  /** The folders in which records are written, each by itself: nobody knows what else lies in them. */
  #folders(): string[] {
    const { cache, home, models, run } = this.context.paths;
    return [home, run, cache, ...listRepos(models).map((repo) => repoFolder(models, repo))];
  }

  #show({ engines, left, partials }: Waste): void {
    const { terminal } = this.context;
    if (this.jsonEnabled()) return;
    for (const { name, size } of engines.builds) {
      terminal.print(`llama.cpp ${name}  ${formatDiskSize(size)}`);
    }
    if (engines.downloads > 0) {
      terminal.print(`interrupted installations  ${formatDiskSize(engines.downloads)}`);
    }
    const size = sizeOf({ engines, left, partials });
    if (left.length > 0) {
      const bytes = left.reduce((sum, file) => sum + file.size, 0);
      terminal.print(`${formatCount(left.length, 'interrupted write')}  ${formatDiskSize(bytes)}`);
    }
    for (const { percent, ref, size } of partials) {
      const part = percent === undefined ? '' : `, ${percent} % of it`;
      terminal.print(`${oneLine(ref)}  ${formatDiskSize(size)}${part}`);
    }
    terminal.note(
      size === 0 && left.length + partials.length === 0
        ? 'There is nothing to remove'
        : `In all ${formatDiskSize(size)}`,
    );
  }

  async #ask(waste: Waste): Promise<void> {
    const { signal, terminal } = this.context;
    if (this.flags.yes) return;
    if (this.jsonEnabled() || !terminal.canPrompt) {
      throw new LlameroError('CONFIRMATION_REQUIRED', 'Nobody is there to confirm the removal', {
        hint: 'Add --yes to remove without a question, or --dry-run to see what would go',
      });
    }
    this.#show(waste);
    if (await confirm(terminal, { message: 'Remove it?', default: false, signal })) return;
    throw new LlameroError('INTERRUPTED', 'Nothing was removed');
  }
}

function sizeOf({ engines, left, partials }: Waste): number {
  const sizes = [...engines.builds, ...left, ...partials].map(({ size }) => size);
  return sizes.reduce((sum, size) => sum + size, engines.downloads);
}

function toDocument({ engines, left, partials }: Waste, freed: number): PruneDocument {
  return {
    builds: engines.builds.map(({ name }) => name),
    left: left.map(({ path: file }) => file),
    partials: partials.map(({ ref }) => ref),
    failed: [],
    freed,
  };
}
