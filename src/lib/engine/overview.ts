import type { Environment } from '../config/environment.ts';
import { LlameroError } from '../errors.ts';
import { type InstalledBuild, readBuilds } from './builds.ts';
import { type EngineCandidate, findEngine, type FindOptions, otherEngines } from './find.ts';
import { probeEngine } from './probe.ts';

/** One engine of this machine. */
export interface EngineEntry {
  readonly origin: EngineCandidate['origin'];
  /** The program. */
  readonly path: string;
  /** The one that models are run with. */
  readonly used: boolean;
  readonly build?: number;
  readonly version?: string;
  /** Of an installed build: `b11669-cuda`. */
  readonly name?: string;
  readonly backend?: string;
  /** ISO 8601. */
  readonly installedAt?: string;
  /** Whether `engine rollback` goes back to it. */
  readonly previous?: boolean;
  /** Why it cannot be used, where it cannot. */
  readonly problem?: string;
}

/** The engines of this machine. */
export interface EngineOverview {
  readonly engines: readonly EngineEntry[];
  /** The build that updates stay at. */
  readonly pinned?: number;
}

/** What a look at the engines takes. */
export interface OverviewOptions extends FindOptions {
  readonly environment: Environment;
  /** What engines said when they were asked before. */
  readonly cacheFile: string;
  readonly signal: AbortSignal;
}

/**
 * Every engine on this machine: the installed builds as they are recorded, the others as they
 * describe themselves.
 *
 * @throws LlameroError ENGINE_MISSING when the one that the user named is not there
 */
export async function surveyEngines(options: OverviewOptions): Promise<EngineOverview> {
  const { binFolder, platform } = options;
  const { installed, pinned, previous } = await readBuilds(binFolder, platform);
  const used = await usedProgram(options);
  const engines = installed.map((build) => ({
    ...describeBuild(build),
    used: build.program === used,
    ...(build.name === previous?.name ? { previous: true } : {}),
  }));
  const others: EngineEntry[] = [];
  for (const candidate of await otherEngines(options)) {
    if (others.some(({ path }) => path === candidate.command[0])) continue;
    others.push({ ...(await ask(candidate, options)), used: candidate.command[0] === used });
  }
  return { engines: [...engines, ...others], ...(pinned === undefined ? {} : { pinned }) };
}

function describeBuild({ backend, build, facts, name, program }: InstalledBuild) {
  return {
    origin: 'installed' as const,
    path: program,
    build,
    name,
    backend,
    ...(facts === undefined ? {} : { installedAt: facts.installedAt }),
  };
}

async function usedProgram(options: FindOptions): Promise<string | undefined> {
  try {
    return (await findEngine(options)).command[0];
  } catch (error) {
    const isNone = error instanceof LlameroError && error.code === 'ENGINE_MISSING';
    if (isNone && options.named === undefined) return undefined;
    throw error;
  }
}

async function ask(
  candidate: EngineCandidate,
  { cacheFile, environment, signal }: OverviewOptions,
): Promise<Omit<EngineEntry, 'used'>> {
  const { command, origin } = candidate;
  try {
    const { build, version } = await probeEngine(candidate, { cacheFile, environment, signal });
    return {
      origin,
      path: command[0],
      ...(build === undefined ? {} : { build }),
      ...(version === undefined ? {} : { version }),
    };
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'ENGINE_UNUSABLE') throw error;
    return { origin, path: command[0], problem: error.message };
  }
}
