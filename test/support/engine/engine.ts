import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { withLock } from '../../../src/lib/lock.ts';
import { assembleEngine, packageRoot, runUnpacked } from './assemble.ts';
import { fetchPackages } from './debian-packages.ts';
import { folderNames } from './folder-names.ts';
import type { TestEngine } from './probe.ts';
import { buildNumber, findOnPath, probeFolder, probeOnPath } from './probe.ts';

export type { TestEngine } from './probe.ts';

/** How the engine of the tests is found. */
export interface EnsureEngineOptions {
  /** `LLAMERO_TEST_ENGINE`, `LLAMERO_TEST_CACHE` and `PATH` are read; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told in one line each what takes time: waiting, fetching, unpacking. */
  readonly onProgress?: (line: string) => void;
}

const PROJECT_ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LOCK_WAIT_SECONDS = 300;

/**
 * The real llama.cpp that the tests run on, fetched when it is not there yet. In this order: the
 * folder `LLAMERO_TEST_ENGINE`; the cache (`LLAMERO_TEST_CACHE`, else `.cache` in the project);
 * the packages of Debian or Ubuntu, which then stay in the cache; the programs on `PATH`.
 * Processes that ask at the same time wait for the one that fetches.
 *
 * @throws Error that says all that was tried: a test without its engine fails, it never skips
 */
export async function ensureEngine(options: EnsureEngineOptions = {}): Promise<TestEngine> {
  // oxlint-disable-next-line node/no-process-env -- the default of a tool that only tests use
  const environment = options.environment ?? process.env;
  const onProgress = options.onProgress ?? (() => undefined);

  const chosen = environment['LLAMERO_TEST_ENGINE'];
  if (chosen !== undefined && chosen !== '') {
    try {
      return await probeFolder(path.resolve(chosen));
    } catch (error) {
      throw failure([`the folder of LLAMERO_TEST_ENGINE: ${reasonOf(error)}`]);
    }
  }

  const searchPath = environment['PATH'] ?? '';
  // An empty variable counts as none, as everywhere in shells.
  const cacheRoot = environment['LLAMERO_TEST_CACHE'] || path.join(PROJECT_ROOT, '.cache');
  const cache = path.join(path.resolve(cacheRoot), 'engine');
  const refusals: string[] = [];
  const ready = await newestInCache(cache, (refusal) => refusals.push(refusal));
  if (ready !== undefined) return ready;

  const tried = [`the cache ${cache}: ${refusals.join('\n') || 'it is empty'}`];
  try {
    return await withLock(
      path.join(cache, 'engine.lock'),
      {
        purpose: 'fetching llama.cpp for the tests',
        waitSeconds: LOCK_WAIT_SECONDS,
        onWait: (holder) =>
          onProgress(`Waiting for process ${holder.pid}, which is ${holder.purpose}`),
      },
      async () =>
        (await newestInCache(cache)) ?? (await fetchIntoCache(cache, searchPath, onProgress)),
    );
  } catch (error) {
    tried.push(`the packages of Debian or Ubuntu: ${reasonOf(error)}`);
  }

  try {
    return await probeOnPath(searchPath);
  } catch (error) {
    tried.push(`the programs on PATH: ${reasonOf(error)}`);
  }
  throw failure(tried);
}

function failure(tried: readonly string[]): Error {
  return new Error(
    [
      'No llama.cpp to test with. Tried:',
      ...tried.map((line) => `  - ${line.replaceAll('\n', '\n    ')}`),
      'Install llama-server, llama-quantize and llama-gguf-split on PATH, or name their folder in LLAMERO_TEST_ENGINE.',
    ].join('\n'),
  );
}

async function fetchIntoCache(
  cache: string,
  searchPath: string,
  onProgress: (line: string) => void,
): Promise<TestEngine> {
  if (process.platform !== 'linux') throw new Error(`there are none for ${process.platform}`);
  const architecture = (await execa('dpkg', ['--print-architecture'])).stdout.trim();
  // Only a failed or finished job of ours can have left these behind: the lock is held.
  await removeUnfinished(cache);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'unfinished-'));
  try {
    const patchelf = await findOnPath('patchelf', searchPath);
    const packages = packageRoot(
      await fetchPackages({
        workFolder: work,
        withPatchelf: patchelf === undefined,
        onProgress,
        aptFolder: '/etc/apt',
      }),
      architecture,
    );
    const build = buildNumber(
      (await runUnpacked(packages, path.join(packages.root, 'usr/bin/llama-server'), ['--version']))
        .all,
    );
    if (build === undefined) throw new Error('llama-server --version tells no build number');
    const folder = path.join(cache, `b${build}`);
    const assembled = path.join(work, `b${build}`);
    onProgress(`Assembling llama.cpp build ${build}`);
    await assembleEngine(packages, patchelf, assembled, folder);
    await rm(folder, { recursive: true, force: true });
    await rename(assembled, folder);
    return await probeFolder(folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function removeUnfinished(cache: string): Promise<void> {
  for (const name of await folderNames(cache)) {
    if (name.startsWith('unfinished-')) {
      await rm(path.join(cache, name), { recursive: true, force: true });
    }
  }
}

/** The newest build in the cache that runs: a cache that was moved holds folders that do not. */
async function newestInCache(
  cache: string,
  onRefusal: (refusal: string) => void = () => undefined,
): Promise<TestEngine | undefined> {
  const builds = (await folderNames(cache))
    .map((name) => Number(/^b(\d+)$/.exec(name)?.[1] ?? Number.NaN))
    .filter((build) => !Number.isNaN(build))
    .sort((one, other) => other - one);
  for (const build of builds) {
    try {
      return await probeFolder(path.join(cache, `b${build}`));
    } catch (error) {
      onRefusal(reasonOf(error));
    }
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
