import { lineToMoveAway } from '../chat/history/failure.ts';
import { openHistory } from '../chat/history/history.ts';
import { LlameroError } from '../errors.ts';
import { sizeIfExists } from '../files.ts';
import { formatCount } from '../format.ts';
import { findingOf } from './diagnose.ts';
import type { Finding } from './types.ts';

const id = 'history';

/** What is looked at. */
export interface HistoryCheckOptions {
  /** The database; it need not exist. */
  readonly file: string;
  readonly platform: NodeJS.Platform;
}

/** Whether the conversations that are kept can be read. */
export async function checkHistory({ file, platform }: HistoryCheckOptions): Promise<Finding[]> {
  if ((await sizeIfExists(file)) === undefined) return [];
  try {
    using history = await openHistory({ file, readOnly: true });
    const message = `${formatCount(history.count(), 'conversation')} in ${file}`;
    return [{ id, severity: 'ok', message }];
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'HISTORY_DAMAGED') throw error;
    return [findingOf(id, error, lineToMoveAway(file, platform))];
  }
}
