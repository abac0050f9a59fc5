import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { systemErrorCode } from '../errors.ts';
import {
  makeFolder,
  namesIn,
  onDisk,
  readTextIfExists,
  renameOver,
  writeFileAtomic,
} from '../files.ts';
import { type LockHolder, withLock } from '../lock.ts';
import { isExecutable, programName } from './executable.ts';

/** `b11669-cuda`: the folder of a build, and its name. */
const BUILD_NAME = /^b(?<build>\d{1,9})-(?<backend>[a-z]+)$/u;

const partSchema = z.object({
  /** The name of the release's file. */
  asset: z.string(),
  /** Hex; absent where the release tells none. */
  sha256: z.string().optional(),
  /** The files that came out of it, relative to the build's folder. */
  files: z.array(z.string()),
});

const buildSchema = z.object({
  /** The release's tag: `b11669`. */
  tag: z.string(),
  /** ISO 8601. */
  installedAt: z.iso.datetime(),
  engine: partSchema,
  /** The CUDA runtime that went into the same folder. */
  companion: partSchema.optional(),
});

const recordSchema = z.object({
  current: z.string().optional().catch(undefined),
  previous: z.string().optional().catch(undefined),
  /** The build that updates stay at. */
  pinned: z.int().positive().optional().catch(undefined),
  builds: z.record(z.string(), buildSchema.optional().catch(undefined)).catch({}),
});

type BuildsRecord = z.infer<typeof recordSchema>;

/** What came out of one archive. */
export type BuildPart = z.infer<typeof partSchema>;

/** Where a build came from. */
export type BuildFacts = z.infer<typeof buildSchema>;

/** A build of llama.cpp that lies in the folder of builds, whole and tried. */
export interface InstalledBuild {
  /** `b11669-cuda`. */
  readonly name: string;
  readonly build: number;
  /** A word of BACKENDS, or of a llamero to come. */
  readonly backend: string;
  readonly folder: string;
  /** Its llama-server. */
  readonly program: string;
  /** Absent when the record of it was lost. */
  readonly facts?: BuildFacts;
}

/** What is installed. */
export interface Builds {
  readonly current?: InstalledBuild;
  /** What was current before, and is gone back to. */
  readonly previous?: InstalledBuild;
  readonly pinned?: number;
  /** The name of the build that was to be used, where it is not whole any more. */
  readonly broken?: string;
  /** All, the newest first. */
  readonly installed: readonly InstalledBuild[];
}

/**
 * What is installed. The folders are the truth: one gets its name only when it is whole and was
 * tried. The record, `version.json`, says which of them is used; should it be lost or damaged, the
 * newest is.
 */
export async function readBuilds(
  binFolder: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Builds> {
  const record = await readRecord(binFolder);
  const installed: InstalledBuild[] = [];
  for (const name of await namesIn(binFolder)) {
    const parts = BUILD_NAME.exec(name)?.groups;
    const folder = path.join(binFolder, name);
    const program = path.join(folder, programName('llama-server', platform));
    if (parts === undefined || !(await isExecutable(program, platform))) continue;
    const facts = record.builds[name];
    installed.push({
      name,
      build: Number(parts['build']),
      backend: parts['backend'] ?? '',
      folder,
      program,
      ...(facts === undefined ? {} : { facts }),
    });
  }
  installed.sort((one, other) => other.build - one.build || one.name.localeCompare(other.name));
  const named = (name: string | undefined): InstalledBuild | undefined =>
    installed.find((build) => build.name === name);
  const current = named(record.current) ?? named(record.previous) ?? installed[0];
  const previous = named(record.previous);
  const chosen = BUILD_NAME.exec(record.current ?? '')?.[0];
  return {
    ...(current === undefined ? {} : { current }),
    ...(previous === undefined || previous === current ? {} : { previous }),
    ...(record.pinned === undefined ? {} : { pinned: record.pinned }),
    ...(chosen === undefined || named(chosen) !== undefined ? {} : { broken: chosen }),
    installed,
  };
}

/** Whose turn it is to change what is installed. */
export interface BuildsLockOptions {
  /** What is done, as others will read it. */
  readonly purpose: string;
  readonly signal: AbortSignal;
  readonly onWait?: ((holder: LockHolder) => void) | undefined;
}

/** Runs a change of what is installed alone, and first clears away what was left by a killed one. */
export async function changeBuilds<T>(
  binFolder: string,
  { onWait, purpose, signal }: BuildsLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = path.join(binFolder, '.lock');
  return withLock(lock, { purpose, signal, ...(onWait && { onWait }) }, async () => {
    await sweep(binFolder);
    return work();
  });
}

/**
 * Makes an empty folder beside the builds, to unpack into. It is cleared away by the next change
 * unless it becomes a build. To be called inside {@link changeBuilds}, as all that follow.
 */
export async function newUnfinishedFolder(binFolder: string): Promise<string> {
  const folder = path.join(binFolder, `.unfinished-${randomBytes(6).toString('hex')}`);
  await onDisk(folder, () => makeFolder(folder));
  return folder;
}

/** Gives a whole and tried folder its name. A broken one of the same name gives way. */
export async function nameBuild(
  binFolder: string,
  folder: string,
  name: string,
  facts: BuildFacts,
): Promise<void> {
  await onDisk(binFolder, async () => {
    await setAside(binFolder, name);
    await renameOver(folder, path.join(binFolder, name));
  });
  const record = await readRecord(binFolder);
  await writeRecord(binFolder, { ...record, builds: { ...record.builds, [name]: facts } });
}

/**
 * Makes an installed build the one that is used, in one step: whoever looks sees the one before or
 * this one.
 *
 * @param pinned the build that updates stay at from now on
 */
export async function makeCurrent(
  binFolder: string,
  name: string,
  pinned: number | undefined,
): Promise<void> {
  const { current } = await readBuilds(binFolder);
  const record = await readRecord(binFolder);
  const previous = current === undefined || current.name === name ? record.previous : current.name;
  await writeRecord(binFolder, { ...record, current: name, previous, pinned });
}

/** Removes builds with their records. */
export async function removeBuilds(binFolder: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { current } = await readBuilds(binFolder);
  const record = await readRecord(binFolder);
  await writeRecord(binFolder, {
    ...record,
    current: current?.name,
    previous: names.includes(record.previous ?? '') ? undefined : record.previous,
    builds: Object.fromEntries(
      Object.entries(record.builds).filter(([name]) => !names.includes(name)),
    ),
  });
  await onDisk(binFolder, async () => {
    for (const name of names) await setAside(binFolder, name);
    await sweep(binFolder);
  });
}

/** Moves a build's folder out of sight in one step; {@link sweep} takes it away. */
async function setAside(binFolder: string, name: string): Promise<void> {
  const aside = path.join(binFolder, `.removed-${randomBytes(6).toString('hex')}`);
  try {
    await renameOver(path.join(binFolder, name), aside);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

async function sweep(binFolder: string): Promise<void> {
  for (const name of await namesIn(binFolder)) {
    if (!/^\.(?:unfinished|removed)-|^version\.json\..+\.tmp$/u.test(name)) continue;
    await onDisk(binFolder, () => rm(path.join(binFolder, name), { recursive: true, force: true }));
  }
}

async function readRecord(binFolder: string): Promise<BuildsRecord> {
  const text = await readTextIfExists(recordFile(binFolder));
  try {
    return recordSchema.parse(text === undefined ? {} : JSON.parse(text));
  } catch {
    // A damaged record says nothing; the folders are still there.
    return { builds: {} };
  }
}

async function writeRecord(binFolder: string, record: BuildsRecord): Promise<void> {
  await writeFileAtomic(recordFile(binFolder), `${JSON.stringify(record, undefined, 2)}\n`);
}

function recordFile(binFolder: string): string {
  return path.join(binFolder, 'version.json');
}
