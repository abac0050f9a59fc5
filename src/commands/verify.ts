import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import type { ModelCheck, VerifyEvent } from '../lib/store/verify.ts';
import { type Repair, repair, type RepairListener, verify } from '../views/verify.ts';
import { toVerifyDocument, type VerifyDocument } from '../views/verify-document.ts';
import { VerifyProgress } from '../views/verify-progress.ts';
import { damageError, summarise } from '../views/verify-text.ts';

const SILENT: RepairListener = {
  handle: () => undefined,
  stop: () => undefined,
  repaired: () => undefined,
};

export default class Verify extends BaseCommand<typeof Verify> {
  static override summary = 'Check the models on this machine against their sha256';

  static override description = `Every file is read whole, shards and projectors too, and compared with what was recorded when it was pulled. Without a name all models are checked, and unfinished pulls only mentioned. What was put there by hand has no record: its GGUF header is checked, and it is never called verified.

With --repair damaged and missing files are fetched again, at the revision they came from. A damaged file stays until the good one is there and verified. The exit code is 8 when something is damaged, missing or unreadable at the end.

Exit codes: 3 no such model, 4 its name fits several, 8 as said; with --repair 5, 6 and 7 too, as with pull.`;

  static override examples = [
    { description: 'all models', command: '<%= config.bin %> verify' },
    {
      description: 'one quant, and fetch again what is damaged',
      command: '<%= config.bin %> verify bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M --repair',
    },
    {
      description: 'the files that are not as recorded, for a script',
      command:
        '<%= config.bin %> verify --json | jq -r \'.models[].files[] | select(.status != "ok").path\'',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description:
        'user/repo or user/repo:QUANT, an alias, a pattern, or a part of a name; several are possible',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    repair: Flags.boolean({ summary: 'Fetch damaged and missing files again' }),
  };

  async run(): Promise<VerifyDocument> {
    const { context } = this;
    const { terminal } = context;
    const progress = this.jsonEnabled() ? undefined : await VerifyProgress.create(terminal);
    let models: ModelCheck[];
    try {
      models = await verify(context, this.positionals, !this.jsonEnabled(), (event: VerifyEvent) =>
        progress?.verify(event),
      );
    } finally {
      progress?.stop();
    }
    const damaged = models.filter(({ isDamaged }) => isDamaged);
    if (!this.flags.repair) {
      this.#conclude(models, damaged);
      return toVerifyDocument(models, []);
    }
    const repairs = await repair(context, damaged, progress ?? SILENT);
    this.#concludeRepairs(models, repairs);
    return toVerifyDocument(models, repairs);
  }

  #conclude(models: readonly ModelCheck[], damaged: readonly ModelCheck[]): void {
    if (damaged.length > 0) {
      const wereNamed = this.positionals.length > 0;
      this.reportFailures([damageError(damaged, models.length, wereNamed)]);
    } else if (!this.jsonEnabled()) {
      this.context.terminal.note(summarise(models));
    }
  }

  #concludeRepairs(models: readonly ModelCheck[], repairs: readonly Repair[]): void {
    const { terminal } = this.context;
    if (repairs.length === 0) return this.#conclude(models, []);
    if (!this.jsonEnabled()) {
      for (const { ref } of repairs.filter(({ isLoaded }) => isLoaded)) {
        terminal.warn(
          `${ref} is loaded, with the file as it was: \`llamero stop ${ref}\`, and the next use loads the good one`,
        );
      }
    }
    // One reason may stop them all, such as that we are offline.
    const failures = repairs.flatMap(({ error }) => error ?? []);
    this.reportFailures([...new Map(failures.map((each) => [each.message, each])).values()]);
  }
}
