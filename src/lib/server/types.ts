import path from 'node:path';

import type { Engine } from '../engine/engine.ts';
import type { StoredModel } from '../store/model.ts';
import type { KeySources } from './api-key.ts';
import type { Failure } from './failures.ts';
import type { Environment } from './launch.ts';
import type { PlanMemory } from './memory/types.ts';
import type { RouterModel } from './models.ts';
import type { LoadSettings } from './presets.ts';
import type { ServerAddress } from './request.ts';

/** What a server is made from. */
export interface ModelServerOptions {
  /** The folder for the state, the lock and the presets. */
  readonly runFolder: string;
  readonly logFile: string;
  /** Where a new server listens; one that runs is used where it is. */
  readonly address: ServerAddress;
  readonly modelsMax: number;
  /** Where the key for its clients comes from, if it asks for one. */
  readonly apiKey?: KeySources;
  readonly startTimeoutSeconds: number;
  /**
   * How long the server may take to end when it is asked to, before it is killed; 15 unless told.
   */
  readonly stopTimeoutSeconds?: number;
  /** The load settings of a model from the configuration. */
  readonly settingsFor: (model: StoredModel) => LoadSettings;
  /** Says whether there is room for a model; without it every model is tried. */
  readonly planMemory?: PlanMemory | undefined;
  readonly environment: Environment;
  readonly engine: () => Promise<Engine>;
  readonly models: () => Promise<readonly StoredModel[]>;
  /** Short names with the references of the models that have them. */
  readonly aliases?: () => Promise<ReadonlyMap<string, string>>;
}

/** What happens while a server starts and a model loads. */
export type ServerEvent =
  /** A server had ended without being asked to, and why. */
  | { readonly type: 'found dead'; readonly reason: string }
  /** Another llamero works on the server at this moment. */
  | { readonly type: 'waiting'; readonly purpose: string }
  | { readonly type: 'starting'; readonly engine: string }
  | { readonly type: 'started'; readonly url: string }
  /** How much memory a model needs, and of how much. */
  | { readonly type: 'memory'; readonly ref: string; readonly line: string }
  /** It is loaded with settings that nobody chose, because it would not fit otherwise. */
  | { readonly type: 'adjusted'; readonly ref: string; readonly settings: LoadSettings }
  /** An idle model makes room for another. */
  | { readonly type: 'unloading'; readonly ref: string; readonly for: string }
  | { readonly type: 'loading'; readonly ref: string; readonly progress: number | undefined };

/** How something is asked of the server. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
}

/** How a model is loaded. */
export interface LoadModelOptions extends CallOptions {
  /** Try it even if there is not enough memory. */
  readonly force?: boolean | undefined;
}

/** Where the server is reached, with the key it asks for. */
export type ModelServerAddress = ServerAddress & { readonly apiKey?: string };

/** A model that is ready for requests. */
export interface ReadyModel extends RouterModel {
  readonly address: ModelServerAddress;
}

/** A model of the server with what is known of it besides the router's own words. */
export interface ModelStatus extends RouterModel {
  /** Bytes of its files. */
  readonly size?: number;
  /** The part of weights and KV cache that lies in the memory of devices (GPUs), 0 to 1. */
  readonly deviceShare?: number;
  /** Requests that are worked on now. */
  readonly requests?: number;
  /** Seconds since its last request ended, of one that works on none. */
  readonly idleSeconds?: number;
  /** Seconds until it frees its memory if nobody asks it anything. */
  readonly unloadsInSeconds?: number;
  /** Why a failed one failed. */
  readonly failure?: Failure;
}

/** A server that runs. */
export interface RunningServer {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly url: string;
  readonly engine: string;
  readonly logFile: string;
  readonly modelsMax?: number;
  /** The file with the key that it asks its clients for. */
  readonly apiKeyFile?: string;
}

/** What runs, as far as it tells. */
export interface ServerStatus {
  readonly server: RunningServer | null;
  /** Every model the server has, loaded or not. */
  readonly models: readonly ModelStatus[];
  /** Whether the server answered; it may run and be stuck. */
  readonly answers: boolean;
  /** Why the last server ended, when nobody asked it to. */
  readonly ended?: Failure;
}

/** The files of the server's wing. */
export interface ServerFiles {
  readonly lock: string;
  readonly state: string;
  readonly presets: string;
  /** The load settings that were asked for on the command line. */
  readonly settings: string;
  /** The key that llamero made. */
  readonly apiKey: string;
}

/** Where the files of the server's wing lie. */
export function serverFiles(runFolder: string): ServerFiles {
  return {
    lock: path.join(runFolder, 'server.lock'),
    state: path.join(runFolder, 'server.json'),
    presets: path.join(runFolder, 'presets.ini'),
    settings: path.join(runFolder, 'load-settings.json'),
    apiKey: path.join(runFolder, 'api-key'),
  };
}
