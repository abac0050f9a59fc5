/** A command of a transcript with what it printed. */
export interface Step {
  /** A line for the shell; it may go on over several lines with `\` at their ends. */
  readonly command: string;
  /** Lines of stdout and stderr together. */
  readonly output: readonly string[];
  /** The line of the page, from 1. */
  readonly line: number;
}

/** A ```console block of a page. */
export interface Transcript {
  readonly steps: readonly Step[];
  /** Why it cannot be run here: `<!-- not run: … -->` stands before it. */
  readonly notRun?: string;
}

const NOT_RUN = /^<!-- not run: (.+) -->$/u;

/**
 * The transcripts of a page: ```console blocks, in which lines after `$ ` are commands and the
 * others what they printed.
 *
 * @throws Error for a block that begins with output, or has no end
 */
export function readTranscripts(page: string): Transcript[] {
  const transcripts: Transcript[] = [];
  const lines = page.split('\n');
  for (let index = 0; index < lines.length; index++) {
    if (lines[index] !== '```console') continue;
    const end = lines.indexOf('```', index);
    if (end === -1) throw new Error(`The block on line ${index + 1} has no end`);
    const before = lines.slice(0, index).findLast((line) => line !== '');
    const notRun = NOT_RUN.exec(before ?? '')?.[1];
    const steps = readSteps(lines.slice(index + 1, end), index + 2);
    transcripts.push({ steps, ...(notRun === undefined ? {} : { notRun }) });
    index = end;
  }
  return transcripts;
}

function readSteps(lines: readonly string[], firstLine: number): Step[] {
  const steps: { command: string; output: string[]; line: number }[] = [];
  for (const [index, text] of lines.entries()) {
    const last = steps.at(-1);
    if (text.startsWith('$ ')) {
      steps.push({ command: text.slice(2), output: [], line: firstLine + index });
    } else if (last === undefined) {
      throw new Error(`Line ${firstLine + index} comes before any command`);
    } else if (last.output.length === 0 && last.command.endsWith('\\')) {
      last.command += `\n${text}`;
    } else {
      last.output.push(text);
    }
  }
  return steps;
}

/**
 * Whether a command printed what a page shows. Sizes, rates, ages and the like differ from machine to
 * machine and are held equal; `…` stands for any characters, alone on a line for any lines.
 */
export function isAsShown(expected: readonly string[], printed: string): boolean {
  const pattern = expected
    .map((line) => (line.trim() === '…' ? '(?:[^\\n]*\\n)*?' : `${linePattern(line)}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`, 'u').test(`${settle(printed)}\n`.replace(/^\n$/u, ''));
}

function linePattern(line: string): string {
  return settle(line)
    .split('…')
    .map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&'))
    .join('[^\\n]*');
}

const NUMBER = String.raw`\d+(?:[.,]\d+)?`;

/** A text in which what cannot be the same twice is the same. */
function settle(text: string): string {
  return text
    .replaceAll(new RegExp(`~?${NUMBER} ?(?:B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)\\b`, 'gu'), '<size>')
    .replaceAll(new RegExp(`${NUMBER} ?(?:ms|s|min|h)\\b`, 'gu'), '<time>')
    .replaceAll(
      /\b(?:just now|now|\d+ (?:second|minute|hour|day|week|month|year)s? ago)\b/gu,
      '<age>',
    )
    .replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b/gu, '<digest>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu, '<moment>')
    .replaceAll(/[ \t]+/gu, ' ')
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}
