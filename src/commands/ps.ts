import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { type ProcessDocument, showProcesses } from '../views/processes.ts';
import { watchStatus } from '../views/server-watch.ts';

export default class Processes extends BaseCommand<typeof Processes> {
  static override summary = 'Show the server and the models that are loaded';

  static override description =
    'Looking wakes no model and keeps none awake. What the server does not tell is left blank. Changes nothing.\n\nExit codes: 0 done, whether a server runs or not.';

  static override examples = [
    '<%= config.bin %> ps',
    '<%= config.bin %> ps --json',
    { description: 'again every second, until Ctrl+C', command: '<%= config.bin %> ps --watch' },
  ];

  static override flags = {
    watch: Flags.boolean({ char: 'w', summary: 'Show it again every second', exclusive: ['json'] }),
  };

  async run(): Promise<ProcessDocument | undefined> {
    if (this.flags.watch) return this.#watch();
    return showProcesses(this.context, { json: this.jsonEnabled() });
  }

  /** Ctrl+C is the way to end it, and no failure. */
  async #watch(): Promise<undefined> {
    try {
      await watchStatus(this.context);
    } catch (error) {
      if (!(error instanceof LlameroError) || error.code !== 'INTERRUPTED') throw error;
    }
    return undefined;
  }
}
