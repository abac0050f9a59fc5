import { LlameroError } from '../errors.ts';
import { type Backend, BACKEND_NAMES } from './backend.ts';
import { type InstalledBuild, readBuilds } from './builds.ts';
import { type AssetChoice, chooseAsset, type ReleaseAsset } from './choose-asset.ts';
import type { Machine } from './machine.ts';
import type { Channel, Release, Releases } from './releases.ts';

/** Which build is wanted. */
export interface UpdateRequest {
  readonly channel: Channel;
  readonly backend: Backend | 'auto';
  /** This build and no other; `latest` leaves a pinned one; without it a pinned one stays. */
  readonly version?: number | 'latest' | undefined;
}

/** What an update would do. */
export interface UpdatePlan {
  /** `b11669-cuda`. */
  readonly name: string;
  readonly release: Release;
  readonly backend: Backend;
  /** Why this backend, in one plain line. */
  readonly reason: string;
  readonly engine: ReleaseAsset;
  readonly companion?: ReleaseAsset;
  /** Newer releases that lack what this machine needs. */
  readonly skipped: readonly string[];
  /** The build that updates stay at once this is installed. */
  readonly pinned: number | undefined;
  /** `used`: it is the one in use. `installed`: it is here and only has to be switched to. */
  readonly state: 'used' | 'installed' | 'new';
  /** The build in use now. */
  readonly current: InstalledBuild | undefined;
  /** Bytes of the files of the release. */
  readonly size: number;
}

/** What a plan is made from. */
export interface PlanOptions {
  readonly binFolder: string;
  readonly machine: Machine;
  readonly releases: Releases;
  readonly signal: AbortSignal;
}

/**
 * Finds the build for this machine. Changes nothing.
 *
 * @throws LlameroError ENGINE_MISSING when there is no build for this machine; and what the list of
 *   releases throws
 */
export async function planUpdate(
  request: UpdateRequest,
  options: PlanOptions,
): Promise<UpdatePlan> {
  const { current, installed, pinned } = await readBuilds(options.binFolder);
  const version = request.version ?? pinned ?? 'latest';
  const { choice, release, skipped } = await find(request, version, options);
  const name = `${release.tag}-${choice.backend}`;
  const isHere = installed.some((build) => build.name === name);
  const { backend, companion, engine, reason } = choice;
  return {
    name,
    release,
    backend,
    reason,
    engine,
    ...(companion === undefined ? {} : { companion }),
    skipped,
    pinned: version === 'latest' ? undefined : version,
    state: current?.name === name ? 'used' : isHere ? 'installed' : 'new',
    current,
    size: engine.size + (companion?.size ?? 0),
  };
}

interface Found {
  readonly release: Release;
  readonly choice: Extract<AssetChoice, { kind: 'chosen' }>;
  readonly skipped: readonly string[];
}

async function find(
  { backend, channel }: UpdateRequest,
  version: number | 'latest',
  { machine, releases, signal }: PlanOptions,
): Promise<Found> {
  const choose = ({ assets, build }: Release): AssetChoice =>
    chooseAsset(machine, assets, { backend, build });
  const { release, skipped } =
    version === 'latest'
      ? // A machine that no release is made for will not be helped by an older one.
        await releases.newest(channel, (one) => choose(one).kind !== 'missing', { signal })
      : { release: await releases.tagged(version, { signal }), skipped: [] };
  const choice = choose(release);
  switch (choice.kind) {
    case 'chosen':
      return { release, choice, skipped };
    case 'missing':
      throw new LlameroError('ENGINE_MISSING', `${release.tag} has no ${choice.wanted}`, {
        hint: 'Take the newest that has it: `llamero update --version latest`, or another backend: `llamero update --backend cpu`',
      });
    case 'unsupported':
      throw new LlameroError('ENGINE_MISSING', choice.reason, { hint: choice.hint });
  }
}

/** A build in a few words: `llama.cpp b11669 (v0.7.0, CUDA)`. */
export function describePlan({ backend, release }: UpdatePlan): string {
  const stable = release.stable === undefined ? '' : `${release.stable}, `;
  return `llama.cpp ${release.tag} (${stable}${BACKEND_NAMES[backend]})`;
}
