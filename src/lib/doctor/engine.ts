import { unsetLine } from '../config/shell-word.ts';
import { readBuilds } from '../engine/builds.ts';
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

/** Whether there is an engine, whether it runs, and whether it is the one that was chosen. */
export async function checkEngine(
  open: () => Promise<Engine>,
  search: FindOptions,
): Promise<Finding[]> {
  try {
    const engine = await open();
    const message = `${describeEngine(engine)}, ${ORIGINS[engine.origin]}: ${engine.command[0]}`;
    return [{ id, severity: 'ok', message }, ...(await brokenBuild(search))];
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode !== 9) throw error;
    return [findingOf(id, error, fixByAnother('llamero update', search))];
  }
}

/**
 * The command that gets another engine used: what installs it, or what unsets the one that was named,
 * which goes before any other, whatever is installed.
 */
export function fixByAnother(install: string, { named, platform }: FindOptions): string {
  if (named === undefined) return install;
  return named.origin === 'environment'
    ? unsetLine([named.by], platform)
    : 'llamero config unset server.llama-server';
}

/** A chosen build that is not whole any more is passed over, and nothing else says so. */
async function brokenBuild({ binFolder, named, platform }: FindOptions): Promise<Finding[]> {
  const { broken } = await readBuilds(binFolder, platform);
  if (broken === undefined || named !== undefined) return [];
  const message = `${broken} is the build to use, but its llama-server is gone or may not be run; another one is used in its place`;
  return [{ id, severity: 'warning', message, fix: 'llamero update' }];
}
