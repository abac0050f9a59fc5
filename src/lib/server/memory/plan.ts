import type { Environment } from '../../config/environment.ts';
import { LlameroError, throwIfAborted } from '../../errors.ts';
import type { StoredModel } from '../../store/model.ts';
import { type RemoteQuant, adviceFor } from './advice.ts';
import { engineContext, largestContext, leastContext } from './context-choice.ts';
import { type Device, listDevices } from './devices.ts';
import { arithmetic } from './line.ts';
import { type LoadQuestion, loadQuestion } from './load-question.ts';
import { type MachineMemory, type MemorySystem, machineMemory } from './machine-memory.ts';
import { type Occupant, type Room, fitsIn, fitsOnGpu, roomNow, roomWithout } from './room.ts';
import type { LoadedModel, MemoryPlan, MemoryRequest, PlanMemory } from './types.ts';

/** What plans are made with. */
export interface MemoryPlannerOptions {
  readonly system: MemorySystem;
  /** What the engine finds in its environment when it is asked for its devices. */
  readonly environment: Environment;
  /** All models of the store, for a smaller quant. */
  readonly stored: () => Promise<readonly StoredModel[]>;
  /** The quants that a model's repository has, where that is known or may be asked. */
  readonly remoteQuants?: (
    model: StoredModel,
    signal: AbortSignal | undefined,
  ) => Promise<readonly RemoteQuant[]>;
}

const CONTEXT_STEP = 1024;

/** The room there would be after so many idle models are unloaded: the first is the room now. */
type Stages = readonly [Room, ...Room[]];

/** What a plan is judged by. */
interface Situation {
  readonly question: LoadQuestion;
  readonly machine: MachineMemory;
  readonly stages: Stages;
}

/** A way to load it: after so many unloads, at a context. */
interface Way {
  readonly unloads: number;
  readonly contextSize: number;
}

/**
 * Makes the plan whether a model fits into this machine's memory, and what makes room for it. It
 * reads headers, asks the system and asks the engine for its devices; it unloads nothing.
 */
export function createMemoryPlanner(options: MemoryPlannerOptions): PlanMemory {
  return async (request) => {
    const { engine, loaded, model, settings, signal } = request;
    const question = await loadQuestion(model, settings, engine.flags);
    if (question === undefined) return undefined;
    const [machine, devices, others] = await Promise.all([
      machineMemory(options.system),
      listDevices(engine, options.environment, signal),
      occupantsOf(loaded, request),
    ]);
    throwIfAborted(signal);
    const idle = others
      .filter(({ busy }) => !busy)
      .sort((one, other) => lastUse(one.model) - lastUse(other.model));
    const stages = stagesOf(question, machine, devices, others, idle);
    const situation = { question, machine, stages };
    const way = findWay(situation);
    if (way !== undefined) {
      return { ...report(situation, way), fits: true, unload: refsOf(idle, way), advice: [] };
    }
    return notFitting(request, options, situation, idle);
  };
}

interface OccupyingModel extends LoadedModel {
  readonly occupant: Occupant;
}

/** Those whose files cannot be read are left out: nothing can be said about them. */
async function occupantsOf(
  loaded: readonly LoadedModel[],
  { engine }: MemoryRequest,
): Promise<OccupyingModel[]> {
  const all = await Promise.all(
    loaded.map(async (entry) => {
      const question = await loadQuestion(entry.model, entry.settings, engine.flags);
      if (question === undefined) return [];
      // A context that is not known is taken for the least, so that no room is made up.
      const contextSize = entry.contextSize ?? question.contextSize ?? leastContext(question);
      return [{ ...entry, occupant: { question, contextSize } }];
    }),
  );
  return all.flat();
}

function stagesOf(
  question: LoadQuestion,
  machine: MachineMemory,
  devices: readonly Device[],
  others: readonly OccupyingModel[],
  idle: readonly OccupyingModel[],
): Stages {
  const now = roomNow(
    machine,
    devices.filter(({ id }) => question.deviceIds?.includes(id) ?? true),
    question.fit.margin,
    others.map(({ occupant }) => occupant),
  );
  let room = now;
  return [now, ...idle.map(({ occupant }) => (room = roomWithout(room, occupant, machine)))];
}

/**
 * The way that takes the fewest unloads, at the context that was asked for or the engine takes.
 * Where devices have no memory of their own the engine does not see what others hold, and takes a
 * context that is not worth another model: nothing is unloaded for it, a smaller one comes first.
 */
function findWay({ machine, question, stages }: Situation): Way | undefined {
  const hasGpu = stages[0].gpu !== undefined;
  const isGreedy = question.contextSize === undefined && (!hasGpu || stages[0].shared);
  const ways = (isGreedy ? stages.slice(0, 1) : stages).map((room, unloads) => {
    const contextSize = engineContext(question, room, machine.total);
    const estimate = question.estimate(contextSize);
    return {
      unloads,
      contextSize,
      fits: fitsIn(room, estimate, question),
      onGpu: fitsOnGpu(room, estimate, question),
    };
  });
  // An idle model must not push a working one off the GPU. What is too large for it in any case
  // gets all of it.
  const best = hasGpu ? (ways.find(({ fits, onGpu }) => fits && onGpu) ?? ways.at(-1)) : undefined;
  if (best?.fits === true) return best;
  return ways.find(({ fits }) => fits);
}

async function notFitting(
  request: MemoryRequest,
  options: MemoryPlannerOptions,
  situation: Situation,
  idle: readonly OccupyingModel[],
): Promise<MemoryPlan> {
  const { machine, question, stages } = situation;
  const adjusted = adjustedWay(situation);
  const unloads = adjusted?.unloads ?? stages.length - 1;
  const room = stages[unloads] ?? stages[0];
  const contextSize =
    adjusted === undefined && question.contextSize === undefined
      ? leastContext(question)
      : engineContext(question, room, machine.total);
  const way = { unloads, contextSize };
  const advice = adviceFor({
    model: request.model,
    question,
    contextSize,
    room,
    stored: await smallerStored(request, options, question),
    remote: await smallerRemote(request, options),
    busy: request.loaded.filter(({ busy }) => busy).map(({ model }) => model.ref),
  });
  return {
    ...report(situation, way),
    fits: false,
    unload: refsOf(idle, way),
    advice,
    ...(adjusted === undefined ? {} : { adjust: { 'ctx-size': adjusted.contextSize } }),
  };
}

/** With a smaller context than the engine would take, where nobody asked for one. */
function adjustedWay({ question, stages }: Situation): Way | undefined {
  if (question.contextSize !== undefined) return undefined;
  for (const [unloads, room] of stages.entries()) {
    const contextSize = largestContext(
      leastContext(question),
      question.fullContext,
      CONTEXT_STEP,
      (tokens) => fitsIn(room, question.estimate(tokens), question),
    );
    if (contextSize !== undefined) return { unloads, contextSize };
  }
  return undefined;
}

async function smallerStored(
  { engine, model, settings }: MemoryRequest,
  options: MemoryPlannerOptions,
  question: LoadQuestion,
): Promise<LoadQuestion[]> {
  const models = (await options.stored()).filter(
    (other) =>
      other.repo === model.repo &&
      other.ref !== model.ref &&
      other.state === 'complete' &&
      other.size < question.estimate(0).weights,
  );
  const questions = await Promise.all(
    models.map((other) => loadQuestion(other, settings, engine.flags)),
  );
  return questions.filter((other) => other !== undefined);
}

/** Offline, or with the hub out of order, there is no such advice. */
async function smallerRemote(
  { model, signal }: MemoryRequest,
  { remoteQuants }: MemoryPlannerOptions,
): Promise<readonly RemoteQuant[]> {
  if (remoteQuants === undefined) return [];
  try {
    return await remoteQuants(model, signal);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof LlameroError) return [];
    throw error;
  }
}

function report({ question, stages }: Situation, way: Way): Pick<MemoryPlan, 'line'> {
  const room = stages[way.unloads] ?? stages[0];
  return {
    line: arithmetic({
      question,
      estimate: question.estimate(way.contextSize),
      contextSize: way.contextSize,
      room,
      unloaded: way.unloads,
    }),
  };
}

function refsOf(idle: readonly OccupyingModel[], { unloads }: Way): string[] {
  return idle.slice(0, unloads).map(({ model }) => model.ref);
}

/** One that was never used counts as used when it was stored. */
function lastUse({ lastUsedAt, modifiedAt }: StoredModel): number {
  return (lastUsedAt ?? modifiedAt).getTime();
}
