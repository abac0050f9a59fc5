import { Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import type { ModelStatus, ServerStatus } from '../lib/server/router.ts';
import { tellWaitingEngine } from '../views/server-engine.ts';
import { showStatus, shownModels } from '../views/server-status.ts';
import { watchStatus } from '../views/server-watch.ts';

/** The `--json` document of `ps`. Sizes are bytes, durations seconds, shares 0 to 1. */
interface ProcessDocument {
  readonly server: ServerStatus['server'];
  readonly models: readonly {
    readonly ref: string;
    readonly status: ModelStatus['state'];
    readonly size?: number;
    /** The part of weights and cache that lies in the memory of GPUs. */
    readonly gpuShare?: number;
    /** Tokens. */
    readonly contextSize?: number;
    /** How far the loading is, 0 to 100. */
    readonly percent?: number;
    /** Requests that are worked on. */
    readonly requests?: number;
    readonly idleSeconds?: number;
    readonly unloadsInSeconds?: number;
    readonly failure?: { readonly reason: string; readonly hint: string };
  }[];
  /** Whether the server answers; it may run and be stuck. */
  readonly answers: boolean;
  /** Why the last server ended, when nobody asked it to. */
  readonly ended?: { readonly reason: string; readonly hint: string };
}

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
    const { signal, terminal } = this.context;
    const status = await (await this.context.server()).status({ signal });
    if (!this.jsonEnabled()) {
      showStatus(terminal, status);
      await tellWaitingEngine(this.context);
    }
    const { answers, ended, server } = status;
    return {
      server,
      models: shownModels(status).map(modelDocument),
      answers,
      ...(ended === undefined ? {} : { ended }),
    };
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

function modelDocument(model: ModelStatus): ProcessDocument['models'][number] {
  const { contextSize, deviceShare, failure, idleSeconds, progress, requests } = model;
  const { ref, size, state, unloadsInSeconds } = model;
  return {
    ref,
    status: state,
    ...(size === undefined ? {} : { size }),
    ...(deviceShare === undefined ? {} : { gpuShare: deviceShare }),
    ...(contextSize === undefined ? {} : { contextSize }),
    ...(progress === undefined ? {} : { percent: Math.floor(progress * 100) }),
    ...(requests === undefined ? {} : { requests }),
    ...(idleSeconds === undefined ? {} : { idleSeconds }),
    ...(unloadsInSeconds === undefined ? {} : { unloadsInSeconds }),
    ...(failure === undefined ? {} : { failure }),
  };
}
