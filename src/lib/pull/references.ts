import { LlameroError } from '../errors.ts';
import { formatReference, parseReference, type Reference } from '../store/reference.ts';

/** What was asked for, besides the names. */
export interface ReferenceOptions {
  /** The hub in use, see {@link parseReference}. */
  readonly endpoint: string;
  /** A branch, tag or commit for all of them. */
  readonly revision?: string | undefined;
}

/**
 * The models that a command line asks for. `user/repo:Q4_K_M,Q8_0` stands for two; what is named
 * twice counts once.
 *
 * @throws LlameroError REFERENCE_INVALID
 */
export function readReferences(texts: readonly string[], options: ReferenceOptions): Reference[] {
  const references = new Map<string, Reference>();
  for (const text of texts) {
    for (const reference of expand(parseReference(text, options.endpoint))) {
      const revision = options.revision ?? reference.revision;
      const complete = revision === undefined ? reference : { ...reference, revision };
      references.set(`${formatReference(complete).toLowerCase()} ${revision ?? ''}`, complete);
    }
  }
  return [...references.values()];
}

function expand(reference: Reference): Reference[] {
  const tags = reference.tag?.split(',') ?? [];
  // The name of a file may hold a comma, a quant never does.
  if (tags.length < 2 || reference.tag?.toLowerCase().endsWith('.gguf') === true)
    return [reference];
  return tags.map((tag) => {
    if (tag.trim() === '') {
      throw new LlameroError(
        'REFERENCE_INVALID',
        `«${formatReference(reference)}» names an empty quant`,
        { hint: `Write the quants with one comma between them: ${reference.repo}:Q4_K_M,Q8_0` },
      );
    }
    return { ...reference, tag: tag.trim() };
  });
}

/** The references in a list: one a line, blank lines and what follows a `#` left out. */
export function readReferenceList(text: string): string[] {
  return text
    .split(/\r?\n/u)
    .map((line) => line.replace(/(?:^|\s)#.*$/u, '').trim())
    .filter((line) => line !== '');
}
