import { LlameroError } from '../errors.ts';
import { unloadModel } from './load.ts';
import type { LoadedModel, MemoryPlan } from './memory/types.ts';
import type { RunSettings } from './load-settings.ts';
import type { RouterModel } from './models.ts';
import type { LoadSettings } from './presets.ts';
import { requestsOf } from './slots.ts';
import type { LoadModelOptions, ModelServerAddress, ModelServerOptions } from './types.ts';
import { settingsOf } from './wanted.ts';

/** A model that is about to be loaded, and those that are there. */
export interface RoomRequest extends LoadModelOptions {
  readonly server: ModelServerOptions;
  readonly address: ModelServerAddress;
  readonly ref: string;
  /** The router's list of models. */
  readonly running: readonly RouterModel[];
  readonly runs: RunSettings;
}

/**
 * Sees to it that there is memory for a model: the idle ones that the plan names are unloaded.
 *
 * @returns settings with which it has to be loaded so that it fits; none where it fits as it is
 * @throws LlameroError MEMORY_SHORT with what would fit, unless it is to be tried all the same
 */
export async function makeRoom(request: RoomRequest): Promise<LoadSettings> {
  const { force, onEvent, ref, runs, server, signal } = request;
  const model = (await server.models()).find((entry) => entry.ref === ref);
  if (server.planMemory === undefined || model === undefined) return {};
  const loaded = await loadedModels(request);
  const question = { model, engine: await server.engine(), loaded, signal };
  const settings = settingsOf(server, model, runs);
  const asItIs = await server.planMemory({ ...question, settings });
  if (asItIs === undefined) return {};
  const adjust = asItIs.fits || force === true ? {} : (asItIs.adjust ?? {});
  const plan =
    Object.keys(adjust).length === 0
      ? asItIs
      : ((await server.planMemory({ ...question, settings: { ...settings, ...adjust } })) ??
        asItIs);
  onEvent?.({ type: 'memory', ref, line: plan.line });
  if (!plan.fits && force !== true) throw memoryShort(ref, plan);
  await unloadIdle(request, plan, loaded);
  return adjust;
}

async function unloadIdle(
  request: RoomRequest,
  { unload }: MemoryPlan,
  loaded: readonly LoadedModel[],
): Promise<void> {
  const { address, onEvent, ref, signal } = request;
  const idle = new Set(loaded.filter(({ busy }) => !busy).map((entry) => entry.model.ref));
  for (const other of unload) {
    // Somebody may have begun to use it while the plan was made.
    if (!idle.has(other) || (await isBusy(request, other))) continue;
    onEvent?.({ type: 'unloading', ref: other, for: ref });
    await unloadModel(address, other, signal);
  }
}

function memoryShort(ref: string, { advice, line }: MemoryPlan): LlameroError {
  return new LlameroError('MEMORY_SHORT', `${ref} does not fit into memory: ${line}`, {
    hint: [...advice, 'With --force it is tried all the same'].join('\n'),
  });
}

async function loadedModels(request: RoomRequest): Promise<LoadedModel[]> {
  const { ref, running, runs, server } = request;
  const stored = await server.models();
  const loaded: LoadedModel[] = [];
  for (const entry of running) {
    // A sleeping one has given its memory back.
    if (entry.ref === ref || (entry.state !== 'loaded' && entry.state !== 'loading')) continue;
    const model = stored.find((one) => one.ref === entry.ref);
    if (model === undefined) continue;
    const busy = entry.state === 'loading' || (await isBusy(request, entry.ref));
    const settings = settingsOf(server, model, runs);
    loaded.push({ model, settings, busy, contextSize: entry.contextSize });
  }
  return loaded;
}

async function isBusy({ address, running, signal }: RoomRequest, ref: string): Promise<boolean> {
  const id = running.find((entry) => entry.ref === ref)?.id;
  // Who does not tell is left alone.
  return id === undefined || (await requestsOf(address, id, signal)) !== 0;
}
