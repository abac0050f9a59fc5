import { createHash } from 'node:crypto';
import path from 'node:path';

import { type Engine, describeEngine } from '../engine/engine.ts';
import { LlameroError } from '../errors.ts';
import { writeFileAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import type { StoredModel } from '../store/model.ts';
import { type Environment, launchRouter, requireFreePort } from './launch.ts';
import { loadModel, unloadModel } from './load.ts';
import {
  readRunSettings,
  withSettings,
  withoutSettings,
  writeRunSettings,
} from './load-settings.ts';
import { type RouterModel, isActive, listModels } from './models.ts';
import { type LoadSettings, type Presets, buildPresets } from './presets.ts';
import { processIdentity } from '../process-identity.ts';
import { answers, waitUntilReady } from './ready.ts';
import { type ServerAddress, serverUrl } from './request.ts';
import { type ServerState, readLiveState, readState, removeState, writeState } from './state.ts';
import { terminateRouter } from './terminate.ts';

/** What a server is made from. */
export interface ModelServerOptions {
  /** The folder for the state, the lock and the presets. */
  readonly runFolder: string;
  readonly logFile: string;
  /** Where a new server listens; one that runs is used where it is. */
  readonly address: ServerAddress;
  readonly modelsMax: number;
  readonly startTimeoutSeconds: number;
  /**
   * How long the server may take to end when it is asked to, before it is killed; 15 unless told.
   */
  readonly stopTimeoutSeconds?: number;
  /** Load settings of every model, from the configuration. */
  readonly settings: LoadSettings;
  readonly environment: Environment;
  readonly engine: () => Promise<Engine>;
  readonly models: () => Promise<readonly StoredModel[]>;
}

/** What happens while a server starts and a model loads. */
export type ServerEvent =
  | { readonly type: 'found dead' }
  | { readonly type: 'starting'; readonly engine: string }
  | { readonly type: 'started'; readonly url: string }
  | { readonly type: 'loading'; readonly ref: string; readonly progress: number | undefined };

/** How something is asked of the server. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
}

/** A model that is ready for requests. */
export interface ReadyModel extends RouterModel {
  readonly address: ServerAddress;
}

/** What runs, as far as it tells. */
export interface ServerStatus {
  readonly server:
    | (Pick<ServerState, 'pid' | 'startedAt'> & { readonly url: string; readonly engine: string })
    | null;
  /** Every model the server has, loaded or not. */
  readonly models: readonly RouterModel[];
  /** Whether the server answered; it may run and be stuck. */
  readonly answers: boolean;
}

/**
 * The background server: one llama-server in router mode, found again by its state file. Nothing of
 * ours stays resident; every call looks at what is there.
 */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #stateFile: string;
  readonly #presetsFile: string;
  readonly #settingsFile: string;

  constructor(options: ModelServerOptions) {
    this.#options = options;
    this.#stateFile = path.join(options.runFolder, 'server.json');
    this.#presetsFile = path.join(options.runFolder, 'presets.ini');
    this.#settingsFile = path.join(options.runFolder, 'load-settings.json');
  }

  /**
   * Starts the server unless it runs, and waits until it answers. Of several callers at once one
   * starts it and the others wait.
   *
   * @throws LlameroError ENGINE_MISSING, ENGINE_UNUSABLE, PORT_TAKEN, SERVER_START_FAILED
   */
  async start(options: CallOptions = {}): Promise<ServerState> {
    return this.#locked('starting the server', options, async () =>
      this.#ensure(await this.#presets(), options),
    );
  }

  /**
   * Makes a stored model ready for requests: server started, list of models up to date, model
   * loaded.
   *
   * @param settings load settings that were asked for now; where they differ from those the model
   *   runs with it is loaded again. They hold until the model is stopped. Without any, a loaded
   *   model is left as it is.
   * @throws LlameroError as {@link start}; MODEL_NOT_FOUND, MODEL_LOAD_FAILED with the reason
   */
  async load(ref: string, settings: LoadSettings, options: CallOptions = {}): Promise<ReadyModel> {
    const address = await this.#locked(`preparing ${ref}`, options, async () => {
      const all = await readRunSettings(this.#settingsFile);
      const wanted = withSettings(all, ref, settings);
      const presets = await this.#presets(wanted);
      requireInPresets(presets, ref);
      if (Object.keys(settings).length > 0) await writeRunSettings(this.#settingsFile, wanted);
      return this.#ensure(presets, options);
    });
    let model: RouterModel;
    try {
      model = await loadModel({
        address,
        ref,
        logFile: this.#options.logFile,
        signal: options.signal,
        onLoading: (progress) => options.onEvent?.({ type: 'loading', ref, progress }),
      });
    } catch (error) {
      // Settings with which it does not load must not stand in the way of the next attempt.
      if (error instanceof LlameroError && error.code === 'MODEL_LOAD_FAILED') {
        await this.#locked(`forgetting the settings of ${ref}`, {}, () => this.#forget(ref));
      }
      throw error;
    }
    return { ...model, address: { host: address.host, port: address.port } };
  }

  /**
   * Unloads a model and forgets the load settings it was run with.
   *
   * @returns false when it was not loaded
   */
  async unload(ref: string, options: CallOptions = {}): Promise<boolean> {
    return this.#locked(`unloading ${ref}`, options, async () => {
      await this.#forget(ref);
      const state = await readLiveState(this.#stateFile);
      if (state?.models.includes(ref) !== true) return false;
      return unloadModel(state, ref, options.signal);
    });
  }

  /**
   * Ends the server with all its models. No process of it is left afterwards.
   *
   * @returns false when none ran
   */
  async stop(options: CallOptions = {}): Promise<boolean> {
    return this.#locked('stopping the server', options, async () => {
      const state = await readLiveState(this.#stateFile);
      if (state !== undefined) await terminateRouter(state, this.#options.stopTimeoutSeconds);
      await writeRunSettings(this.#settingsFile, {});
      await removeState(this.#stateFile);
      return state !== undefined;
    });
  }

  /** What runs now. Changes nothing and starts nothing. */
  async status(options: CallOptions = {}): Promise<ServerStatus> {
    const state = await readLiveState(this.#stateFile);
    if (state === undefined) return { server: null, models: [], answers: false };
    const server = {
      pid: state.pid,
      startedAt: state.startedAt,
      url: serverUrl(state),
      engine: describeEngine(state.engine),
    };
    if (!(await answers(state, options.signal))) return { server, models: [], answers: false };
    const models = await listModels(state, { signal: options.signal });
    return { server, models, answers: true };
  }

  /**
   * The references of the models that take memory now or are about to. None when nothing runs or
   * answers.
   */
  async loadedModels(options: CallOptions = {}): Promise<string[]> {
    const { models } = await this.status(options);
    return models.filter(({ state }) => isActive(state)).map(({ ref }) => ref);
  }

  #locked<T>(purpose: string, { signal }: CallOptions, work: () => Promise<T>): Promise<T> {
    const lockFile = path.join(this.#options.runFolder, 'server.lock');
    return withLock(lockFile, { purpose, signal }, work);
  }

  /** Drops the load settings that a model was run with. The lock is held. */
  async #forget(ref: string): Promise<void> {
    const all = await readRunSettings(this.#settingsFile);
    if (ref in all) await writeRunSettings(this.#settingsFile, withoutSettings(all, ref));
  }

  async #presets(runSettings?: Awaited<ReturnType<typeof readRunSettings>>): Promise<Presets> {
    const { engine, models, settings } = this.#options;
    const ofRuns = runSettings ?? (await readRunSettings(this.#settingsFile));
    const complete = (await models()).filter(({ state }) => state === 'complete');
    const { flags } = await engine();
    return buildPresets(
      complete.map((model) => ({ model, settings: { ...settings, ...ofRuns[model.ref] } })),
      flags,
    );
  }

  /** The running server with these presets; started when there is none. The lock is held. */
  async #ensure(presets: Presets, options: CallOptions): Promise<ServerState> {
    const state = await readLiveState(this.#stateFile);
    if (state === undefined) return this.#startAnew(presets, options);
    // The one who started it may have been killed before it was ready.
    await waitUntilReady({
      address: state,
      logFile: this.#options.logFile,
      timeoutSeconds: this.#options.startTimeoutSeconds,
      hasEnded: async () => (await processIdentity(state.pid)) !== state.identity,
      signal: options.signal,
    });
    const digest = digestOf(presets);
    if (digest === state.presets) return state;
    await writeFileAtomic(this.#presetsFile, presets.text, 0o600);
    await listModels(state, { reload: true, signal: options.signal });
    const current = { ...state, models: [...presets.refs], presets: digest };
    await writeState(this.#stateFile, current);
    return current;
  }

  async #startAnew(presets: Presets, { onEvent, signal }: CallOptions): Promise<ServerState> {
    const { address, environment, logFile, modelsMax, runFolder, startTimeoutSeconds } =
      this.#options;
    if ((await readState(this.#stateFile)) !== undefined) onEvent?.({ type: 'found dead' });
    const engine = await this.#options.engine();
    await requireFreePort(address);
    await writeFileAtomic(this.#presetsFile, presets.text, 0o600);
    onEvent?.({ type: 'starting', engine: describeEngine(engine) });
    const router = await launchRouter({
      ...address,
      engine,
      presetsFile: this.#presetsFile,
      logFile,
      cacheFolder: path.join(runFolder, 'no-models'),
      modelsMax,
      environment,
    });
    const state: ServerState = {
      pid: router.pid,
      identity: router.identity,
      startedAt: new Date().toISOString(),
      ...address,
      engine: {
        command: [...engine.command],
        ...(engine.build === undefined ? {} : { build: engine.build }),
        ...(engine.version === undefined ? {} : { version: engine.version }),
      },
      models: [...presets.refs],
      presets: digestOf(presets),
    };
    try {
      // Written before it is ready, so that a server whose starter is killed now is found again.
      await writeState(this.#stateFile, state);
      await waitUntilReady({
        address,
        logFile,
        timeoutSeconds: startTimeoutSeconds,
        hasEnded: () => router.hasEnded(),
        signal,
      });
    } catch (error) {
      await terminateRouter(router);
      await removeState(this.#stateFile);
      throw error;
    }
    router.release();
    onEvent?.({ type: 'started', url: serverUrl(address) });
    return state;
  }
}

function digestOf(presets: Presets): string {
  return createHash('sha256').update(presets.text).digest('hex');
}

function requireInPresets(presets: Presets, ref: string): void {
  if (presets.refs.includes(ref)) return;
  const refused = presets.refused.find((entry) => entry.ref === ref);
  if (refused !== undefined) {
    throw new LlameroError('MODEL_LOAD_FAILED', `${ref} cannot be loaded: ${refused.reason}`, {
      hint: 'Correct the setting or the path; `llamero config list` and `llamero list --json` show them',
    });
  }
  throw new LlameroError('MODEL_NOT_FOUND', `${ref} is not stored on this machine`, {
    hint: `Fetch it with \`llamero pull ${ref}\``,
  });
}
