/** A word that may stand where the cursor is. */
export interface Candidate {
  /** The whole word, what was typed of it included. */
  readonly value: string;
  readonly description?: string | undefined;
  /** The word goes on behind it, so no blank may follow: `models.` */
  readonly goesOn?: boolean;
}

/** What is answered to a shell that asks how a word could go on. */
export interface Answer {
  readonly candidates: readonly Candidate[];
  /** Whether a path of a file may stand here: the shell knows best how to complete those. */
  readonly files: boolean;
}

/** Nothing fits. */
export const NOTHING: Answer = { candidates: [], files: false };

/**
 * How a shell puts a candidate in the place of what was typed. `spelling`: it keeps what the candidates
 * have in common, so they must agree in the case of what was typed. `prefix`: it can change the case.
 * `part`: it puts the chosen one there, whatever was typed.
 */
export type Replacement = 'spelling' | 'prefix' | 'part';

// No character in it means anything to a shell, so no name that somebody gave a file can do harm,
// however a shell inserts it. What would need quoting is not offered.
const PLAIN_WORD = /^[A-Za-z0-9@%_+=:,./-]+$/u;

/** The candidates that what was typed can become; those that fit it letter by letter go first. */
export function fitting(
  candidates: readonly Candidate[],
  typed: string,
  replacement: Replacement,
): Candidate[] {
  const plain = candidates.filter(({ value }) => PLAIN_WORD.test(value));
  const exact = plain.filter(({ value }) => value.startsWith(typed));
  if (exact.length > 0) return exact;
  const wanted = typed.toLowerCase();
  const begun = plain.filter(({ value }) => value.toLowerCase().startsWith(wanted));
  const spelling = begun[0]?.value.slice(0, typed.length) ?? '';
  if (replacement === 'spelling') return begun.filter(({ value }) => value.startsWith(spelling));
  if (begun.length > 0 || replacement === 'prefix') return begun;
  return plain.filter(({ value }) => value.toLowerCase().includes(wanted));
}
