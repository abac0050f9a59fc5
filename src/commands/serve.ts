import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import type { FlagSettings } from '../lib/config/config.ts';
import { LlameroError } from '../lib/errors.ts';
import type { ReadyModel } from '../lib/server/router.ts';
import { requireEngine } from '../views/engine-first-use.ts';
import { load } from '../views/load.ts';
import { loadFlags, loadSettingsOf } from '../views/load-flags.ts';
import { endpointsOf } from '../views/server-endpoints.ts';
import { type ServeDocument, serveDocument, tellServed } from '../views/server-served.ts';
import { showServer, startForOthers } from '../views/server-serve.ts';
import { markUsed, storedModel } from '../views/stored-model.ts';

export default class Serve extends BaseCommand<typeof Serve> {
  static override summary = 'Serve models to other programs';

  static override description = `Starts llama-server with every stored model; a model is loaded when it is first asked for, those named here at once. Its log is shown until Ctrl+C, which ends the server. With --detach it goes on in the background: \`llamero ps\` shows it, \`llamero logs\` its log, \`llamero stop --server\` ends it.

Load flags hold for the models named here, or for all when none is named, until the model or the server is stopped.

A server that other machines can reach asks its clients for a key. It comes from --api-key-file, LLAMERO_API_KEY or server.api-key-file, or --generate-api-key makes one and keeps it for its owner's eyes alone.

Exit codes: 2 no key for a server that others can reach, 3 no such model, 4 its name fits several, 9 no llama.cpp, 10 the server or a model would not start, 11 the port is taken, or a server with other settings runs.`;

  static override examples = [
    { description: 'until Ctrl+C', command: '<%= config.bin %> serve' },
    {
      description: 'in the background, with a model loaded',
      command: '<%= config.bin %> serve --detach bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    {
      description: 'for the whole network',
      command: '<%= config.bin %> serve --host 0.0.0.0 --generate-api-key',
    },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description:
        'models to load at once: user/repo or user/repo:QUANT, an alias, or a part of the name of a stored one',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    detach: Flags.boolean({
      char: 'd',
      summary: 'Return once it answers; the server goes on',
    }),
    host: Flags.string({ summary: 'Address to listen on', helpValue: '<address>' }),
    port: Flags.string({ summary: 'Port to listen on', helpValue: '<n>' }),
    'models-max': Flags.string({
      summary: 'Models loaded at once (0: no limit)',
      helpValue: '<n>',
    }),
    'api-key-file': Flags.string({
      summary: 'File with the key that clients have to send',
      helpValue: '<file>',
      exclusive: ['generate-api-key'],
    }),
    'generate-api-key': Flags.boolean({
      summary: 'Make a key for clients, unless there is one',
    }),
    force: Flags.boolean({ summary: 'Load models even if there is not enough memory' }),
    yes: Flags.boolean({
      char: 'y',
      summary: 'Pull a missing model, and install a missing llama.cpp, without asking',
    }),
    ...loadFlags,
  };

  protected override flagSettings(): FlagSettings {
    const names = ['host', 'port', 'models-max', 'api-key-file'] as const;
    return Object.fromEntries(
      names.map((name) => [`server.${name}`, { flag: `--${name}`, value: this.flags[name] }]),
    );
  }

  async run(): Promise<ServeDocument | undefined> {
    const { context } = this;
    const json = this.jsonEnabled();
    const detach = this.flags.detach;
    if (json && !detach) {
      throw new LlameroError(
        'USAGE',
        '--json needs --detach: a server that is watched has no end',
        {
          hint: 'llamero serve --detach --json',
        },
      );
    }
    const policy = { yes: this.flags.yes, mayAsk: !json };
    const settings = loadSettingsOf(this.flags, context.paths);
    await requireEngine(context, policy);
    const served = await startForOthers(context, {
      generateKey: this.flags['generate-api-key'],
      settings: this.positionals.length === 0 ? settings : {},
    });
    // Who watches a server ends it; one that ran before belongs to somebody else.
    const watches = !detach && !served.ranAlready;
    try {
      const models = await this.#loadNamed(settings, policy);
      const endpoints = await endpointsOf(served, context.signal);
      if (!json) await tellServed(context, { served, endpoints, models, watches });
      if (watches) await showServer(context, served, context.terminal.verbosity === 'verbose');
      return json ? serveDocument({ served, endpoints, models }) : undefined;
    } catch (error) {
      if (!watches) throw error;
      return this.#end(error);
    }
  }

  async #loadNamed(
    settings: Parameters<typeof load>[2],
    policy: Parameters<typeof storedModel>[2],
  ): Promise<ReadyModel[]> {
    const { context } = this;
    const { force } = this.flags;
    const models: ReadyModel[] = [];
    for (const text of this.positionals) {
      const stored = await storedModel(context, text, policy);
      models.push(await load(context, stored.ref, settings, context.signal, { force }));
      await markUsed(context, stored);
    }
    return models;
  }

  /** Ends the server that was watched. That this was asked for is no failure. */
  async #end(error: unknown): Promise<undefined> {
    const { terminal } = this.context;
    const code = error instanceof LlameroError ? error.code : undefined;
    if (code === 'SERVER_GONE') throw error;
    terminal.note('Ending the server …');
    await (await this.context.server()).stop();
    if (code !== 'INTERRUPTED' && code !== 'TERMINATED') throw error;
    terminal.note('The server has ended');
    return undefined;
  }
}
