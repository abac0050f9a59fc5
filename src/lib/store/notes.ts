import { LlameroError } from '../errors.ts';
import type { Metadata, ModelNote } from './metadata.ts';

/** The tag that `--favorite` stands for. */
export const FAVORITE = 'favorite';

/** What was done with a model, as the store tells it. */
export interface ModelUse {
  readonly lastUsedAt?: Date;
  readonly timesUsed?: number;
  readonly tags?: readonly string[];
}

/**
 * What the record of a repository says of the use of a quant, if anything; what makes no sense is left
 * out.
 */
export function useOf(metadata: Metadata, quant: string): ModelUse | undefined {
  const note = noteOf(metadata, quant);
  const used = note?.lastUsedAt ?? metadata.quants[quant]?.lastUsedAt;
  if (note === undefined && used === undefined) return undefined;
  const lastUsedAt = used === undefined ? undefined : dateOf(used);
  return {
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(note?.timesUsed === undefined ? {} : { timesUsed: note.timesUsed }),
    ...(note?.tags === undefined || note.tags.length === 0 ? {} : { tags: note.tags }),
  };
}

/** Notes one more use of a quant. */
export function noteUse(metadata: Metadata, quant: string, when: Date): void {
  const timesUsed = (noteOf(metadata, quant)?.timesUsed ?? 0) + 1;
  changeNote(metadata, quant, { lastUsedAt: when.toISOString(), timesUsed });
}

/** Which tags come and which go. A tag that does both stays. */
export interface TagChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** Changes the tags of a quant. One that is there in any case is not added again. */
export function changeTags(metadata: Metadata, quant: string, { add, remove }: TagChange): void {
  const gone = new Set(remove?.map((tag) => tag.toLowerCase()));
  const before = noteOf(metadata, quant)?.tags ?? [];
  const tags = new Map<string, string>();
  for (const tag of [...before.filter((each) => !gone.has(each.toLowerCase())), ...(add ?? [])]) {
    if (!tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
  }
  changeNote(metadata, quant, { tags: [...tags.values()] });
}

/** Drops the note of a quant that is removed. */
export function forgetNote({ notes }: Metadata, quant: string): void {
  if (notes !== undefined) delete notes[quant];
}

/**
 * Checks the name of a tag: 1 to 32 letters, digits, `.`, `_`, `-`, the first a letter or a digit.
 *
 * @throws LlameroError USAGE
 */
export function requireTag(tag: string): string {
  // Made where it is needed: the letters of all languages take their time.
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,31}$/u.test(tag)) return tag;
  throw new LlameroError('USAGE', `«${tag}» cannot be a tag`, {
    hint: 'A tag is one word of at most 32 letters, digits, dots, dashes and underscores',
  });
}

function noteOf({ notes }: Metadata, quant: string): ModelNote | undefined {
  return notes !== undefined && Object.hasOwn(notes, quant) ? notes[quant] : undefined;
}

function changeNote(metadata: Metadata, quant: string, change: ModelNote): void {
  metadata.notes = {
    ...metadata.notes,
    [quant]: { ...noteOf(metadata, quant), ...change },
  };
}

function dateOf(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
