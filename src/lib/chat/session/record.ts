import { LlameroError } from '../../errors.ts';
import type { Conversation } from '../conversation.ts';
import type { ConversationChange, ConversationWriter, History } from '../history/types.ts';
import type { Message } from '../message.ts';

/** What is kept about an answer besides its words. */
export type AnswerFigures = Readonly<Record<string, unknown>>;

/**
 * Keeps a conversation in the history while it goes on. What cannot be written is told once and
 * costs the conversation nothing; `/save` tries anew.
 */
export class ConversationRecord {
  readonly #history: History | undefined;
  readonly #onFailure: (error: LlameroError) => void;
  #writer: ConversationWriter | undefined;
  #failed = false;

  constructor(
    history: History | undefined,
    writer: ConversationWriter | undefined,
    onFailure: (error: LlameroError) => void,
  ) {
    this.#history = history;
    this.#writer = writer;
    this.#onFailure = onFailure;
  }

  /** Whether what is said now is kept. */
  get isKept(): boolean {
    return this.#writer !== undefined && !this.#failed;
  }

  /** The id of the conversation, where it is kept. */
  get id(): string | undefined {
    return this.isKept ? this.#writer?.id : undefined;
  }

  add(message: Message, figures?: AnswerFigures): void {
    this.#write((writer) => writer.append(message, figures));
  }

  /** Puts a message in the place of the last one. */
  replaceLast(message: Message, figures?: AnswerFigures): void {
    this.#write((writer) => writer.replaceLast(message, figures));
  }

  removeLast(count: number): void {
    if (count > 0) this.#write((writer) => writer.removeLast(count));
  }

  update(change: ConversationChange): void {
    this.#write((writer) => writer.update(change));
  }

  /** Leaves the conversation in the history as it is; what is said from now on is another one. */
  beginAnew(): void {
    this.#failed = false;
    this.#write((writer) => writer.clear());
  }

  /** Goes on with another conversation. */
  moveTo(writer: ConversationWriter): void {
    this.#writer = writer;
    this.#failed = false;
  }

  /**
   * Keeps a conversation that was not kept until now, from its first message on.
   *
   * @returns whether there is a history to keep it in
   * @throws LlameroError when it cannot be written
   */
  keep(conversation: Conversation, model: string): boolean {
    if (this.#history === undefined) return false;
    const writer = this.#history.begin({ model, system: conversation.system });
    for (const message of conversation.turns) writer.append(message);
    this.moveTo(writer);
    return true;
  }

  #write(work: (writer: ConversationWriter) => void): void {
    if (this.#writer === undefined || this.#failed) return;
    try {
      work(this.#writer);
    } catch (error) {
      if (!(error instanceof LlameroError)) throw error;
      // A conversation with a hole in it is worth less than one that ends.
      this.#failed = true;
      this.#onFailure(error);
    }
  }
}
