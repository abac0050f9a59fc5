import { describeEngine, type Engine } from '../engine/engine.ts';
import { type EngineCandidate, findEngine, type FindOptions } from '../engine/find.ts';
import { probeEngine } from '../engine/probe.ts';
import { LlameroError } from '../errors.ts';
import { findingOf } from './diagnose.ts';
import type { Finding } from './types.ts';

const id = 'engine';

const ORIGINS = {
  environment: 'named by LLAMERO_LLAMA_SERVER',
  config: 'named by server.llama-server',
  installed: 'installed',
  path: 'on PATH',
} as const satisfies Record<EngineCandidate['origin'], string>;

/** How the engine is looked for. */
export interface EngineOptions {
  readonly search: FindOptions;
  readonly signal: AbortSignal;
}

/**
 * Finds the engine that models are run with and asks it what it can do. What it said before counts
 * for nothing, and what it says now is not kept.
 *
 * @throws LlameroError ENGINE_MISSING, ENGINE_UNUSABLE
 */
export async function openEngine({ search, signal }: EngineOptions): Promise<Engine> {
  return probeEngine(await findEngine(search), { signal });
}

/** Whether there is an engine, and whether it runs. */
export async function checkEngine(
  open: () => Promise<Engine>,
  named: FindOptions['named'],
): Promise<Finding[]> {
  try {
    const engine = await open();
    const message = `${describeEngine(engine)}, ${ORIGINS[engine.origin]}: ${engine.command[0]}`;
    return [{ id, severity: 'ok', message }];
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode !== 9) throw error;
    // The one that was named goes before any other, whatever is installed.
    const unset =
      named?.origin === 'environment'
        ? `unset ${named.by}`
        : 'llamero config unset server.llama-server';
    return [findingOf(id, error, named === undefined ? 'llamero update' : unset)];
  }
}
