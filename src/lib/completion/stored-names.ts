import { type Dirent, readdirSync } from 'node:fs';
import path from 'node:path';

import { isProjectorName, PARTIAL_SUFFIX } from '../store/layout.ts';

/** A quant that is stored, by its names alone. */
export interface StoredName {
  /** `user/repo` */
  readonly repo: string;
  readonly quant: string;
  /** Whether its pull did not come to an end. */
  readonly unfinished: boolean;
}

/** The repositories in the folder of models, as far as their names are wanted. */
export function storedRepos(
  models: string,
  isWanted: (name: { readonly user: string; readonly repo?: string }) => boolean,
): string[] {
  return foldersIn(models)
    .filter((user) => isWanted({ user }))
    .flatMap((user) =>
      foldersIn(path.join(models, user))
        .filter((repo) => isWanted({ user, repo }))
        .map((repo) => `${user}/${repo}`),
    );
}

/**
 * The quants of a stored repository. Only names are read, no file and no size: who waits for a
 * completion has no time for more.
 */
export function storedQuants(models: string, repo: string): StoredName[] {
  const quants = new Map<string, StoredName>();
  for (const entry of entriesIn(path.join(models, ...repo.split('/')))) {
    const [quant, unfinished] = quantOf(entry);
    if (quant === undefined) continue;
    const before = quants.get(quant)?.unfinished ?? false;
    quants.set(quant, { repo, quant, unfinished: unfinished || before });
  }
  return [...quants.values()];
}

function quantOf(entry: Dirent): [quant: string | undefined, unfinished: boolean] {
  if (entry.name.startsWith('.')) return [undefined, false];
  if (entry.isDirectory()) return [entry.name, false];
  if (isProjectorName(entry.name)) return [undefined, false];
  const unfinished = entry.name.endsWith(PARTIAL_SUFFIX);
  const file = unfinished ? entry.name.slice(0, -PARTIAL_SUFFIX.length) : entry.name;
  return [/^(.+)\.gguf$/iu.exec(file)?.[1], unfinished];
}

function foldersIn(folder: string): string[] {
  return entriesIn(folder)
    .filter(
      (entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()),
    )
    .map(({ name }) => name);
}

/** The entries of a folder, by name; none where it cannot be read. */
function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
  } catch {
    // There is nothing to complete, and no place to say why.
    return [];
  }
}
