import path from 'node:path';

/** The file in a repository's folder that tells what the other files are. */
export const METADATA_FILE = 'metadata.json';

/** What an unfinished file's name ends in, and the journal beside it. */
export const PARTIAL_SUFFIX = '.partial';
export const JOURNAL_SUFFIX = '.partial.json';

/** What the name of a file ends in while it is taken over from another tool. */
export const ADOPTING_SUFFIX = '.adopting';

const PROJECTOR_PREFIX = 'mmproj-';

// Names that a preset file of llama-server can hold (it cuts a value at `#` and `;`), that need no
// quoting in a shell, and that every file system takes.
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,200}$/u;

/** The folder of a repository: `<models>/<user>/<repo>`. */
export function repoFolder(models: string, repo: string): string {
  return path.join(models, ...repo.split('/'));
}

/**
 * Where the files of a quant lie: one file is `<QUANT>.gguf`; shards keep their own names, which
 * llama.cpp reads the shard number from, in a folder `<QUANT>`.
 *
 * @param names the files' paths in the repository, in shard order
 */
export function quantPaths(folder: string, quant: string, names: readonly string[]): string[] {
  if (names.length === 1) return [path.join(folder, `${quant}.gguf`)];
  const own = names.map((name) => path.posix.basename(name));
  const count = String(names.length).padStart(5, '0');
  return own.map((name, index) => {
    const number = String(index + 1).padStart(5, '0');
    const generated = `${quant}-${number}-of-${count}.gguf`;
    return path.join(folder, quant, own.every((each) => PLAIN_NAME.test(each)) ? name : generated);
  });
}

/** Where a projector lies: `mmproj-<TYPE>.gguf`, once for all quants of a repository. */
export function projectorPath(folder: string, label: string): string {
  return path.join(folder, `${PROJECTOR_PREFIX}${label}.gguf`);
}

/** Whether a file of a repository's folder is a projector. */
export function isProjectorName(name: string): boolean {
  return name.startsWith(PROJECTOR_PREFIX);
}
