import path from 'node:path';

import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { LoadSettings } from '../lib/server/presets.ts';
import type { ServedServer } from '../lib/server/router.ts';
import { LoadProgress } from './load.ts';
import { renderLogEntry } from './server-log.ts';

/** How a server is started for others. */
export interface ServeRequest {
  readonly generateKey: boolean;
  /** Load settings of every model until the server ends. */
  readonly settings: LoadSettings;
}

/** Starts the server, or finds the one that runs, and says what takes time. */
export async function startForOthers(
  context: Context,
  { generateKey, settings }: ServeRequest,
): Promise<ServedServer> {
  const { signal, terminal } = context;
  const server = await context.server();
  const progress = new LoadProgress(terminal);
  try {
    return await server.serve({
      generateKey,
      settings,
      signal,
      onEvent: (event) => progress.handle(event),
    });
  } finally {
    progress.stop();
  }
}

/**
 * Shows the log of a running server until it ends or the program is asked to end.
 *
 * @returns once the server ended because somebody stopped it
 * @throws LlameroError SERVER_GONE when it ended by itself; INTERRUPTED, TERMINATED
 */
export async function showServer(
  context: Context,
  served: ServedServer,
  everything: boolean,
): Promise<void> {
  const { paths, signal, terminal } = context;
  const { watchServer } = await import('../lib/server/watch.ts');
  const end = await watchServer({
    pid: served.pid,
    stateFile: path.join(paths.run, 'server.json'),
    logFile: served.logFile,
    signal,
    onEntries: (entries) => {
      for (const entry of entries) {
        if (entry.detail && !everything) continue;
        terminal.note(renderLogEntry(entry, terminal.style, everything));
      }
    },
  });
  if (end.asked) {
    terminal.note('The server was stopped');
    return;
  }
  const { hint, reason } = end.failure;
  throw new LlameroError('SERVER_GONE', `The server has ended without being asked to: ${reason}`, {
    hint,
  });
}
