import { describeEngine } from '../engine/engine.ts';
import { LlameroError } from '../errors.ts';
import { type LockHolder, withLock } from '../lock.ts';
import { addressOf, chooseKey } from './api-key.ts';
import { differences } from './differences.ts';
import { loadModel, unloadModel } from './load.ts';
import {
  EVERY_MODEL,
  type RunSettings,
  readRunSettings,
  withSettings,
  withoutSettings,
  writeRunSettings,
} from './load-settings.ts';
import { LogReader } from './log-reader.ts';
import { isActive, listModels } from './models.ts';
import type { LoadSettings, Presets } from './presets.ts';
import { prepareLoad } from './prepare.ts';
import { requestsOf } from './slots.ts';
import { ensureServer } from './start.ts';
import { PARTLY_READ, type ServerState, readLiveState, removeState } from './state.ts';
import { describeServer, serverStatus } from './status.ts';
import { terminateRouter } from './terminate.ts';
import {
  type CallOptions,
  type LoadModelOptions,
  type ModelServerAddress,
  type ModelServerOptions,
  type ReadyModel,
  type RunningServer,
  type ServerFiles,
  type ServerStatus,
  serverFiles,
} from './types.ts';
import { settingsOf, wantedPresets } from './wanted.ts';

export type {
  CallOptions,
  LoadModelOptions,
  ModelServerAddress,
  ModelServerOptions,
  ModelStatus,
  ReadyModel,
  RunningServer,
  ServerEvent,
  ServerStatus,
} from './types.ts';

/** How a server is wanted that others are to use. */
export interface ServeOptions extends CallOptions {
  /** Make a key for its clients unless there is one. */
  readonly generateKey?: boolean;
  /** Load settings of every model until the server ends. */
  readonly settings?: LoadSettings;
}

/** A server that others can use. */
export interface ServedServer extends RunningServer {
  readonly address: ModelServerAddress;
  /** Whether it ran already. */
  readonly ranAlready: boolean;
}

/**
 * The background server: one llama-server in router mode, found again by its state file. Nothing of
 * ours stays resident; every call looks at what is there.
 */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #files: ServerFiles;
  readonly #log: LogReader;

  constructor(options: ModelServerOptions) {
    this.#options = options;
    this.#files = serverFiles(options.runFolder);
    this.#log = new LogReader(options.logFile);
  }

  /**
   * Starts the server unless it runs, and waits until it answers. Of several callers at once one
   * starts it and the others wait.
   *
   * @throws LlameroError ENGINE_MISSING, ENGINE_UNUSABLE, PORT_TAKEN, SERVER_START_FAILED,
   *   API_KEY_REQUIRED
   */
  async start(options: CallOptions = {}): Promise<ServerState> {
    return this.#locked('starting the server', options, async () =>
      this.#ensure(await wantedPresets(this.#options, await this.#runSettings()), options),
    );
  }

  /**
   * As {@link start}, but a server that runs already must be as this one is wanted.
   *
   * @throws LlameroError as {@link start}; SERVER_DIFFERS with the differences, a line each
   */
  async serve(options: ServeOptions = {}): Promise<ServedServer> {
    return this.#locked('starting the server', options, async () => {
      const running = await readLiveState(this.#files.state);
      if (running !== undefined) await this.#requireSame(running, options);
      let settings = await this.#runSettings();
      if (options.settings !== undefined && Object.keys(options.settings).length > 0) {
        settings = withSettings(settings, EVERY_MODEL, options.settings);
        await writeRunSettings(this.#files.settings, settings);
      }
      const state = await this.#ensure(await wantedPresets(this.#options, settings), options);
      return {
        ...describeServer(state, this.#options.logFile),
        address: await addressOf(state),
        ranAlready: running?.pid === state.pid,
      };
    });
  }

  /**
   * Makes a stored model ready for requests: server started, list of models up to date, room made,
   * model loaded. One that is being loaded by somebody else is waited for.
   *
   * @param settings load settings that were asked for now; where they differ from those the model
   *   runs with it is loaded again. They hold until the model is stopped. Without any, a loaded
   *   model is left as it is.
   * @throws LlameroError as {@link start}; MODEL_NOT_FOUND, MEMORY_SHORT with what would fit,
   *   MODEL_LOAD_FAILED with the reason
   */
  async load(
    ref: string,
    settings: LoadSettings,
    options: LoadModelOptions = {},
  ): Promise<ReadyModel> {
    const { address, asked } = await this.#locked(`preparing ${ref}`, options, () =>
      prepareLoad({
        ...options,
        server: this.#options,
        files: this.#files,
        ensure: (presets) => this.#ensure(presets, options),
        ref,
        settings,
      }),
    );
    try {
      const model = await loadModel({
        address,
        ref,
        asked,
        logFile: this.#options.logFile,
        signal: options.signal,
        onLoading: (progress) => options.onEvent?.({ type: 'loading', ref, progress }),
      });
      return { ...model, address };
    } catch (error) {
      // Settings with which it does not load must not stand in the way of the next attempt.
      if (error instanceof LlameroError && error.code === 'MODEL_LOAD_FAILED') {
        await this.#locked(`forgetting the settings of ${ref}`, {}, () => this.#forget(ref));
      }
      throw error;
    }
  }

  /**
   * Unloads a model and forgets the load settings it was run with.
   *
   * @returns false when it was not loaded
   */
  async unload(ref: string, options: CallOptions = {}): Promise<boolean> {
    return this.#locked(`unloading ${ref}`, options, async () => {
      await this.#forget(ref);
      const state = await readLiveState(this.#files.state);
      if (state?.models.includes(ref) !== true) return false;
      const address = await addressOf(state);
      const unloaded = await unloadModel(address, ref, options.signal);
      if (state.presets === PARTLY_READ) {
        await listModels(address, { reload: true, signal: options.signal });
      }
      return unloaded;
    });
  }

  /**
   * Tells a running server which models and aliases there are now; none is started for it.
   *
   * @returns whether it knows all of it; not yet where a loaded model has other aliases than
   *   before, which take effect when it is unloaded; undefined when no server runs
   */
  async refresh(options: CallOptions = {}): Promise<boolean | undefined> {
    if ((await readLiveState(this.#files.state)) === undefined) return undefined;
    return this.#locked('refreshing the list of models', options, async () => {
      if ((await readLiveState(this.#files.state)) === undefined) return undefined;
      const presets = await wantedPresets(this.#options, await this.#runSettings());
      return (await this.#ensure(presets, options)).presets !== PARTLY_READ;
    });
  }

  /**
   * Unloads a model that is not to be kept (`keep-alive` 0) after it was used, unless somebody else
   * uses it at this moment.
   *
   * @returns whether it was unloaded
   */
  async release(ref: string, options: CallOptions = {}): Promise<boolean> {
    const model = (await this.#options.models()).find((entry) => entry.ref === ref);
    if (model === undefined) return false;
    return this.#locked(`releasing ${ref}`, options, async () => {
      const keep = settingsOf(this.#options, model, await this.#runSettings())['keep-alive'];
      const state = await readLiveState(this.#files.state);
      if (state === undefined || keep === undefined || Number(keep) !== 0) return false;
      const address = await addressOf(state);
      const listed = await listModels(address, { signal: options.signal });
      const entry = listed.find((one) => one.ref === ref);
      if (entry?.state !== 'loaded') return false;
      if ((await requestsOf(address, entry.id, options.signal)) !== 0) return false;
      await this.#forget(ref);
      return unloadModel(address, ref, options.signal);
    });
  }

  /**
   * Ends the server with all its models. No process of it is left afterwards.
   *
   * @returns false when none ran
   */
  async stop(options: CallOptions = {}): Promise<boolean> {
    return this.#locked('stopping the server', options, async () => {
      const state = await readLiveState(this.#files.state);
      if (state !== undefined) await terminateRouter(state, this.#options.stopTimeoutSeconds);
      await writeRunSettings(this.#files.settings, {});
      await removeState(this.#files.state);
      return state !== undefined;
    });
  }

  /** What runs now. Changes nothing and starts nothing; no model is woken or kept awake by it. */
  async status(options: CallOptions = {}): Promise<ServerStatus> {
    return serverStatus({
      ...options,
      server: this.#options,
      files: this.#files,
      log: this.#log,
    });
  }

  /**
   * The references of the models that take memory now or are about to. None when nothing runs, or
   * does not answer, or not to us.
   */
  async loadedModels(options: CallOptions = {}): Promise<string[]> {
    try {
      const { models } = await this.status(options);
      return models.filter(({ state }) => isActive(state)).map(({ ref }) => ref);
    } catch (error) {
      if (error instanceof LlameroError && error.code === 'API_KEY_INVALID') return [];
      throw error;
    }
  }

  #locked<T>(purpose: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
    const onWait = (holder: LockHolder): void =>
      options.onEvent?.({ type: 'waiting', purpose: holder.purpose });
    return withLock(this.#files.lock, { purpose, onWait, signal: options.signal }, work);
  }

  #runSettings(): Promise<RunSettings> {
    return readRunSettings(this.#files.settings);
  }

  /** Drops the load settings that a model was run with. The lock is held. */
  async #forget(ref: string): Promise<void> {
    const all = await this.#runSettings();
    if (ref in all) await writeRunSettings(this.#files.settings, withoutSettings(all, ref));
  }

  /** The running server with these presets. The lock is held. */
  #ensure(presets: Presets, options: ServeOptions): Promise<ServerState> {
    return ensureServer({
      ...options,
      server: this.#options,
      files: this.#files,
      presets,
      chooseKey: () => this.#chooseKey(options),
    });
  }

  #chooseKey({ generateKey }: ServeOptions) {
    const { address, apiKey } = this.#options;
    return chooseKey(address.host, apiKey ?? {}, this.#files.apiKey, generateKey);
  }

  async #requireSame(running: ServerState, options: ServeOptions): Promise<void> {
    const { address, engine, modelsMax } = this.#options;
    const wanted = {
      address,
      modelsMax,
      engine: await engine(),
      key: await this.#chooseKey(options),
    };
    const lines = differences(running, (await addressOf(running)).apiKey, wanted);
    if (lines.length === 0) return;
    throw new LlameroError(
      'SERVER_DIFFERS',
      `A server runs already (process ${running.pid}, ${describeEngine(running.engine)}), with other settings:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      { hint: 'End it first: `llamero stop --server`. Or use it as it is: `llamero ps` shows it' },
    );
  }
}
