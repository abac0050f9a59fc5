import { type InstalledBuild, readBuilds } from '../engine/builds.ts';
import type { FindOptions } from '../engine/find.ts';
import { type KnownReleases, newestKnown } from '../engine/known-release.ts';
import type { Channel } from '../engine/releases.ts';
import { formatAge } from '../format.ts';
import type { Finding } from './types.ts';

/** llama.cpp has a stable version every week or two, and new models need a new one. */
const OLD_DAYS = 90;
const DAY_MS = 86_400_000;

/** What is looked at. */
export interface EngineAgeOptions {
  /** How the engine is looked for. */
  readonly search: FindOptions;
  readonly releases: KnownReleases;
  readonly channel: Channel;
  readonly now: Date;
}

/**
 * Whether the installed build that is used is behind what is known of llama.cpp's releases. Asks
 * nobody: only `llamero update` learns of new ones.
 *
 * @throws LlameroError CONFIG_INVALID when the address of the releases is none
 */
export async function checkEngineAge(options: EngineAgeOptions): Promise<Finding[]> {
  const id = 'engine-age';
  const { channel, now, releases, search } = options;
  const newest = await newestKnown(releases, channel);
  const { broken, current, pinned } = await readBuilds(search.binFolder, search.platform);
  // A program that the user named goes before every build; one in place of another is told of
  // where the engine is looked at.
  if (search.named !== undefined || broken !== undefined || current === undefined) return [];
  if (newest !== undefined && newest > current.build) {
    const stays = pinned === undefined ? '' : `; updates stay at b${pinned}`;
    return [
      {
        id,
        severity: 'note',
        message: `b${newest} of llama.cpp is out, and b${current.build} is used${stays}`,
        fix: pinned === undefined ? 'llamero update' : 'llamero update --version latest',
      },
    ];
  }
  const installed = installedAt(current);
  if (installed === undefined || pinned !== undefined) return [];
  if (now.getTime() - installed.getTime() < OLD_DAYS * DAY_MS) return [];
  return [
    {
      id,
      severity: 'note',
      message: `b${current.build} of llama.cpp was installed ${formatAge(installed, now)}; new models may need a newer one`,
      fix: 'llamero update --check',
    },
  ];
}

function installedAt({ facts }: InstalledBuild): Date | undefined {
  return facts === undefined ? undefined : new Date(facts.installedAt);
}
