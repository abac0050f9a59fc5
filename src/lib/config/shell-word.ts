/**
 * A word as it can be pasted into a shell. Where quotes are needed they are single ones, which
 * POSIX shells and PowerShell understand alike but for a single quote within.
 */
export function shellWord(word: string, platform: NodeJS.Platform = 'linux'): string {
  if (/^[\w./:@%+=,-]+$/u.test(word)) return word;
  const quote = platform === 'win32' ? "''" : String.raw`'\''`;
  return `'${word.replaceAll("'", quote)}'`;
}

/** A command line as it can be pasted: into PowerShell on Windows, into a POSIX shell elsewhere. */
export function shellLine(words: readonly string[], platform: NodeJS.Platform): string {
  const line = words.map((word) => shellWord(word, platform)).join(' ');
  // PowerShell takes a quoted word at the beginning for text.
  return platform === 'win32' && line.startsWith("'") ? `& ${line}` : line;
}
