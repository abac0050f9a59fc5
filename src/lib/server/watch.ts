import { pause } from '../pause.ts';
import { explainEnd } from './ended.ts';
import type { Failure } from './failures.ts';
import { rotateLog } from './log-file.ts';
import { type DatedEntry, LogReader } from './log-reader.ts';
import { readState, readLiveState } from './state.ts';

const POLL_MS = 200;
/** The log is read more often than the process is looked at. */
const LOOK_EVERY = 5;

/** How a server ended that was watched. */
export type ServerEnd =
  /** Somebody asked it to: `llamero stop`, or a restart. */
  { readonly asked: true } | { readonly asked: false; readonly failure: Failure };

/** A server that is watched. */
export interface WatchOptions {
  readonly pid: number;
  readonly stateFile: string;
  readonly logFile: string;
  readonly onEntries: (entries: readonly DatedEntry[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows the log of a running server until the server ends.
 *
 * @throws LlameroError the reason of the signal
 */
export async function watchServer(options: WatchOptions): Promise<ServerEnd> {
  const { logFile, onEntries, pid, signal, stateFile } = options;
  const log = new LogReader(logFile);
  for (let round = 0; ; round += 1) {
    const entries = await log.read();
    if (entries.length > 0) onEntries(entries);
    if (round % LOOK_EVERY === 0) {
      const live = await readLiveState(stateFile);
      if (live?.pid !== pid) {
        onEntries(await log.read());
        const record = await readState(stateFile);
        // Who stops a server on purpose removes its record.
        if (record?.pid !== pid) return { asked: true };
        return { asked: false, failure: await explainEnd(record, logFile) };
      }
      await rotateLog(logFile);
    }
    await pause(POLL_MS, signal);
  }
}
