import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { readLiveState } from '../../src/lib/server/state.ts';
import { terminateRouter } from '../../src/lib/server/terminate.ts';
import { CliHome } from './cli.ts';
import { ensureEngine } from './engine/engine.ts';
import { freePort } from './free-port.ts';
import { type TinyModelOptions, writeTinyModel } from './gguf/tiny-model.ts';

/** Seconds that a server is given to end after a test. */
const POLITE_SECONDS = 2;

/** A home with the real llama-server on a port of its own, and no way to the network. */
export class ServerHome extends CliHome {
  /** Makes a home without models. */
  static async start(): Promise<ServerHome> {
    const { llamaServer } = await ensureEngine();
    return new ServerHome(await CliHome.makeFolder(), {
      LLAMERO_LLAMA_SERVER: llamaServer,
      LLAMERO_PORT: String(await freePort()),
      LLAMERO_OFFLINE: '1',
    });
  }

  get port(): number {
    return Number(this.env['LLAMERO_PORT']);
  }

  /** Puts a model there that says one sentence; answers its file. */
  async store(
    ref: string,
    sentence: string,
    options: Partial<TinyModelOptions> = {},
  ): Promise<string> {
    const file = this.path('models', `${ref.replace(':', '/')}.gguf`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeTinyModel({ path: file, sentence, contextSize: 4096, ...options });
    return file;
  }

  /** Not by the program under test: a server must not stay behind when that is broken. */
  override async [Symbol.asyncDispose](): Promise<void> {
    const state = await readLiveState(this.path('run', 'server.json'));
    if (state !== undefined) await terminateRouter(state, POLITE_SECONDS);
    await super[Symbol.asyncDispose]();
  }
}
