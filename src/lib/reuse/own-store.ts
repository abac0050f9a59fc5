import path from 'node:path';

import { repoFolder } from '../store/layout.ts';
import { type Metadata, readMetadata } from '../store/metadata.ts';
import { scanRepo } from '../store/scan.ts';
import type { Layout } from './layouts.ts';
import type { Reader } from './reader.ts';
import { pathParts } from './wanted.ts';

/**
 * Our own models: a file of another repository, or of an older revision, may have the very content
 * that is wanted (projectors often do). The records tell; where a record was lost, the size does.
 */
export const ownStore: Layout = {
  async byDigest(models, { sha256 }, reader) {
    const perRepo = await eachRepo(models, reader, async (folder, repo) =>
      recordedFiles(await readMetadata(folder, repo))
        .filter((file) => file.sha256 === sha256)
        .flatMap(({ file }) => {
          const parts = pathParts(file);
          return parts === undefined ? [] : [path.join(folder, ...parts)];
        }),
    );
    return perRepo.flat();
  },
  async byName(models, { size }, reader) {
    // The names in the store are its own, so that the size alone can tell.
    const perRepo = await eachRepo(models, reader, async (folder, repo) => {
      const { models: stored } = await scanRepo(folder, repo);
      return stored
        .filter(({ state }) => state === 'complete')
        .flatMap(({ files }) => files)
        .filter((file) => file.sha256 === undefined && file.size === size)
        .map((file) => file.path);
    });
    return perRepo.flat();
  },
};

/** The files whose pull was finished, with what is known of them. */
function recordedFiles({ quants, projectors }: Metadata): Metadata['quants'][string]['files'] {
  return [...Object.values(quants), ...Object.values(projectors)]
    .filter(({ pulledAt }) => pulledAt !== undefined)
    .flatMap(({ files }) => files);
}

async function eachRepo<T>(
  models: string,
  reader: Reader,
  look: (folder: string, repo: string) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const user of await reader.names(models)) {
    for (const name of await reader.names(path.join(models, user))) {
      const repo = `${user}/${name}`;
      const folder = repoFolder(models, repo);
      found.push(...((await reader.attempt(folder, () => look(folder, repo))) ?? []));
    }
  }
  return found;
}
