import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { parseReference } from '../lib/store/reference.ts';

/** The `--json` document of `stop`. */
interface StopDocument {
  /** The models that were unloaded. */
  readonly models: readonly string[];
  /** Whether a server was ended. */
  readonly server: boolean;
}

export default class Stop extends BaseCommand<typeof Stop> {
  static override summary = 'Unload a model, or end the server';

  static override description =
    'The load settings that a model was run with end with it. What is not loaded is no failure.';

  static override examples = [
    {
      description: 'one model',
      command: '<%= config.bin %> stop bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
    { description: 'the server with all its models', command: '<%= config.bin %> stop --all' },
  ];

  static override args = {
    ref: Args.string({ description: 'user/repo or user/repo:QUANT', ignoreStdin: true }),
  };

  static override flags = {
    all: Flags.boolean({ summary: 'End the server with all its models', default: false }),
  };

  async run(): Promise<StopDocument> {
    const { ref } = this.args;
    if (this.flags.all === (ref !== undefined)) {
      throw new LlameroError('USAGE', 'Name the model to stop, or say --all, not both', {
        hint: 'See what runs with `llamero ps`',
      });
    }
    return ref === undefined ? this.#stopServer() : this.#stopModel(ref);
  }

  async #stopServer(): Promise<StopDocument> {
    const { signal, terminal } = this.context;
    const server = await this.context.server();
    const models = await server.loadedModels();
    const ended = await server.stop({ signal });
    if (!this.jsonEnabled()) terminal.note(ended ? 'The server has ended' : 'No server runs');
    return { models: ended ? models : [], server: ended };
  }

  async #stopModel(text: string): Promise<StopDocument> {
    const { signal, terminal } = this.context;
    const config = await this.context.config();
    const server = await this.context.server();
    const store = await this.context.store();
    const stopped: string[] = [];
    for (const { ref } of await store.match(parseReference(text, config.get('hub.endpoint')))) {
      if (await server.unload(ref, { signal })) stopped.push(ref);
    }
    if (!this.jsonEnabled()) {
      for (const ref of stopped) terminal.print(`Stopped ${ref}`);
      if (stopped.length === 0) terminal.note(`${text} is not loaded`);
    }
    return { models: stopped, server: false };
  }
}
