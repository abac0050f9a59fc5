import path from 'node:path';

import { sortNames } from '../name-order.ts';
import { LAST_TIME_MS, look, readFolder, readRepoFolder, withoutPartial } from './folder.ts';
import type { StoredModel } from './model.ts';
import type { FoundRepo, RepoMemory } from './repo-memory.ts';
import { type Found, type RepoContents, modelsOf } from './repo-models.ts';

// The file system is asked in one go, without promises: of ten thousand folders that takes 0.4 s,
// and 0.9 s or more with promises, however many at once. So that Ctrl+C and a typed letter are
// heard all the same, a pause is made after so many milliseconds.
const LONGEST_STRETCH_MS = 25;

/** Of fewer repositories reading all takes less than to remember them. */
const WORTH_REMEMBERING = 32;

/**
 * Reads the folders of all repositories, see {@link scanRepo}.
 *
 * @param memory what is remembered of them
 */
export async function scanAll(models: string, memory?: RepoMemory): Promise<RepoContents> {
  const users = listUsers(models);
  const found: StoredModel[] = [];
  let size = 0;
  let since = Date.now();
  const used =
    memory !== undefined && (!memory.isEmpty || hasMany(models, users)) ? memory : undefined;
  for (const user of users) {
    const place = models + path.sep + user;
    const remembered = used?.user(user, place);
    for (const name of remembered?.names ?? listFolder(place)) {
      const folder = place + path.sep + name;
      const contents =
        remembered?.recall(name, folder) ??
        (await readRepo(folder, `${user}/${name}`, remembered?.watch(name, folder)));
      for (const model of contents.models) found.push(model);
      size += contents.size;
      if (Date.now() - since > LONGEST_STRETCH_MS) {
        await pause();
        since = Date.now();
      }
    }
  }
  await used?.save();
  return { models: found, size };
}

// What Node has for this with promises takes longer to load than the pause to make.
function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The names of all users that have a folder, in the order of the names of their repositories. */
function listUsers(models: string): string[] {
  const names = readFolder(models).map(({ name }) => `${name}/`);
  // With the `/`: `user-name/repo` stands before `user/repo`.
  return sortNames(names).map((name) => name.slice(0, -1));
}

function hasMany(models: string, users: readonly string[]): boolean {
  let count = 0;
  return users.some((user) => {
    count += readFolder(models + path.sep + user).length;
    return count >= WORTH_REMEMBERING;
  });
}

function listFolder(folder: string): string[] {
  return sortNames(readFolder(folder).map(({ name }) => name));
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

async function readRepo(
  folder: string,
  repo: string,
  remember: ((found: FoundRepo) => void) | undefined,
): Promise<RepoContents> {
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
    modifiedAt: Math.min(Math.max(figures.mtimeMs, -LAST_TIME_MS), LAST_TIME_MS),
  };
}

async function withJournal(file: Found): Promise<Found> {
  // Hardly ever needed, and what reads it takes its time to load.
  const { describePartial } = await import('../download/journal.ts');
  const journal = await describePartial(file.path);
  // An unfinished file has holes: its length says nothing about what is there.
  return journal === undefined ? file : { ...file, size: journal.received, expected: journal.size };
}
