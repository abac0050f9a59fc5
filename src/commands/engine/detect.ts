import { BaseCommand } from '../../base-command.ts';
import { type BackendVerdict, judgeBackends } from '../../lib/engine/backend.ts';
import type { Machine } from '../../lib/engine/machine.ts';
import { renderMachine } from '../../views/engine-machine.ts';

/** The `--json` document of `engine detect`. */
interface DetectDocument {
  readonly machine: Machine;
  /** In order of preference. */
  readonly backends: readonly BackendVerdict[];
}

export default class EngineDetect extends BaseCommand<typeof EngineDetect> {
  static override summary = 'Show what this machine is and which backends could run on it';

  static override description = 'Changes nothing.\n\nExit codes: 0 done.';

  static override examples = [
    '<%= config.bin %> engine detect',
    '<%= config.bin %> engine detect --json',
  ];

  async run(): Promise<DetectDocument> {
    const machine = await this.context.machine();
    const backends = judgeBackends(machine);
    if (!this.jsonEnabled()) renderMachine(this.context.terminal, machine, backends);
    return { machine, backends };
  }
}
