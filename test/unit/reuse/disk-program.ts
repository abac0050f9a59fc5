import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError } from '../../../src/lib/errors.ts';
import { adopt, canLink } from '../../../src/lib/reuse/adopt.ts';
import { createFinder } from '../../../src/lib/reuse/find.ts';
import { createHashMemory } from '../../../src/lib/reuse/hash-memory.ts';

/** What the program is told, as JSON in its first argument. */
export interface Task {
  /** Folders of Ollama's layout. */
  readonly folders: readonly string[];
  readonly models: string;
  /** Where the file is to go; without it the file is looked for only. */
  readonly target?: string;
  readonly wanted: { sha256: string; size: number; name: string; repo: string };
  /** Abort at the first sign of copying. */
  readonly abort?: boolean;
  /** Change the file once it is found: plainly, or so that its size and time tell nothing. */
  readonly tamper?: 'openly' | 'secretly';
}

/** What the program prints, as JSON: what came of the task. */
export interface Outcome {
  readonly found: string | undefined;
  readonly linkable?: boolean;
  readonly by?: string;
  /** The code of the error that it ended in. */
  readonly code?: string;
  /** The most bytes that were reported as copied. */
  readonly copied: number;
  /** What lies in the folder of the target afterwards. */
  readonly left: readonly string[];
  readonly mode?: number;
  readonly links?: number;
  readonly sha256?: string;
}

async function perform({ folders, models, wanted, target, abort, tamper }: Task): Promise<Outcome> {
  const controller = new AbortController();
  const { signal } = controller;
  const finder = createFinder({
    places: folders.map((folder) => ({ name: 'Ollama', layout: 'ollama', folder })),
    models,
    hashes: createHashMemory({ file: path.join(path.dirname(models), 'run', 'hashes.json') }),
  });
  const copy = await finder.find(wanted, { signal });
  const found = copy?.path;
  if (copy === undefined || target === undefined) return { found, copied: 0, left: [] };
  if (tamper !== undefined) {
    const { atime, mtime } = await stat(copy.path);
    const changed = await readFile(copy.path);
    await writeFile(copy.path, changed.toReversed());
    if (tamper === 'secretly') await utimes(copy.path, atime, mtime);
  }
  const linkable = await canLink(copy.path, path.dirname(target));
  let copied = 0;
  const onCopy = (bytes: number): void => {
    copied = bytes;
    if (abort === true) controller.abort();
  };
  try {
    const by = await adopt(copy, target, wanted, { signal, onCopy });
    const { mode, nlink } = await stat(target);
    const sha256 = createHash('sha256')
      .update(await readFile(target))
      .digest('hex');
    const left = await readdir(path.dirname(target));
    return { found, linkable, by, copied, left, mode: mode & 0o777, links: nlink, sha256 };
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    const left = await readdir(path.dirname(target));
    return { found, linkable, code: error.code, copied, left };
  }
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
process.stdout.write(`${JSON.stringify(await perform(task))}\n`);
