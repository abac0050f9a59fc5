import { addressOf } from './api-key.ts';
import { requestLoad } from './load.ts';
import {
  type RunSettings,
  readRunSettings,
  withSettings,
  writeRunSettings,
} from './load-settings.ts';
import { makeRoom } from './make-room.ts';
import { isActive, listModels } from './models.ts';
import type { LoadSettings, Presets } from './presets.ts';
import type { ServerState } from './state.ts';
import type {
  LoadModelOptions,
  ModelServerAddress,
  ModelServerOptions,
  ServerFiles,
} from './types.ts';
import { requireInPresets, wantedPresets } from './wanted.ts';

/** A model that is wanted, and the server that is to load it. */
export interface PrepareRequest extends LoadModelOptions {
  readonly server: ModelServerOptions;
  readonly files: ServerFiles;
  /** Starts the server unless it runs, and gives it a list of presets. */
  readonly ensure: (presets: Presets) => Promise<ServerState>;
  readonly ref: string;
  /** What was asked for now. */
  readonly settings: LoadSettings;
}

/** Where the model will be, and whether the server was told to load it. */
export interface Prepared {
  readonly address: ModelServerAddress;
  readonly asked: boolean;
}

/**
 * Brings the server to the point where it loads a model: it runs, has the model with its settings
 * in its list, and there is room. One that is loaded or being loaded is left as it is. The server's
 * lock is held, so that two who come at once do not both count on the same free memory.
 *
 * @throws LlameroError as the start of a server; MODEL_NOT_FOUND, MODEL_LOAD_FAILED, MEMORY_SHORT
 */
export async function prepareLoad(request: PrepareRequest): Promise<Prepared> {
  const { files, onEvent, ref, server, settings, signal } = request;
  const before = await readRunSettings(files.settings);
  const runs = withSettings(before, ref, settings);
  const address = await putInList(request, runs);
  const running = await listModels(address, { signal });
  const model = running.find((entry) => entry.ref === ref);
  if (model === undefined || isActive(model.state) || model.state === 'downloading') {
    return { address, asked: false };
  }
  let adjust: LoadSettings;
  try {
    adjust = await makeRoom({ ...request, server, address, running, runs });
  } catch (error) {
    // What does not fit must not stand in the way of the next attempt.
    await writeRunSettings(files.settings, before);
    throw error;
  }
  if (Object.keys(adjust).length > 0) {
    onEvent?.({ type: 'adjusted', ref, settings: adjust });
    await putInList(request, withSettings(runs, ref, adjust));
  }
  onEvent?.({ type: 'loading', ref, progress: undefined });
  await requestLoad(address, model.id, signal);
  return { address, asked: true };
}

async function putInList(
  { ensure, files, ref, server }: PrepareRequest,
  runs: RunSettings,
): Promise<ModelServerAddress> {
  const presets = await wantedPresets(server, runs);
  requireInPresets(presets, ref);
  if (Object.keys(runs[ref] ?? {}).length > 0) await writeRunSettings(files.settings, runs);
  return addressOf(await ensure(presets));
}
