import { pause } from '../lib/pause.ts';
import { rotateLog } from '../lib/server/log-file.ts';
import { type DatedEntry, LogReader } from '../lib/server/log-reader.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { renderLogEntry } from './server-log.ts';

const POLL_MS = 250;

/** What of a log is to be seen. */
export interface LogChoice {
  readonly file: string;
  /** The models whose lines are wanted; undefined for all. */
  readonly refs: readonly string[] | undefined;
  /** How many of the last lines. */
  readonly lines: number;
  /** Every line, as llama-server wrote it. */
  readonly all: boolean;
}

/** The last lines of a log. */
export async function recentEntries(choice: LogChoice): Promise<DatedEntry[]> {
  return lastOf(await new LogReader(choice.file).read(), choice);
}

/**
 * Shows the last lines of a log and then what is added to it, also when it is rotated.
 *
 * @throws LlameroError the reason of the signal
 */
export async function followLog(
  choice: LogChoice,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const reader = new LogReader(choice.file);
  const show = (entries: readonly DatedEntry[]): void => {
    for (const entry of entries) {
      terminal.print(renderLogEntry(entry, terminal.outStyle, choice.all));
    }
  };
  show(lastOf(await reader.read(), choice));
  for (;;) {
    await pause(POLL_MS, signal);
    show(chosen(await reader.read(), choice));
    await rotateLog(choice.file);
  }
}

function lastOf(entries: readonly DatedEntry[], choice: LogChoice): DatedEntry[] {
  return choice.lines === 0 ? [] : chosen(entries, choice).slice(-choice.lines);
}

function chosen(entries: readonly DatedEntry[], { all, refs }: LogChoice): DatedEntry[] {
  return entries
    .filter(({ detail }) => all || !detail)
    .filter(({ ref }) => refs === undefined || (ref !== undefined && refs.includes(ref)));
}
