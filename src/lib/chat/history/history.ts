import { LlameroError } from '../../errors.ts';
import { oneLine } from '../../plain-text.ts';
import { newConversationId, typedConversationId } from './conversation-id.ts';
import type { Database } from './database.ts';
import { openDatabase, openDatabaseToRead } from './open-database.ts';
import { DatabasePrompts } from './prompts.ts';
import {
  CONVERSATION_COLUMNS,
  type ConversationRow,
  type ImageRow,
  type MessageRow,
  readConversation,
  readMessage,
} from './rows.ts';
import { searchMessages } from './search.ts';
import type {
  ConversationInfo,
  ConversationStart,
  ConversationWriter,
  History,
  KeptConversation,
  ListOptions,
  SearchHit,
  StoredMessage,
} from './types.ts';
import { DatabaseWriter } from './writer.ts';

export type {
  ConversationInfo,
  History,
  KeptConversation,
  SearchHit,
  StoredMessage,
} from './types.ts';

/** Where the history is, and how it is opened. */
export interface HistoryOptions {
  /** The database; it is made, with its folder, unless it is only read. */
  readonly file: string;
  /** Write nothing, not even the file where there is none; then the history is empty. */
  readonly readOnly?: boolean;
  readonly now?: () => Date;
}

const DAY_MS = 86_400_000;
const SEARCH_LIMIT = 20;
/** So few that no other chat waits long for its turn to write. */
const REMOVED_AT_ONCE = 100;
const NEWEST_FIRST = 'ORDER BY updated_at DESC, number DESC';

/**
 * Opens the conversations that are kept.
 *
 * @throws LlameroError HISTORY_DAMAGED, HISTORY_NEWER, HISTORY_UNAVAILABLE, DISK_FULL,
 *   DISK_NOT_WRITABLE, BUSY
 */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { file, now = () => new Date(), readOnly = false } = options;
  const database = await (readOnly ? openDatabaseToRead(file) : openDatabase(file));
  return new DatabaseHistory(database, now);
}

class DatabaseHistory implements History {
  readonly prompts: DatabasePrompts;
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
    this.prompts = new DatabasePrompts(database);
  }

  begin({ model, system }: ConversationStart): ConversationWriter {
    const start = { id: newConversationId(), title: '', model, system, parameters: undefined };
    return new DatabaseWriter(this.#database, this.#now, { ...start, messages: [] });
  }

  reopen(id: string): KeptConversation & { readonly writer: ConversationWriter } {
    const kept = this.read(id);
    const { info, messages } = kept;
    const writer = new DatabaseWriter(this.#database, this.#now, {
      id: info.id,
      title: info.title,
      model: info.model,
      system: info.system,
      parameters: info.parameters,
      messages: messages.map((message) => message.id),
    });
    return { ...kept, writer };
  }

  list({ limit, model = '' }: ListOptions = {}): ConversationInfo[] {
    return this.#select(
      `WHERE ?1 = '' OR instr(lower(model), lower(?1)) > 0 ${NEWEST_FIRST} LIMIT ?2`,
      model,
      limit ?? -1,
    );
  }

  count({ model = '' }: Pick<ListOptions, 'model'> = {}): number {
    const [row] = this.#database.all<{ count: number }>(
      `SELECT count(*) AS count FROM conversation
       WHERE ?1 = '' OR instr(lower(model), lower(?1)) > 0`,
      model,
    );
    return row?.count ?? 0;
  }

  latest(): ConversationInfo | undefined {
    return this.list({ limit: 1 })[0];
  }

  find(idOrPrefix: string): ConversationInfo {
    const id = typedConversationId(idOrPrefix);
    // Every character of an id comes before the brace.
    const found = id === undefined ? [] : this.#select('WHERE id >= ? AND id < ?', id, `${id}{`);
    const exact = found.find((info) => info.id === id);
    const [first] = found;
    if (exact !== undefined) return exact;
    if (first === undefined) {
      throw new LlameroError(
        'CONVERSATION_NOT_FOUND',
        `No conversation ${oneLine(idOrPrefix)} is kept`,
        {
          hint: '`llamero history list` shows those that are',
        },
      );
    }
    if (found.length === 1) return first;
    const names = found.slice(0, 5).map((info) => `${info.id}  ${info.title}`);
    const more = found.length > names.length ? [`and ${found.length - names.length} more`] : [];
    throw new LlameroError('AMBIGUOUS', `${id} is the beginning of ${found.length} conversations`, {
      hint: ['Type more of the id:', ...names, ...more].join('\n'),
    });
  }

  read(id: string): KeptConversation {
    const info = this.find(id);
    return { info, messages: this.#messages(info.id) };
  }

  search(query: string, { limit }: Pick<ListOptions, 'limit'> = {}): SearchHit[] {
    return searchMessages(this.#database, query, limit ?? SEARCH_LIMIT);
  }

  remove(ids: readonly string[]): number {
    let removed = 0;
    for (let start = 0; start < ids.length; start += REMOVED_AT_ONCE) {
      const some = ids.slice(start, start + REMOVED_AT_ONCE);
      removed += this.#database.transaction(() =>
        some.reduce((sum, id) => sum + this.#removeOne(id), 0),
      );
    }
    if (removed > 0) this.#giveBackSpace();
    return removed;
  }

  removeAll(): number {
    const removed = this.#database.transaction(() => {
      this.#database.run('DELETE FROM prompt');
      return this.#database.run('DELETE FROM conversation').changes;
    });
    this.#giveBackSpace();
    return removed;
  }

  olderThan(days: number): ConversationInfo[] {
    return this.#select(`WHERE updated_at < ? ${NEWEST_FIRST}`, this.#daysAgo(days));
  }

  prune(olderThanDays: number): number {
    return this.remove(this.olderThan(olderThanDays).map(({ id }) => id));
  }

  pruneDaily(keepDays: number): number {
    if (keepDays === 0) return 0;
    const [row] = this.#database.all<{ last_prune: number }>('SELECT last_prune FROM retention');
    if (row !== undefined && row.last_prune > this.#daysAgo(1)) return 0;
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM retention');
      this.#database.run('INSERT INTO retention VALUES (?)', this.#now().getTime());
    });
    return this.prune(keepDays);
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }

  #select(rest: string, ...values: (string | number)[]): ConversationInfo[] {
    const sql = `SELECT ${CONVERSATION_COLUMNS} FROM conversation ${rest}`;
    return this.#database.all<ConversationRow>(sql, ...values).map(readConversation);
  }

  #messages(id: string): StoredMessage[] {
    const rows = this.#database.all<MessageRow>(
      `SELECT message.id, role, content, reasoning, stopped, stats, at
       FROM message JOIN conversation ON conversation.number = message.conversation
       WHERE conversation.id = ? ORDER BY message.id`,
      id,
    );
    const images = this.#database.all<ImageRow>(
      `SELECT image.message, name, mime_type, data
       FROM image JOIN message ON message.id = image.message
         JOIN conversation ON conversation.number = message.conversation
       WHERE conversation.id = ? ORDER BY message.id, image.id`,
      id,
    );
    const imagesOf = Map.groupBy(images, ({ message }) => message);
    return rows.map((row) => readMessage(row, imagesOf.get(row.id) ?? []));
  }

  /** Its prompts go too: who removes a conversation does not want it back under the arrow keys. */
  #removeOne(id: string): number {
    this.#database.run(
      `DELETE FROM prompt WHERE text IN (
         SELECT content FROM message
         JOIN conversation ON conversation.number = message.conversation
         WHERE conversation.id = ? AND role = 'user')`,
      id,
    );
    return this.#database.run('DELETE FROM conversation WHERE id = ?', id).changes;
  }

  /** Makes the file smaller, and leaves nothing that was removed in the log beside it. */
  #giveBackSpace(): void {
    this.#database.execute('PRAGMA incremental_vacuum');
    this.#database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  #daysAgo(days: number): number {
    return this.#now().getTime() - days * DAY_MS;
  }
}
