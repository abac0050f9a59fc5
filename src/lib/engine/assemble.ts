import { constants } from 'node:fs';
import { cp, link, mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { extractArchive } from './archive.ts';
import type { BuildPart, InstalledBuild } from './builds.ts';
import { isExecutable, programName } from './executable.ts';

/** An archive on disk. */
export interface FetchedArchive {
  readonly asset: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * Unpacks an archive with an engine and finds the folder that holds the programs, whatever the
 * archive wraps them in: `llama-b…/`, `build/bin/` or nothing.
 *
 * @returns that folder, inside `work`
 * @throws LlameroError ARCHIVE_REFUSED, FILE_DAMAGED, ENGINE_UNUSABLE when there is no llama-server
 */
export async function unpackEngine(
  archive: FetchedArchive,
  work: string,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly part: BuildPart }> {
  const folder = await unpack(archive, path.join(work, 'engine'), signal);
  const program = path.join(folder, programName('llama-server', process.platform));
  if (!(await isExecutable(program, process.platform))) {
    throw new LlameroError('ENGINE_UNUSABLE', `${archive.asset} holds no llama-server`, {
      hint: 'Take another release: `llamero update --version <build>`, or another backend: `llamero update --backend cpu`',
    });
  }
  return { folder, part: partOf(archive, await filesIn(folder)) };
}

/**
 * Unpacks an archive with libraries beside an engine.
 *
 * @throws LlameroError ARCHIVE_REFUSED, also when it would replace a file of the engine
 */
export async function unpackCompanion(
  archive: FetchedArchive,
  work: string,
  engineFolder: string,
  signal: AbortSignal,
): Promise<BuildPart> {
  const folder = await unpack(archive, path.join(work, 'companion'), signal);
  const files = await filesIn(folder);
  const there = new Set((await filesIn(engineFolder)).map((file) => file.toLowerCase()));
  for (const file of files) {
    if (there.has(file.toLowerCase())) throw wouldReplace(archive.asset, file);
    await mkdir(path.dirname(path.join(engineFolder, file)), { recursive: true });
    await rename(path.join(folder, file), path.join(engineFolder, file));
  }
  return partOf(archive, files);
}

/**
 * Takes the companion over from a build that has the same one: it is several hundred megabytes and
 * seldom changes.
 *
 * @returns undefined when no build has it whole
 */
export async function takeCompanion(
  sha256: string | undefined,
  builds: readonly InstalledBuild[],
  engineFolder: string,
): Promise<BuildPart | undefined> {
  if (sha256 === undefined) return undefined;
  for (const { facts, folder } of builds) {
    const part = facts?.companion;
    if (part?.sha256 !== sha256 || part.files.length === 0) continue;
    const there = new Set(await filesIn(folder));
    if (!part.files.every((file) => there.has(file))) continue;
    for (const file of part.files) {
      await share(path.join(folder, file), path.join(engineFolder, file));
    }
    return part;
  }
  return undefined;
}

/** A second name for the same file where the disk has such, else a copy; links stay links. */
async function share(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    // Not every file system has hard links; the copy says what is wrong, if something is.
    await cp(from, to, { verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  }
}

async function unpack(
  { asset, file }: FetchedArchive,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(folder);
  await extractArchive({ file, name: asset, folder, signal });
  return innermost(folder);
}

/** The folder below which there is more than one thing. */
async function innermost(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  if (entries.length !== 1 || only?.isDirectory() !== true) return folder;
  return innermost(path.join(folder, only.name));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

function partOf({ asset, sha256 }: FetchedArchive, files: readonly string[]): BuildPart {
  return { asset, sha256, files: [...files] };
}

function wouldReplace(asset: string, file: string): LlameroError {
  return new LlameroError(
    'ARCHIVE_REFUSED',
    `${asset} is refused: its ${file} would replace that of the engine`,
    { hint: 'Take another release: `llamero update --version <build>`' },
  );
}
