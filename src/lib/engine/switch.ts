import type { Environment } from '../config/environment.ts';
import { LlameroError } from '../errors.ts';
import type { LockHolder } from '../lock.ts';
import { oneLine } from '../plain-text.ts';
import {
  type Builds,
  type InstalledBuild,
  changeBuilds,
  makeCurrent,
  readBuilds,
  removeBuilds,
} from './builds.ts';
import { tryBuild } from './trial.ts';

/** What a change of the build in use works with. */
export interface SwitchOptions {
  readonly binFolder: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly onWait?: ((holder: LockHolder) => void) | undefined;
}

/**
 * Makes an installed build the one that is used, when it still runs. A pin on another build is
 * dropped.
 *
 * @param text `b11669`, `11669`, `b11669-cuda`
 * @throws LlameroError ENGINE_NOT_INSTALLED, AMBIGUOUS, ENGINE_UNUSABLE
 */
export async function useBuild(text: string, options: SwitchOptions): Promise<InstalledBuild> {
  return change('choosing a build of llama.cpp', options, (builds) => {
    const build = matchBuild(builds, text);
    return switchTo(builds, build, options);
  });
}

/**
 * Goes back to the build that was used before.
 *
 * @throws LlameroError ENGINE_NOT_INSTALLED when there is none, ENGINE_UNUSABLE
 */
export async function rollBack(options: SwitchOptions): Promise<InstalledBuild> {
  return change('going back to the build before', options, (builds) => {
    if (builds.previous !== undefined) return switchTo(builds, builds.previous, options);
    throw new LlameroError('ENGINE_NOT_INSTALLED', 'There is no build to go back to', {
      hint: '`llamero engine list` shows what is installed; `llamero update --version <build>` installs an older one',
    });
  });
}

/**
 * Removes an installed build.
 *
 * @param foldersInUse the folders of engines that run right now
 * @throws LlameroError ENGINE_NOT_INSTALLED, AMBIGUOUS; ENGINE_IN_USE for the one that is used
 */
export async function removeBuild(
  text: string,
  foldersInUse: () => Promise<readonly string[]>,
  options: SwitchOptions,
): Promise<InstalledBuild> {
  return change('removing a build of llama.cpp', options, async (builds) => {
    const build = matchBuild(builds, text);
    if (build.name === builds.current?.name) {
      throw new LlameroError('ENGINE_IN_USE', `${build.name} is the build in use`, {
        hint: 'Use another one first: `llamero engine rollback`, `llamero engine use <build>` or `llamero update`',
      });
    }
    if ((await foldersInUse()).includes(build.folder)) {
      throw new LlameroError('ENGINE_IN_USE', `The server runs ${build.name}`, {
        hint: 'End it first: `llamero stop --all`',
      });
    }
    await removeBuilds(options.binFolder, [build.name]);
    return build;
  });
}

function change<T>(
  purpose: string,
  { binFolder, onWait, signal }: SwitchOptions,
  work: (builds: Builds) => Promise<T>,
): Promise<T> {
  return changeBuilds(binFolder, { purpose, signal, onWait }, async () =>
    work(await readBuilds(binFolder)),
  );
}

async function switchTo(
  { pinned }: Builds,
  build: InstalledBuild,
  { binFolder, environment, signal }: SwitchOptions,
): Promise<InstalledBuild> {
  const trial = await tryBuild({ ...build, models: [], environment, signal });
  if (!trial.ok) {
    throw new LlameroError(
      'ENGINE_UNUSABLE',
      `${build.name} does not run any more: ${trial.reason}`,
      {
        hint: `Nothing was changed. Install it anew: \`llamero engine remove ${build.name}\`, then \`llamero update --version b${build.build}\``,
      },
    );
  }
  await makeCurrent(binFolder, build.name, pinned === build.build ? pinned : undefined);
  return build;
}

/**
 * The installed build that a text names.
 *
 * @throws LlameroError ENGINE_NOT_INSTALLED, AMBIGUOUS
 */
function matchBuild({ installed }: Builds, text: string): InstalledBuild {
  const wanted = text.toLowerCase().replace(/^(?=\d)/u, 'b');
  const matches = installed.filter(({ build, name }) => name === wanted || `b${build}` === wanted);
  const [match, second] = matches;
  if (match !== undefined && second === undefined) return match;
  if (match !== undefined) {
    const names = matches.map(({ name }) => name).join(', ');
    throw new LlameroError(
      'AMBIGUOUS',
      `More than one installed build is ${oneLine(text)}: ${names}`,
      {
        hint: `Name one of them: \`${match.name}\``,
      },
    );
  }
  const names = installed.map(({ name }) => name).join(', ');
  const install = /^b\d+$/u.test(wanted)
    ? ` \`llamero update --version ${wanted}\` fetches it.`
    : '';
  throw new LlameroError('ENGINE_NOT_INSTALLED', `${oneLine(text)} is not installed`, {
    hint: `${names === '' ? 'Nothing is installed.' : `Installed: ${names}.`}${install}`,
  });
}
