import path from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { sortNames } from '../name-order.ts';
import { look, readFolder, readRepoFolder, withoutPartial } from './folder.ts';
import type { StoredModel } from './model.ts';
import type { RepoMemory } from './repo-memory.ts';
import { type Found, type RepoContents, modelsOf } from './repo-models.ts';

// The file system is asked in one go, without promises: of ten thousand folders that takes 0.4 s,
// and 0.9 s or more with promises, however many at once. So that Ctrl+C and a typed letter are
// heard all the same, a pause is made after so many milliseconds.
const LONGEST_STRETCH_MS = 25;

/**
 * Reads the folders of all repositories, see {@link scanRepo}.
 *
 * @param openMemory the memory of what they held, where there are so many that it is worth it
 */
export async function scanAll(
  models: string,
  openMemory?: (repos: number) => Promise<RepoMemory | undefined>,
): Promise<RepoContents> {
  const repos = listRepos(models);
  const memory = await openMemory?.(repos.length);
  const found: StoredModel[] = [];
  let size = 0;
  let since = Date.now();
  for (const repo of repos) {
    const folder = folderOf(models, repo);
    const contents = memory?.recall(folder, repo) ?? (await readRepo(folder, repo, memory));
    for (const model of contents.models) found.push(model);
    size += contents.size;
    if (Date.now() - since > LONGEST_STRETCH_MS) {
      await setImmediate();
      since = Date.now();
    }
  }
  await memory?.save(repos);
  return { models: found, size };
}

/** The names of all repositories that have a folder: `user/repo`, in their order. */
export function listRepos(models: string): string[] {
  const repos: string[] = [];
  for (const user of readFolder(models)) {
    for (const { name } of readFolder(models + path.sep + user.name)) {
      repos.push(`${user.name}/${name}`);
    }
  }
  return sortNames(repos);
}

/** Reads one repository's folder: what is there, told apart by what the metadata knows, if anything. */
export async function scanRepo(folder: string, repo: string): Promise<RepoContents> {
  return readRepo(folder, repo, undefined);
}

function folderOf(models: string, repo: string): string {
  return models + path.sep + (path.sep === '/' ? repo : repo.replace('/', path.sep));
}

async function readRepo(
  folder: string,
  repo: string,
  memory: RepoMemory | undefined,
): Promise<RepoContents> {
  const remember = memory?.watch(folder, repo);
  const { folders, metadata, names } = readRepoFolder(folder, repo);
  const files: Found[] = [];
  for (const name of names) {
    const file = findFile(folder, name);
    if (file !== undefined) files.push(file.partial ? await withJournal(file) : file);
  }
  const models = modelsOf({ folder, repo, found: files, metadata });
  // A link that leads nowhere may lead somewhere later, and nothing in the folder tells.
  if (files.length === names.length) remember?.({ folders, files, models });
  return { models, size: files.reduce((sum, { size }) => sum + size, 0) };
}

function findFile(folder: string, name: string): Found | undefined {
  const place = folder + path.sep + (path.sep === '/' ? name : name.replace('/', path.sep));
  const figures = look(place);
  if (figures?.isFile() !== true) return undefined;
  const file = withoutPartial(name);
  return {
    path: place.slice(0, place.length - name.length + file.length),
    file,
    size: figures.size,
    partial: file !== name,
    modifiedAt: figures.mtimeMs,
  };
}

async function withJournal(file: Found): Promise<Found> {
  // Hardly ever needed, and what reads it takes its time to load.
  const { describePartial } = await import('../download/journal.ts');
  const journal = await describePartial(file.path);
  // An unfinished file has holes: its length says nothing about what is there.
  return journal === undefined ? file : { ...file, size: journal.received, expected: journal.size };
}
