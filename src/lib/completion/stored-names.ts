import { type Dirent, readdirSync, statSync } from 'node:fs';
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
 * completion has no time for more. Folders and links, of which there are few, are looked into.
 */
export function storedQuants(models: string, repo: string): StoredName[] {
  const quants = new Map<string, StoredName>();
  const folder = path.join(models, ...repo.split('/'));
  for (const entry of entriesIn(folder)) {
    const [quant, unfinished] = quantOf(folder, entry);
    if (quant === undefined) continue;
    const before = quants.get(quant)?.unfinished ?? false;
    quants.set(quant, { repo, quant, unfinished: unfinished || before });
  }
  return [...quants.values()];
}

const NO_QUANT: [undefined, false] = [undefined, false];
const MODEL_FILE = /^(.+)\.gguf(?:\.partial)?$/iu;

function quantOf(folder: string, entry: Dirent): [quant: string | undefined, unfinished: boolean] {
  const { name } = entry;
  if (name.startsWith('.')) return NO_QUANT;
  const place = path.join(folder, name);
  if (entry.isDirectory()) {
    const files = entriesIn(place).filter((inner) => MODEL_FILE.test(inner.name));
    const unfinished = files.some((inner) => inner.name.endsWith(PARTIAL_SUFFIX));
    return files.length === 0 ? NO_QUANT : [name, unfinished];
  }
  const [, quant] = MODEL_FILE.exec(name) ?? [];
  if (quant === undefined || isProjectorName(name)) return NO_QUANT;
  if (entry.isSymbolicLink() && !leadsToFile(place)) return NO_QUANT;
  return [quant, name.endsWith(PARTIAL_SUFFIX)];
}

function leadsToFile(link: string): boolean {
  try {
    return statSync(link).isFile();
  } catch {
    // It leads nowhere, or to where nobody may look.
    return false;
  }
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
