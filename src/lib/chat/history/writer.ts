import type { Message } from '../message.ts';
import { newConversationId } from './conversation-id.ts';
import type { Database } from './database.ts';
import { oneLine } from '../../plain-text.ts';
import { writeFields } from './rows.ts';
import { titleOf } from './title.ts';
import type { ConversationChange, ConversationWriter } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;
type Known = readonly (number | undefined)[];

/** What is known of the conversation, written or not. */
interface Head {
  readonly id: string;
  /** Empty until somebody has said something. */
  readonly title: string;
  readonly model: string;
  readonly system: string | undefined;
  readonly parameters: Fields | undefined;
}

/** A conversation to be written, as far as it has come. */
export interface WriterStart extends Head {
  /** The ids of its messages in their order. */
  readonly messages: readonly number[];
}

/** Writes one conversation. */
export class DatabaseWriter implements ConversationWriter {
  readonly #database: Database;
  readonly #now: () => Date;
  #head: Head;
  /**
   * The messages that this writer knows of, so that it never takes away those that somebody else
   * adds to the same conversation. One that could not be saved has its place without an id.
   */
  #known: Known;

  constructor(database: Database, now: () => Date, { messages, ...head }: WriterStart) {
    this.#database = database;
    this.#now = now;
    this.#head = head;
    this.#known = [...messages];
  }

  get id(): string {
    return this.#head.id;
  }

  append(message: Message, stats?: Fields): number {
    return this.#write(this.#known, undefined, message, () => this.#insert(message, stats));
  }

  replaceLast(message: Message, stats?: Fields): number {
    const last = this.#known.at(-1);
    return this.#write(this.#known.slice(0, -1), last, message, () => {
      if (last !== undefined) this.#delete([last]);
      return this.#insert(message, stats);
    });
  }

  removeLast(count: number): void {
    if (count <= 0) return;
    const gone = this.#known.slice(-count);
    this.#known = this.#known.slice(0, -count);
    this.#database.transaction(() => {
      this.#delete(gone.filter((id) => id !== undefined));
      this.#database.run(
        `DELETE FROM conversation WHERE id = ? AND NOT EXISTS
          (SELECT 1 FROM message WHERE message.conversation = conversation.number)`,
        this.id,
      );
    });
  }

  update(change: ConversationChange): void {
    const { title } = change;
    this.#head = {
      ...this.#head,
      ...change,
      title: title === undefined ? this.#head.title : oneLine(title),
    };
    const { id, model, parameters, system } = this.#head;
    this.#database.run(
      'UPDATE conversation SET title = ?, model = ?, system = ?, parameters = ? WHERE id = ?',
      this.#head.title,
      model,
      system ?? null,
      writeFields(parameters),
      id,
    );
  }

  clear(): void {
    this.#head = { ...this.#head, id: newConversationId(), title: '' };
    this.#known = [];
  }

  /** Where nothing can be written, what was in the place of the message stays there. */
  #write(
    before: Known,
    previous: number | undefined,
    message: Message,
    work: () => number,
  ): number {
    if (this.#head.title === '' && message.role === 'user') {
      this.#head = { ...this.#head, title: titleOf(message) };
    }
    this.#known = [...before, previous];
    const id = this.#database.transaction(work);
    this.#known = [...before, id];
    return id;
  }

  #insert(message: Message, stats: Fields | undefined): number {
    const now = this.#now().getTime();
    const { rowId } = this.#database.run(
      `INSERT INTO message (conversation, role, content, reasoning, stopped, stats, at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      this.#conversation(now),
      message.role,
      message.content,
      message.reasoning ?? null,
      message.stopped === true ? 1 : 0,
      writeFields(stats),
      now,
    );
    for (const { data, mimeType, name } of message.images ?? []) {
      this.#database.run(
        'INSERT INTO image (message, name, mime_type, data) VALUES (?, ?, ?, ?)',
        rowId,
        name,
        mimeType,
        Buffer.from(data, 'base64'),
      );
    }
    return rowId;
  }

  /**
   * The number of the conversation, which is made by its first message; also when somebody has
   * removed it meanwhile: what is said from now on is kept all the same.
   */
  #conversation(now: number): number {
    const { id, model, parameters, system, title } = this.#head;
    const [row] = this.#database.all<{ number: number }>(
      `INSERT INTO conversation (id, title, model, system, parameters, created_at, updated_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
       ON CONFLICT (id) DO UPDATE SET
         updated_at = excluded.updated_at,
         title = CASE title WHEN '' THEN excluded.title ELSE title END
       RETURNING number`,
      id,
      title,
      model,
      system ?? null,
      writeFields(parameters),
      now,
    );
    if (row === undefined) throw new Error('The database did not answer which row it wrote');
    return row.number;
  }

  #delete(messages: readonly number[]): void {
    for (const id of messages) this.#database.run('DELETE FROM message WHERE id = ?', id);
  }
}
