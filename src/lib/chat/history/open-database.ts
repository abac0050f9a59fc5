import { open } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder, onDisk, sizeIfExists } from '../../files.ts';
import { pause } from '../../pause.ts';
import { Database } from './database.ts';
import { historyError, isBusy, mayLackSharedMemory } from './failure.ts';
import { loadSqlite } from './sqlite.ts';
import { TABLES_VERSION, bringUpToDate, tablesVersion } from './tables.ts';

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5_000;
const SWITCH_ATTEMPTS = 50;

/**
 * Opens the database of a file, which is made, readable by its owner alone, where there is none.
 *
 * @throws LlameroError HISTORY_DAMAGED, HISTORY_NEWER, DISK_FULL, DISK_NOT_WRITABLE, BUSY
 */
export async function openDatabase(file: string): Promise<Database> {
  await createPrivately(file);
  const shared = connect(file);
  try {
    await setUp(shared, 'WAL');
    return shared;
  } catch (error) {
    shared[Symbol.dispose]();
    if (!mayLackSharedMemory(causeOf(error))) throw error;
  }
  // A rollback journal needs nothing but locks, so it also works on a disk of the network.
  const alone = connect(file);
  try {
    alone.execute('PRAGMA locking_mode = EXCLUSIVE');
    await setUp(alone, 'DELETE');
    alone.execute('PRAGMA locking_mode = NORMAL');
    // The lock is let go by the first access in normal mode.
    tablesVersion(alone);
    return alone;
  } catch (error) {
    alone[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens the database of a file without ever writing to it; of a file that is not there yet, or that
 * nothing was written to, an empty one.
 *
 * @throws LlameroError HISTORY_DAMAGED, HISTORY_NEWER, DISK_NOT_WRITABLE, BUSY
 */
export async function openDatabaseToRead(file: string): Promise<Database> {
  const size = await onDisk(file, () => sizeIfExists(file));
  if (size === undefined || size === 0) return emptyDatabase(file);
  const database = connect(file, true);
  try {
    const version = tablesVersion(database);
    if (version === TABLES_VERSION) return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
  database[Symbol.dispose]();
  // The tables of an older llamero have to be brought up to date before they can be read.
  (await openDatabase(file))[Symbol.dispose]();
  return connect(file, true);
}

function emptyDatabase(file: string): Database {
  const { DatabaseSync } = loadSqlite();
  const database = new Database(new DatabaseSync(':memory:'), file);
  bringUpToDate(database);
  database.execute('PRAGMA query_only = ON');
  return database;
}

function connect(file: string, readOnly = false): Database {
  const { DatabaseSync } = loadSqlite();
  try {
    const options = { readOnly, timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true };
    return new Database(new DatabaseSync(file, options), file);
  } catch (error) {
    throw historyError(error, file);
  }
}

/** SQLite gives the files beside it the permissions of the database. */
async function createPrivately(file: string): Promise<void> {
  await onDisk(file, async () => {
    await makeFolder(path.dirname(file), 0o700);
    await (await open(file, 'a', 0o600)).close();
  });
}

async function setUp(database: Database, journal: 'WAL' | 'DELETE'): Promise<void> {
  // Takes effect in a new file alone: what is removed can be given back to the disk later.
  database.execute('PRAGMA auto_vacuum = INCREMENTAL');
  await switchJournal(database, journal);
  // FULL: in WAL mode anything less may lose the last messages when the power fails. An answer
  // takes seconds, so a sync for each message costs nothing that anybody notices.
  database.execute('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA secure_delete = ON');
  bringUpToDate(database);
  // Shared memory is first needed for a lock to write: better found out now than by a message.
  database.transaction(() => undefined);
}

/** While another process opens the same file, the switch is refused without a wait. */
async function switchJournal(database: Database, journal: 'WAL' | 'DELETE'): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.all(`PRAGMA journal_mode = ${journal}`);
      return;
    } catch (error) {
      if (!isBusy(causeOf(error)) || attempt === SWITCH_ATTEMPTS) throw error;
      await pause(20 + 20 * Math.random());
    }
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
