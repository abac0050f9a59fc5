/** What the help shows for a value, as far as it says what can stand there. */
export interface Placeholder {
  /** Words that may stand there as they are. */
  readonly words: readonly string[];
  /** What else may: `file`, `ref`, `n`. */
  readonly kinds: readonly string[];
}

/** Names of what is not a word to type. */
const KINDS: ReadonlySet<string> = new Set([
  'address',
  'age',
  'dir',
  'file',
  'files',
  'folder',
  'id',
  'key',
  'n',
  'number',
  'path',
  'quant',
  'ref',
  'size',
  'text',
  'time',
  'value',
]);

/**
 * Reads what the help shows for a value: `<on|off|auto>` are words, `<file|off>` a file or a word,
 * `<n>` a kind alone. So a flag that says in the help what it takes is completed without more ado.
 */
export function readPlaceholder(text: string): Placeholder {
  const parts = text
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/^<([^<>]*)>$/u, '$1')
    .split('|');
  const words: string[] = [];
  const kinds: string[] = [];
  for (const part of parts) {
    const kind = /^<([^<>]+)>$/u.exec(part)?.[1] ?? (KINDS.has(part) ? part : undefined);
    if (kind !== undefined) kinds.push(kind);
    else if (parts.length === 1) kinds.push(part);
    else if (/^[A-Za-z0-9+_-]+$/u.test(part)) words.push(part);
  }
  return { words, kinds };
}
