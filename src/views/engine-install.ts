import path from 'node:path';

import type { Context } from '../lib/context.ts';
import type { InstalledBuild } from '../lib/engine/builds.ts';
import type { SwitchOptions } from '../lib/engine/switch.ts';
import type { UpdatePlan, UpdateRequest } from '../lib/engine/update-plan.ts';
import type { ServerState } from '../lib/server/state.ts';
import { formatDiskSize } from '../lib/format.ts';
import { EngineProgress } from './engine-progress.ts';

/** How many of the stored models a build is tried with at most. */
const TRIAL_MODELS = 2;

/** What a command may ask of an update. What is undefined is as the configuration says. */
export type EngineRequest = { readonly [K in keyof UpdateRequest]?: UpdateRequest[K] | undefined };

/** Finds the build of llama.cpp for this machine. */
export async function planEngine(context: Context, request: EngineRequest): Promise<UpdatePlan> {
  const [config, { planUpdate }] = await Promise.all([
    context.config(),
    import('../lib/engine/update-plan.ts'),
  ]);
  return planUpdate(
    {
      channel: request.channel ?? config.get('engine.channel'),
      backend: request.backend ?? config.get('engine.backend'),
      version: request.version,
    },
    {
      binFolder: context.paths.bin,
      machine: await context.machine(),
      releases: await context.releases(),
      signal: context.signal,
    },
  );
}

/** Installs the build of a plan and draws how it goes. */
export async function installEngine(context: Context, plan: UpdatePlan): Promise<InstalledBuild> {
  const [config, http, { createDownloader }, { installBuild }] = await Promise.all([
    context.config(),
    context.http(),
    import('../lib/download/downloader.ts'),
    import('../lib/engine/install.ts'),
  ]);
  const { environment, paths, signal, terminal } = context;
  const progress = await EngineProgress.create(terminal);
  const limitRate = config.get('pull.limit-rate');
  const downloader = createDownloader({
    http,
    signal,
    connections: config.get('pull.connections'),
    ...(limitRate === undefined || limitRate === 0 ? {} : { limitRate }),
  });
  try {
    return await installBuild(plan, {
      binFolder: paths.bin,
      downloader,
      models: await smallestModels(context),
      foldersInUse: () => foldersInUse(context),
      environment: await engineEnvironment(environment, paths.run),
      reserve: config.get('pull.reserve'),
      signal,
      onEvent: (event) => progress.handle(event),
    });
  } finally {
    await downloader.close();
    progress.stop();
  }
}

/** What a change of the installed builds takes. */
export async function switchOptions(context: Context): Promise<SwitchOptions> {
  const { environment, paths, signal, terminal } = context;
  return {
    binFolder: paths.bin,
    environment: await engineEnvironment(environment, paths.run),
    signal,
    onWait: ({ pid, purpose }) =>
      terminal.note(`Waiting for another llamero (process ${pid}), which is ${purpose}`),
  };
}

/** What would be installed, and how much is fetched for it. */
export function describeInstall(plan: UpdatePlan, name: string): string {
  return plan.state === 'new' ? `${name}, ${formatDiskSize(plan.size)}` : name;
}

/** The server that runs, as it was started. */
export async function runningServer({ paths }: Context): Promise<ServerState | undefined> {
  const { readLiveState } = await import('../lib/server/state.ts');
  return readLiveState(path.join(paths.run, 'server.json'));
}

/** The folders of engines that run right now. */
export async function foldersInUse(context: Context): Promise<string[]> {
  const program = (await runningServer(context))?.engine.command[0];
  return program === undefined ? [] : [path.dirname(program)];
}

async function engineEnvironment(environment: Context['environment'], runFolder: string) {
  const { routerEnvironment } = await import('../lib/server/launch.ts');
  return routerEnvironment(environment, path.join(runFolder, 'no-models'));
}

async function smallestModels(context: Context): Promise<string[]> {
  const { models } = await (await context.store()).survey();
  return models
    .filter(({ state }) => state === 'complete')
    .sort((one, other) => one.size - other.size)
    .slice(0, TRIAL_MODELS)
    .map((model) => model.path);
}
