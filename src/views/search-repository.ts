import { shellWord } from '../lib/config/shell-word.ts';
import { LlameroError } from '../lib/errors.ts';
import { kindOf } from '../lib/gguf/file-kind.ts';
import type { Hub } from '../lib/hub/types.ts';
import { formatReference, type Reference } from '../lib/store/reference.ts';

/** The command that shows a repository, as it is typed. */
export function infoCommand(reference: Reference): string {
  const { revision } = reference;
  const words = [formatReference(reference), ...(revision ? ['--revision', revision] : [])];
  return `\`llamero info ${words.map((word) => shellWord(word)).join(' ')}\``;
}

/**
 * Whether the hub has that repository, with a model in it.
 *
 * @throws LlameroError what the hub says, but that there is no such repository to be seen
 */
export async function holdsModel(
  hub: Hub,
  { repo, revision }: Reference,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { files } = await hub.listing(repo, { revision, signal });
    return files.some(({ path }) => kindOf(path).kind === 'model');
  } catch (error) {
    if (error instanceof LlameroError && UNSEEN.has(error.exitCode)) return false;
    throw error;
  }
}

/** How what cannot be a name, is not there, or is not for everyone, ends: nothing could be shown of it. */
const UNSEEN: ReadonlySet<number> = new Set([2, 3, 5]);
