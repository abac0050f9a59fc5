import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

import { historyError } from './failure.ts';

/**
 * A database whose failures come out as errors that a user understands, and whose statements are
 * prepared once. Row types are the caller's word for it: the tables are STRICT, so what a column
 * declares is what comes out of it.
 */
export class Database implements Disposable {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.file = file;
  }

  /** Runs statements that take no values and give no rows. */
  execute(sql: string): void {
    this.#guard(() => this.#database.exec(sql));
  }

  /** Changes rows; answers how many, and the number of the row that was added last. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; rowId: number } {
    return this.#guard(() => {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
      return { changes: Number(changes), rowId: Number(lastInsertRowid) };
    });
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...values)) as Row[];
  }

  /** The rows one by one, for who wants to stop in between. */
  *each<Row>(sql: string, ...values: SQLInputValue[]): Generator<Row, void> {
    const rows = this.#guard(() => this.#prepare(sql).iterate(...values));
    try {
      for (;;) {
        const next = this.#guard(() => rows.next());
        if (next.done === true) return;
        yield next.value as Row;
      }
    } finally {
      rows.return?.();
    }
  }

  /**
   * Does work as one transaction: all of it is on the disk afterwards, or, when it throws, nothing.
   * The lock to write is taken at once, so that the work never fails halfway for want of it.
   */
  transaction<T>(work: () => T): T {
    this.execute('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      // Where the disk is full SQLite has taken everything back by itself.
      if (this.#database.isTransaction) this.execute('ROLLBACK');
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#guard(() => this.#database.close());
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw historyError(error, this.file);
    }
  }
}
