import { oneLine } from '../../plain-text.ts';
import type { Database } from './database.ts';
import { type ConversationRow, CONVERSATION_COLUMNS, readConversation } from './rows.ts';
import type { SearchHit, SnippetPart } from './types.ts';

/** A word in a prompt says more about a conversation than one in an answer. */
const RANKING = 'bm25(4.0, 1.0)';
const SNIPPET_WORDS = 16;
const SNIPPET_CHARACTERS = 90;
/** More words than these find nothing else, and SQLite limits how many there may be. */
const MOST_WORDS = 32;

/** Around what matches; in a text itself these two occur by malice alone and colour a word wrong. */
const BEGIN = '\u0001';
const END = '\u0002';

interface Place {
  readonly conversation: number;
  readonly message: number;
  readonly snippet: string;
}

/**
 * The query of the index for what somebody typed: each word as a phrase of its own, so that nothing
 * in it is taken for an operator, the last one as a beginning (https://sqlite.org/fts5.html,
 * section 3). Undefined where there is no word in it.
 */
function wordQuery(typed: string): string | undefined {
  const words = typed
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word))
    .slice(0, MOST_WORDS);
  if (words.length === 0) return undefined;
  return `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')}*`;
}

/**
 * Searches the messages for words. What is no word there, as a part of one, punctuation, or writing
 * without blanks between words, is looked for as it stands when nothing else was found; titles that
 * were given by hand always are.
 */
export function searchMessages(database: Database, typed: string, limit: number): SearchHit[] {
  const hits = new Map<number, SearchHit>();
  const take = (places: Iterable<Place>): void => {
    for (const place of places) {
      if (hits.size >= limit) return;
      if (hits.has(place.conversation)) continue;
      const hit = describe(database, place);
      if (hit !== undefined) hits.set(place.conversation, hit);
    }
  };
  const text = typed.trim();
  if (text === '') return [];
  const words = wordQuery(text);
  if (words !== undefined) take(byWords(database, words));
  take(byTitle(database, text));
  if (hits.size === 0) take(byText(database, text));
  return [...hits.values()];
}

function byWords(database: Database, words: string): Iterable<Place> {
  return database.each<Place>(
    `SELECT message.conversation, message.id AS message,
       snippet(message_words, -1, '${BEGIN}', '${END}', '…', ${SNIPPET_WORDS}) AS snippet
     FROM message_words JOIN message ON message.id = message_words.rowid
     WHERE message_words MATCH ? AND rank MATCH '${RANKING}'
     ORDER BY rank`,
    words,
  );
}

function byTitle(database: Database, text: string): Iterable<Place> {
  const places = database.each<Place>(
    `SELECT number AS conversation, title AS snippet,
       (SELECT min(message.id) FROM message WHERE message.conversation = number) AS message
     FROM conversation WHERE instr(lower(title), lower(?)) > 0
     ORDER BY updated_at DESC, number DESC`,
    text,
  );
  return marked(places, text);
}

function byText(database: Database, text: string): Iterable<Place> {
  const places = database.each<Place>(
    `SELECT conversation, id AS message, content AS snippet
     FROM message WHERE role <> 'system' AND instr(lower(content), lower(?)) > 0
     ORDER BY role = 'user' DESC, id DESC`,
    text,
  );
  return marked(places, text);
}

/** Puts the marks into texts that were found as a whole, and cuts out what lies around them. */
function* marked(places: Iterable<Place>, text: string): Generator<Place, void> {
  for (const place of places) {
    const at = place.snippet.toLowerCase().indexOf(text.toLowerCase());
    const from = Math.max(0, at - SNIPPET_CHARACTERS / 3);
    const end = at + text.length;
    const to = Math.max(end, from + SNIPPET_CHARACTERS);
    const before = place.snippet.slice(from, Math.max(at, 0));
    const found = at === -1 ? '' : `${BEGIN}${place.snippet.slice(at, end)}${END}`;
    const after = place.snippet.slice(at === -1 ? from : end, to);
    const snippet = `${from > 0 ? '…' : ''}${before}${found}${after}${to < place.snippet.length ? '…' : ''}`;
    yield { ...place, snippet };
  }
}

function describe(database: Database, place: Place): SearchHit | undefined {
  const [row] = database.all<ConversationRow>(
    `SELECT ${CONVERSATION_COLUMNS} FROM conversation WHERE number = ?`,
    place.conversation,
  );
  if (row === undefined) return undefined;
  const parts = splitSnippet(place.snippet);
  const snippet = parts.map((part) => part.text).join('');
  return { info: readConversation(row), messageId: place.message, snippet, parts };
}

function splitSnippet(marked: string): SnippetPart[] {
  // White space at the seam of two pieces must not vanish: it is made plain before they are cut.
  const line = marked.replaceAll(/\s+/gu, ' ').trim();
  const parts: SnippetPart[] = [];
  for (const [index, piece] of line.split(BEGIN).entries()) {
    const [match = '', rest] = index > 0 ? piece.split(END, 2) : ['', piece];
    parts.push({ text: safe(match), match: true }, { text: safe(rest ?? ''), match: false });
  }
  return parts.filter(({ text }) => text !== '');
}

function safe(text: string): string {
  const bare = oneLine(text);
  if (bare === '') return text.includes(' ') ? ' ' : '';
  return `${text.startsWith(' ') ? ' ' : ''}${bare}${text.endsWith(' ') ? ' ' : ''}`;
}
