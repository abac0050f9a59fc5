/**
 * A word as it can be pasted into a shell. Where quotes are needed they are single ones, which
 * POSIX shells and PowerShell understand alike but for a single quote within.
 */
export function shellWord(word: string, platform: NodeJS.Platform = 'linux'): string {
  if (/^[\w./:@%+=,-]+$/u.test(word)) return word;
  const quote = platform === 'win32' ? "''" : String.raw`'\''`;
  return `'${word.replaceAll("'", quote)}'`;
}

/** The line that takes variables out of the environment: of PowerShell on Windows, of a POSIX shell elsewhere. */
export function unsetLine(names: readonly string[], platform: NodeJS.Platform): string {
  return platform === 'win32'
    ? `Remove-Item ${names.map((name) => `Env:${name}`).join(', ')}`
    : `unset ${names.join(' ')}`;
}

/** A command line as it can be pasted: into PowerShell on Windows, into a POSIX shell elsewhere. */
export function shellLine(words: readonly string[], platform: NodeJS.Platform): string {
  const line = words.map((word) => shellWord(word, platform)).join(' ');
  // PowerShell takes a quoted word at the beginning for text.
  return platform === 'win32' && line.startsWith("'") ? `& ${line}` : line;
}
