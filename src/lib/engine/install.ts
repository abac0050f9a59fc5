import { rm } from 'node:fs/promises';
import path from 'node:path';

import type { Environment } from '../config/environment.ts';
import type { Downloader } from '../download/downloader.ts';
import type { DownloadEvent } from '../download/types.ts';
import { LlameroError } from '../errors.ts';
import { onDisk, requireSpace } from '../files.ts';
import type { LockHolder } from '../lock.ts';
import { takeCompanion, unpackCompanion, unpackEngine } from './assemble.ts';
import {
  type BuildPart,
  type InstalledBuild,
  changeBuilds,
  makeCurrent,
  nameBuild,
  newUnfinishedFolder,
  readBuilds,
} from './builds.ts';
import type { ReleaseAsset } from './choose-asset.ts';
import { fetchAsset } from './fetch-asset.ts';
import { probeEngine } from './probe.ts';
import { downloadsFolder, removeOldBuilds } from './prune.ts';
import { isAboutModel, loadProblem, type TrialStep, tryBuild } from './trial.ts';
import { describePlan, type UpdatePlan } from './update-plan.ts';

/** A release unpacks to about four times its size. */
const UNPACKED_FACTOR = 4;

/** What happens during an installation, for whoever draws it. */
export type InstallEvent =
  | { readonly type: 'waiting'; readonly holder: LockHolder }
  | { readonly type: 'download'; readonly asset: ReleaseAsset; readonly event: DownloadEvent }
  /** No byte of it moves: a build that is here has it. */
  | { readonly type: 'shared'; readonly asset: ReleaseAsset }
  | { readonly type: 'unpacking'; readonly asset: ReleaseAsset }
  | { readonly type: 'trying'; readonly step: TrialStep }
  /** The model would not load, and that is no fault of the build: the one in use fails as well. */
  | { readonly type: 'model at fault'; readonly model: string; readonly reason: string }
  | { readonly type: 'removed'; readonly name: string };

/** What an installation works with. */
export interface InstallOptions {
  readonly binFolder: string;
  readonly downloader: Downloader;
  /** Files of models to try a build with, the smallest first. */
  readonly models: readonly string[];
  /** The folders of engines that run right now. */
  readonly foldersInUse: () => Promise<readonly string[]>;
  /** What the engine finds in its environment. */
  readonly environment: Environment;
  /** Bytes of the disk that stay free. */
  readonly reserve: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: InstallEvent) => void;
}

/**
 * Installs the build of a plan and makes it the one that is used: fetched, checked, unpacked, tried,
 * and only then switched to. Killed at any instant, or when anything fails, the build in use stays.
 *
 * @throws LlameroError ENGINE_UNUSABLE when it fails its trial; ARCHIVE_REFUSED, HASH_MISMATCH,
 *   DISK_FULL, NETWORK and what else a download throws
 */
export async function installBuild(
  plan: UpdatePlan,
  options: InstallOptions,
): Promise<InstalledBuild> {
  const { binFolder, onEvent, signal } = options;
  const lock = {
    purpose: `installing ${describePlan(plan)}`,
    signal,
    onWait: (holder: LockHolder) => onEvent({ type: 'waiting', holder }),
  };
  return changeBuilds(binFolder, lock, async () => {
    // Another llamero may have installed it while this one waited.
    const here = await findBuild(binFolder, plan.name);
    // It has loaded a model when it was installed; that it still runs is enough now.
    const works =
      here !== undefined && (await whyNot(plan, here, { ...options, models: [] })) === undefined;
    if (!works) await addBuild(plan, options);
    await makeCurrent(binFolder, plan.name, plan.pinned);
    await tidy(options);
    const build = await findBuild(binFolder, plan.name);
    if (build !== undefined) return build;
    throw new Error(`${plan.name} was installed and is gone again`);
  });
}

/** The build of a name among those installed. */
async function findBuild(binFolder: string, name: string): Promise<InstalledBuild | undefined> {
  return (await readBuilds(binFolder)).installed.find((build) => build.name === name);
}

async function addBuild(plan: UpdatePlan, options: InstallOptions): Promise<void> {
  const { binFolder } = options;
  const needed = plan.size * (1 + UNPACKED_FACTOR);
  requireSpace(binFolder, needed, options.reserve);
  const engine = await fetchPart(plan.engine, options);
  const work = await newUnfinishedFolder(binFolder);
  try {
    await onDisk(work, async () => {
      options.onEvent({ type: 'unpacking', asset: plan.engine });
      const { folder, part } = await unpackEngine(engine, work, options.signal);
      const companion = await addCompanion(plan, folder, work, options);
      const candidate = { folder, program: path.join(folder, programFile(part)) };
      const problem = await whyNot(plan, candidate, options);
      if (problem !== undefined) throw trialFailed(plan, problem);
      await nameBuild(binFolder, folder, plan.name, {
        tag: plan.release.tag,
        installedAt: new Date().toISOString(),
        engine: part,
        ...(companion === undefined ? {} : { companion }),
      });
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function programFile({ files }: BuildPart): string {
  return files.includes('llama-server.exe') ? 'llama-server.exe' : 'llama-server';
}

async function fetchPart(asset: ReleaseAsset, { binFolder, ...options }: InstallOptions) {
  const fetched = await fetchAsset(asset, {
    folder: downloadsFolder(binFolder),
    downloader: options.downloader,
    signal: options.signal,
    onEvent: (event) => options.onEvent({ type: 'download', asset, event }),
  });
  return { asset: asset.name, ...fetched };
}

async function addCompanion(
  { companion }: UpdatePlan,
  engineFolder: string,
  work: string,
  options: InstallOptions,
): Promise<BuildPart | undefined> {
  if (companion === undefined) return undefined;
  const { installed } = await readBuilds(options.binFolder);
  const shared = await takeCompanion(companion.digest, installed, engineFolder);
  if (shared !== undefined) {
    options.onEvent({ type: 'shared', asset: companion });
    return shared;
  }
  const fetched = await fetchPart(companion, options);
  options.onEvent({ type: 'unpacking', asset: companion });
  return unpackCompanion(fetched, work, engineFolder, options.signal);
}

/** Tries a build; why it cannot be used, or undefined. */
async function whyNot(
  { backend, current, release }: UpdatePlan,
  { folder, program }: Pick<InstalledBuild, 'folder' | 'program'>,
  { environment, models, onEvent, signal }: InstallOptions,
): Promise<string | undefined> {
  const trial = await tryBuild({
    program,
    folder,
    build: release.build,
    backend,
    models,
    environment,
    signal,
    onStep: (step) => onEvent({ type: 'trying', step }),
  });
  if (trial.ok) return undefined;
  const [model] = models;
  if (trial.step !== 'load' || model === undefined) return trial.reason;
  // A damaged model must not stand in the way of every update.
  const isModelAtFault =
    current === undefined
      ? isAboutModel(trial.reason)
      : await alsoFails(current, model, environment, signal);
  if (!isModelAtFault) return trial.reason;
  onEvent({ type: 'model at fault', model, reason: trial.reason });
  return undefined;
}

async function alsoFails(
  { folder, program }: InstalledBuild,
  model: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const candidate = { command: [program], folder, origin: 'installed' } as const;
    const { flags } = await probeEngine(candidate, { environment, signal });
    const options = { program, folder, environment, signal };
    return (await loadProblem(options, flags, model)) !== undefined;
  } catch (error) {
    // One that does not even run says nothing about the model.
    if (error instanceof LlameroError && error.code === 'ENGINE_UNUSABLE') return false;
    throw error;
  }
}

function trialFailed(plan: UpdatePlan, reason: string): LlameroError {
  const { backend, current } = plan;
  const kept =
    current === undefined
      ? 'Nothing was installed'
      : `Nothing was changed: ${current.name} is still used`;
  const other =
    backend === 'cpu' || backend === 'metal'
      ? 'An older build may do: `llamero update --version <build>`'
      : 'Another backend may do: `llamero update --backend cpu`; `llamero engine detect` shows what could run here';
  return new LlameroError('ENGINE_UNUSABLE', `${describePlan(plan)} failed its trial: ${reason}`, {
    hint: `${kept}.\n${other}`,
  });
}

/** Keeps the build in use, the one before it, and any that runs; downloads are done with. */
async function tidy({ binFolder, foldersInUse, onEvent }: InstallOptions): Promise<void> {
  const removed = await removeOldBuilds(binFolder, foldersInUse);
  for (const name of removed) onEvent({ type: 'removed', name });
}
