import type { Database } from './database.ts';
import type { PromptHistory } from './types.ts';

/** How many prompts are kept. */
const MOST = 1_000;
/** A longer one is text that was pasted, which nobody looks for with the arrow keys. */
const LONGEST = 50_000;

/** What was typed at the prompt, shared by all chats of this machine. */
export class DatabasePrompts implements PromptHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  entries(): readonly string[] {
    const rows = this.#database.all<{ text: string }>('SELECT text FROM prompt ORDER BY id');
    return rows.map(({ text }) => text);
  }

  add(text: string): void {
    if (text.trim() === '' || text.length > LONGEST) return;
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM prompt WHERE text = ?', text);
      this.#database.run('INSERT INTO prompt (text) VALUES (?)', text);
      this.#database.run(
        'DELETE FROM prompt WHERE id <= (SELECT id FROM prompt ORDER BY id DESC LIMIT 1 OFFSET ?)',
        MOST,
      );
    });
  }
}
