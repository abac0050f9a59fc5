import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { confirm } from '../lib/ui/prompts.ts';
import { describeInstall, installEngine, planEngine } from '../views/engine-install.ts';
import { type ServerReport, settleServer } from '../views/engine-server.ts';
import { explainPlan, planDocument, type PlanDocument } from '../views/engine-plan.ts';
import { backendFlag, channelFlag, readVersion } from '../views/engine-flags.ts';

/** The `--json` document of `update`. */
interface UpdateDocument extends PlanDocument {
  /** Whether another build is used than before. */
  readonly changed: boolean;
  /** The llama-server that is used now; null when none is. */
  readonly path: string | null;
  readonly server: ServerReport | null;
}

export default class Update extends BaseCommand<typeof Update> {
  static override summary = 'Install the current llama.cpp, or another build of it';

  static override description = `The build for this machine is fetched, checked, tried, and only then used. A build that fails its trial changes nothing; \`llamero engine rollback\` goes back to the one before.

--version b11505 stays at that build until --version latest.

Exit codes: 3 no such build, 5 and 6 GitHub refuses or cannot be reached, 7 the disk is full or not writable, 8 what came is damaged, 9 no build fits or the new one does not run, 11 another process changes builds, 130 the answer was no.`;

  static override examples = [
    '<%= config.bin %> update',
    { description: 'only look', command: '<%= config.bin %> update --check' },
    {
      description: 'this build and no other',
      command: '<%= config.bin %> update --version b11505',
    },
    { description: 'another backend', command: '<%= config.bin %> update --backend vulkan' },
  ];

  static override flags = {
    check: Flags.boolean({ summary: 'Only show what would be installed' }),
    channel: channelFlag(),
    version: Flags.string({ summary: 'A build to stay at, or latest', helpValue: 'b<n>|latest' }),
    backend: backendFlag(),
    restart: Flags.boolean({ summary: 'Start a running server again with the new build' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
  };

  async run(): Promise<UpdateDocument> {
    const { context } = this;
    const { backend, channel, check, restart, version } = this.flags;
    const plan = await planEngine(context, { backend, channel, version: readVersion(version) });
    const json = this.jsonEnabled();
    if (!json) explainPlan(context.terminal, plan);
    const document = planDocument(plan);
    if (check) {
      if (!json) context.terminal.print(plan.name);
      return { ...document, changed: false, path: plan.current?.program ?? null, server: null };
    }
    if (plan.state === 'installed') await this.#ask(`Use ${plan.name}?`);
    if (plan.state === 'new') await this.#ask(`Install ${describeInstall(plan, plan.name)}?`);
    const build = await installEngine(context, plan);
    if (!json) context.terminal.print(build.program);
    const server = await settleServer(context, build, restart);
    return { ...document, changed: plan.state !== 'used', path: build.program, server };
  }

  /** A question on a terminal alone: elsewhere the command itself is the answer. */
  async #ask(message: string): Promise<void> {
    const { signal, terminal } = this.context;
    if (this.flags.yes || this.jsonEnabled() || !terminal.canPrompt) return;
    if (await confirm(terminal, { message, default: true, signal })) return;
    throw new LlameroError('INTERRUPTED', 'Nothing was changed');
  }
}
