import type { Message } from '../message.ts';

/** What is known of a conversation without reading it. */
export interface ConversationInfo {
  /** Eight letters and digits; a beginning that fits no other conversation may be typed. */
  readonly id: string;
  readonly title: string;
  /** The model that answered last. */
  readonly model: string;
  readonly system?: string;
  readonly createdAt: Date;
  /** When its last message was added. */
  readonly updatedAt: Date;
  readonly messageCount: number;
  /** How it was talked to: whatever the chat wants to find again. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** A message as it is kept. */
export interface StoredMessage extends Message {
  readonly id: number;
  readonly at: Date;
  /** Figures of an answer: tokens, timings. */
  readonly stats?: Readonly<Record<string, unknown>>;
}

/** A conversation with all that was said. */
export interface KeptConversation {
  readonly info: ConversationInfo;
  readonly messages: readonly StoredMessage[];
}

/** A piece of a snippet; those that the search was about are matches. */
export interface SnippetPart {
  readonly text: string;
  readonly match: boolean;
}

/** A conversation that a search found, with the place in it that fits best. */
export interface SearchHit {
  readonly info: ConversationInfo;
  readonly messageId: number;
  /** The words around the place, on one line and safe for a terminal. */
  readonly snippet: string;
  /** The same in pieces. */
  readonly parts: readonly SnippetPart[];
}

/** What a conversation may be begun with. */
export interface ConversationStart {
  readonly model: string;
  readonly system?: string | undefined;
}

/** What may change about a conversation; what is not named stays. */
export interface ConversationChange {
  readonly model?: string;
  /** The system prompt; undefined takes it away. */
  readonly system?: string | undefined;
  readonly title?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * Writes one conversation, each call a transaction that is on the disk when it returns. What other
 * processes add to the same conversation is never touched. Every call may throw LlameroError
 * DISK_FULL, DISK_NOT_WRITABLE, HISTORY_DAMAGED or BUSY; the conversation may go on unsaved then,
 * and later calls try again.
 */
export interface ConversationWriter {
  /** The id under which the conversation is found, also before it is written. */
  readonly id: string;
  /** Adds a message; the first one creates the conversation. Answers its id. */
  append(message: Message, stats?: Readonly<Record<string, unknown>>): number;
  /** Puts a message in the place of the last one, or adds it where there is none. Answers its id. */
  replaceLast(message: Message, stats?: Readonly<Record<string, unknown>>): number;
  /** Takes the last messages away; a conversation without messages is gone until the next one. */
  removeLast(count: number): void;
  update(change: ConversationChange): void;
  /** Leaves the conversation as it is and goes on with a new one of another id. */
  clear(): void;
}

/** Which conversations are listed. */
export interface ListOptions {
  readonly limit?: number | undefined;
  /** A part of the model's name, in any case. */
  readonly model?: string | undefined;
}

/** What was typed at the prompt, for the line editor: oldest first, each text once. */
export interface PromptHistory {
  entries(): readonly string[];
  add(text: string): void;
}

/**
 * The conversations that are kept. Several processes may use the same file at once. Every method
 * may throw LlameroError HISTORY_DAMAGED, BUSY or what a disk refuses.
 */
export interface History extends Disposable {
  readonly prompts: PromptHistory;
  /** Begins a conversation. Nothing is written before its first message. */
  begin(start: ConversationStart): ConversationWriter;
  /** @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS */
  reopen(id: string): KeptConversation & { readonly writer: ConversationWriter };
  /** The conversations, the one last talked in first. */
  list(options?: ListOptions): ConversationInfo[];
  /** How many conversations there are. */
  count(options?: Pick<ListOptions, 'model'>): number;
  /** The conversation last talked in. */
  latest(): ConversationInfo | undefined;
  /**
   * The conversation of an id or of a beginning that fits one alone.
   *
   * @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS
   */
  find(idOrPrefix: string): ConversationInfo;
  /** @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS */
  read(id: string): KeptConversation;
  /**
   * The conversations in which all words occur in one message, the last word as a beginning; each
   * is found once, best match first, prompts before answers. Any text is a valid query.
   */
  search(query: string, options?: Pick<ListOptions, 'limit'>): SearchHit[];
  /** Removes the conversations of these very ids and answers how many there were. */
  remove(ids: readonly string[]): number;
  /** Removes all conversations and all that was typed at the prompt. */
  removeAll(): number;
  /** The conversations in which nothing was said for so many days, the one last talked in first. */
  olderThan(days: number): ConversationInfo[];
  /** Removes the conversations in which nothing was said for so many days. */
  prune(olderThanDays: number): number;
  /**
   * As {@link prune}, but once a day at most, and not at all for 0 days. Meant for the beginning of
   * a chat, before a conversation is reopened.
   */
  pruneDaily(keepDays: number): number;
}
