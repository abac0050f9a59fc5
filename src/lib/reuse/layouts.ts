import path from 'node:path';

import { ownStore } from './own-store.ts';
import type { PlaceLayout } from './places.ts';
import type { Reader } from './reader.ts';
import { pathParts, type WantedFile } from './wanted.ts';

/**
 * Where in a folder a wanted file would be. Paths are built from its digest and its name, so that
 * the folder is never searched whole; nothing need exist at them.
 */
export interface Layout {
  /** Where the name of a file, or a record about it, says that its digest is the wanted one. */
  byDigest(folder: string, wanted: WantedFile, reader: Reader): Promise<readonly string[]>;
  /** Where a file lies that may be the wanted one by its name, or because nobody knows what it is. */
  byName(folder: string, wanted: WantedFile, reader: Reader): Promise<readonly string[]>;
}

const nowhere = (): Promise<readonly string[]> => Promise.resolve([]);

/**
 * `models--<user>--<repo>/blobs/<sha256>`, whole files only: what is on the way has a longer name
 * (`.incomplete`, `.downloadInProgress`). `snapshots/<commit>/<path>` is a link to a blob, which
 * its name tells already, and the file itself where links cannot be made.
 * https://huggingface.co/docs/hub/local-cache
 */
const hubCache: Layout = {
  async byDigest(folder, { sha256, repo }, reader) {
    const repos = await hubRepos(folder, repo, reader);
    return repos.map((name) => path.join(folder, name, 'blobs', sha256));
  },
  async byName(folder, { name, repo }, reader) {
    const parts = pathParts(name);
    if (parts === undefined) return [];
    const found = await Promise.all(
      (await hubRepos(folder, repo, reader)).map(async (each) => {
        const snapshots = path.join(folder, each, 'snapshots');
        const commits = await reader.names(snapshots);
        return commits.map((commit) => path.join(snapshots, commit, ...parts));
      }),
    );
    const paths = found.flat();
    const plain = await Promise.all(paths.map((file) => reader.isPlainFile(file)));
    return paths.filter((_file, index) => plain[index] === true);
  },
};

async function hubRepos(folder: string, repo: string, reader: Reader): Promise<readonly string[]> {
  const names = (await reader.names(folder)).filter((name) => name.startsWith('models--'));
  return ownFirst(names, `models--${repo.replaceAll('/', '--')}`);
}

/** The wanted file's own repository is the likeliest to have it. */
function ownFirst(names: readonly string[], own: string): readonly string[] {
  return names.includes(own) ? [own, ...names.filter((name) => name !== own)] : names;
}

/**
 * `blobs/sha256-<digest>`; unfinished ones end in `-partial`.
 * https://github.com/ollama/ollama/blob/main/manifest/paths.go
 */
const ollama: Layout = {
  byDigest: (folder, { sha256 }) =>
    Promise.resolve([path.join(folder, 'blobs', `sha256-${sha256}`)]),
  byName: nowhere,
};

/**
 * `<user>_<repo>_<path>` with every `/` become `_`, or the bare file name of what was fetched by
 * its URL: https://github.com/ggml-org/llama.cpp/blob/b8000/common/download.cpp
 */
const llamaCpp: Layout = {
  byDigest: nowhere,
  async byName(folder, { name, repo }, reader) {
    const parts = pathParts(name);
    if (parts === undefined) return [];
    const flat = parts.join('_');
    const bare = parts.at(-1);
    const names = (await reader.names(folder)).filter(
      (each) => each === bare || each.endsWith(`_${flat}`),
    );
    const own = `${repo.replaceAll('/', '_')}_${flat}`;
    return ownFirst(names, own).map((each) => path.join(folder, each));
  },
};

/** `<publisher>/<repo>/<file>`: https://lmstudio.ai/docs/app/advanced/import-model */
const lmStudio: Layout = {
  byDigest: nowhere,
  async byName(folder, { name, repo }, reader) {
    const parts = pathParts(name);
    const bare = parts?.at(-1);
    if (parts === undefined || bare === undefined) return [];
    const publishers = await reader.names(folder);
    const repos = await Promise.all(
      publishers.map(async (publisher) => {
        const names = await reader.names(path.join(folder, publisher));
        return names.map((each) => `${publisher}/${each}`);
      }),
    );
    return ownFirst(repos.flat(), repo).flatMap((each) => {
      const inRepo = path.join(folder, ...each.split('/'));
      const whole = path.join(inRepo, ...parts);
      return parts.length === 1 ? [whole] : [whole, path.join(inRepo, bare)];
    });
  },
};

/** How each tool arranges its files. */
export const LAYOUTS: Readonly<Record<PlaceLayout, Layout>> = {
  'hub cache': hubCache,
  ollama,
  'llama.cpp': llamaCpp,
  'lm studio': lmStudio,
  llamero: ownStore,
};
