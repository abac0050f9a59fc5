import type * as Sqlite from 'node:sqlite';

import { LlameroError } from '../../errors.ts';

/**
 * Node's own SQLite, without the ExperimentalWarning that Node 22 prints when it is first loaded
 * (https://nodejs.org/docs/latest-v22.x/api/sqlite.html). Loading is synchronous, so no warning of
 * somebody else can fall into the moment in which this one is held back.
 *
 * @throws LlameroError HISTORY_UNAVAILABLE where Node was built without it
 */
export function loadSqlite(): typeof Sqlite {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the process again
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    // A Node without SQLite knows no such module, whatever its types say.
    const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new LlameroError(
    'HISTORY_UNAVAILABLE',
    'This Node.js was built without SQLite, in which conversations are kept',
    {
      hint: 'Install Node.js from https://nodejs.org, or keep none: `llamero config set history.save false`',
    },
  );
}
