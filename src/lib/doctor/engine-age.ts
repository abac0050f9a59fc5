import { type InstalledBuild, readBuilds } from '../engine/builds.ts';
import { readBuildTag, releaseAnswer, releaseListAnswer } from '../engine/release-answer.ts';
import { createAnswerCache } from '../engine/release-cache.ts';
import type { Channel } from '../engine/releases.ts';
import { formatAge } from '../format.ts';
import type { Finding } from './types.ts';

/** llama.cpp has a stable version every week or two, and new models need a new one. */
const OLD_DAYS = 90;
const DAY_MS = 86_400_000;

/** What is looked at. */
export interface EngineAgeOptions {
  readonly binFolder: string;
  readonly platform: NodeJS.Platform;
  /** Where answers about releases are kept. */
  readonly cacheFile: string;
  readonly channel: Channel;
  readonly now: Date;
}

/**
 * Whether the installed build is behind what is known of llama.cpp's releases. Asks nobody: only
 * `llamero update` learns of new ones.
 */
export async function checkEngineAge(options: EngineAgeOptions): Promise<Finding[]> {
  const id = 'engine-age';
  const { current, pinned } = await readBuilds(options.binFolder, options.platform);
  if (current === undefined) return [];
  const newest = await newestKnown(options.cacheFile, options.channel);
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
  if (options.now.getTime() - installed.getTime() < OLD_DAYS * DAY_MS) return [];
  return [
    {
      id,
      severity: 'note',
      message: `b${current.build} of llama.cpp was installed ${formatAge(installed, options.now)}; new models may need a newer one`,
      fix: 'llamero update --check',
    },
  ];
}

function installedAt({ facts }: InstalledBuild): Date | undefined {
  return facts === undefined ? undefined : new Date(facts.installedAt);
}

/** The newest build of a channel that was heard of; a list of builds is for the nightly one alone. */
async function newestKnown(file: string, channel: Channel): Promise<number | undefined> {
  const builds: number[] = [];
  for (const { body } of await createAnswerCache(file).all()) {
    const one = releaseAnswer.safeParse(body).data;
    const listed = channel === 'nightly' ? (releaseListAnswer.safeParse(body).data ?? []) : [];
    for (const { draft, tag_name: tag } of one === undefined ? listed : [one]) {
      const build = readBuildTag(tag);
      if (build !== undefined && !draft) builds.push(build);
    }
  }
  return builds.length === 0 ? undefined : Math.max(...builds);
}
