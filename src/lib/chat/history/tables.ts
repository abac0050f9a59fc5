import { LlameroError } from '../../errors.ts';
import type { Database } from './database.ts';
import { damaged } from './failure.ts';

/**
 * The tables. Prompts and answers are columns of their own in the index of words, so that a search
 * can weigh them; they are computed from the message and take no space in its table.
 */
const FIRST_TABLES = `
  CREATE TABLE conversation (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    system TEXT,
    parameters TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX conversation_by_age ON conversation (updated_at, number);

  CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (number) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
    content TEXT NOT NULL,
    reasoning TEXT,
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
    stats TEXT,
    at INTEGER NOT NULL,
    prompt TEXT GENERATED ALWAYS AS (CASE role WHEN 'user' THEN content END) VIRTUAL,
    answer TEXT GENERATED ALWAYS AS (CASE role WHEN 'assistant' THEN content END) VIRTUAL
  ) STRICT;
  CREATE INDEX message_by_conversation ON message (conversation, id);

  CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX image_by_message ON image (message, id);

  CREATE VIRTUAL TABLE message_words USING fts5 (
    prompt, answer,
    content = 'message', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
    INSERT INTO message_words (rowid, prompt, answer) VALUES (new.id, new.prompt, new.answer);
  END;
  CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    INSERT INTO message_words (message_words, rowid, prompt, answer)
    VALUES ('delete', old.id, old.prompt, old.answer);
  END;
  CREATE TRIGGER message_changed AFTER UPDATE OF role, content ON message BEGIN
    INSERT INTO message_words (message_words, rowid, prompt, answer)
    VALUES ('delete', old.id, old.prompt, old.answer);
    INSERT INTO message_words (rowid, prompt, answer) VALUES (new.id, new.prompt, new.answer);
  END;

  CREATE TABLE prompt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE retention (last_prune INTEGER NOT NULL) STRICT;
`;

/** What leads from each version of the tables to the next; the first one starts from nothing. */
const MIGRATIONS: readonly string[] = [FIRST_TABLES];

/** The version of the tables that this program writes. */
export const TABLES_VERSION = MIGRATIONS.length;

/**
 * The version of the tables in a file; 0 for a new one.
 *
 * @throws LlameroError HISTORY_NEWER when a later llamero wrote it, HISTORY_DAMAGED when it is
 *   somebody else's database
 */
export function tablesVersion(database: Database): number {
  const [row] = database.all<{ user_version: number }>('PRAGMA user_version');
  const version = row?.user_version ?? 0;
  if (version > TABLES_VERSION) {
    throw new LlameroError(
      'HISTORY_NEWER',
      `A newer llamero has written ${database.file}; this one cannot read it`,
      { hint: 'Update llamero: `npm install -g llamero@latest`' },
    );
  }
  if (version < 0) throw damaged(database.file);
  if (version === 0) {
    const [row] = database.all<{ tables: number }>('SELECT count(*) AS tables FROM sqlite_schema');
    if (row?.tables !== 0) throw damaged(database.file);
  }
  return version;
}

/** Brings the tables of a file to this program's version, once whoever else opens it. */
export function bringUpToDate(database: Database): void {
  if (tablesVersion(database) === TABLES_VERSION) return;
  database.transaction(() => {
    // Another process may have done it while this one waited for the lock.
    const version = tablesVersion(database);
    for (const migration of MIGRATIONS.slice(version)) database.execute(migration);
    database.execute(`PRAGMA user_version = ${TABLES_VERSION}`);
  });
}
