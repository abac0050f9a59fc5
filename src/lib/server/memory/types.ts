import type { Engine } from '../../engine/engine.ts';
import type { StoredModel } from '../../store/model.ts';
import type { LoadSettings } from '../presets.ts';

/** A model that takes memory now. */
export interface LoadedModel {
  readonly model: StoredModel;
  readonly settings: LoadSettings;
  /** Whether it is working on a request right now. */
  readonly busy: boolean;
  /** Tokens of context it runs with, where that is known. */
  readonly contextSize?: number | undefined;
}

/** A model that is about to be loaded. */
export interface MemoryRequest {
  readonly model: StoredModel;
  readonly settings: LoadSettings;
  readonly engine: Engine;
  readonly loaded: readonly LoadedModel[];
  readonly signal?: AbortSignal | undefined;
}

/** Whether there is room for it, and what makes room. */
export interface MemoryPlan {
  /** One line of arithmetic: weights + KV cache at a context + projector + compute = need, of free. */
  readonly line: string;
  readonly fits: boolean;
  /**
   * References of idle models to unload first, the one used longest ago first. Where it does not
   * fit: those to unload should it be tried all the same.
   */
  readonly unload: readonly string[];
  /** What would fit, where it does not: a line each, with a command where there is one. */
  readonly advice: readonly string[];
  /**
   * Settings that nobody chose and with which it fits, where it does not without: the context, of
   * which the engine would otherwise take more than there is memory for. A plan that is asked for
   * with these added fits.
   */
  readonly adjust?: LoadSettings;
}

/** Says whether a model fits. Throws nothing for a header it cannot read: `undefined`, the server decides. */
export type PlanMemory = (request: MemoryRequest) => Promise<MemoryPlan | undefined>;
