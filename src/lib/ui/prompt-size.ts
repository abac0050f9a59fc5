import type { Terminal } from './terminal.ts';
import { textWidth } from './text-width.ts';

/** How much of a list a question can show. */
export interface PromptSize {
  /** Columns for an entry, so that it takes one line. */
  readonly width: number;
  /** Entries, so that the question stays in sight. */
  readonly rows: number;
}

/** What a question shows beside its list. */
export interface PromptFrame {
  readonly message: string;
  /** The line about the keys, or one of its length. */
  readonly keys: string;
  /** Columns before an entry. */
  readonly indent: number;
  /** Entries that are shown where there is room. */
  readonly most: number;
}

const COLUMNS_WITHOUT_TERMINAL = 80;
const NARROWEST = 8;
const FEWEST = 2;

/** How much of a list the terminal has room for, below a question and above the keys. */
export function promptSize(
  { streams: { stderr } }: Terminal,
  { indent, keys, message, most }: PromptFrame,
): PromptSize {
  const columns = stderr.columns ?? COLUMNS_WITHOUT_TERMINAL;
  const linesOf = (text: string): number => Math.max(1, Math.ceil(textWidth(text) / columns));
  // Before the question stands a mark; a blank line is above the keys, the cursor may be below them.
  const around = linesOf(`? ${message}`) + 1 + linesOf(keys) + 1;
  const rows = Math.min(most, (stderr.rows ?? Number.POSITIVE_INFINITY) - around);
  return { width: Math.max(NARROWEST, columns - indent - 1), rows: Math.max(FEWEST, rows) };
}
