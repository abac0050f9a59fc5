import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { everyNamed } from '../views/named-models.ts';

/** The `--json` document of `stop`. */
interface StopDocument {
  /** The models that were unloaded. */
  readonly models: readonly string[];
  /** Whether a server was ended. */
  readonly server: boolean;
}

export default class Stop extends BaseCommand<typeof Stop> {
  static override summary = 'Unload models, or end the server';

  static override description =
    'The load settings that a model was run with end with it. What is not loaded is no failure.\n\nExit codes: 2 neither models nor --all, 3 no such model, 4 its name fits several, 10 the server gives no answer, 11 it does not end.';

  static override examples = [
    {
      description: 'one model',
      command: '<%= config.bin %> stop bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    { description: 'the server with all its models', command: '<%= config.bin %> stop --all' },
  ];

  static override strict = false;

  static override args = {
    ref: Args.string({
      description: 'user/repo or user/repo:QUANT, an alias, a pattern, or a part of a name',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    all: Flags.boolean({ summary: 'Unload all models and end the server', default: false }),
    server: Flags.boolean({ summary: 'End the server, and with it its models', default: false }),
  };

  async run(): Promise<StopDocument> {
    const ends = this.flags.all || this.flags.server;
    if (ends === this.positionals.length > 0) {
      const message = ends
        ? 'Name models, or say --all or --server, not both'
        : 'Name the models to stop, or say --all';
      throw new LlameroError('USAGE', message, { hint: 'See what runs with `llamero ps`' });
    }
    return ends ? this.#stopServer() : this.#stopModels();
  }

  async #stopServer(): Promise<StopDocument> {
    const { signal, terminal } = this.context;
    const server = await this.context.server();
    const models = await server.loadedModels();
    const ended = await server.stop({ signal });
    if (!this.jsonEnabled()) terminal.note(ended ? 'The server has ended' : 'No server runs');
    return { models: ended ? models : [], server: ended };
  }

  async #stopModels(): Promise<StopDocument> {
    const { signal, terminal } = this.context;
    const server = await this.context.server();
    const stopped: string[] = [];
    // All names are looked up first, so that a mistyped one stops nothing.
    for (const [text, refs] of await this.#named()) {
      const before = stopped.length;
      for (const ref of refs) {
        if (!stopped.includes(ref) && (await server.unload(ref, { signal }))) stopped.push(ref);
      }
      if (this.jsonEnabled()) continue;
      for (const ref of stopped.slice(before)) terminal.print(`Stopped ${ref}`);
      if (stopped.length === before) terminal.note(`${text} is not loaded`);
    }
    return { models: stopped, server: false };
  }

  async #named(): Promise<(readonly [string, readonly string[]])[]> {
    const named = await everyNamed(this.context, this.positionals, { mayAsk: !this.jsonEnabled() });
    return named.map(({ models, text }) => [text, models.map(({ ref }) => ref)]);
  }
}
