import type { ImageAttachment, Message } from './message.ts';

/** What stands in for the oldest messages of a conversation that outgrew the context. */
export interface Summary {
  /** What they were about; empty when they were dropped without a word. */
  readonly text: string;
  /** How many messages it stands for, counted from the first. */
  readonly covers: number;
}

/** What a conversation is made from when it is taken up again. */
export interface ConversationParts {
  readonly system?: string | undefined;
  readonly turns?: readonly Message[];
  readonly summary?: Summary | undefined;
}

const SUMMARY_INTRODUCTION = 'What was said before, summed up:';

/** A conversation as far as it has come. All of it is kept; what is sent may be less. */
export class Conversation {
  #system: string | undefined;
  #turns: Message[];
  #summary: Summary | undefined;

  constructor({ summary, system, turns = [] }: ConversationParts = {}) {
    this.#system = system === '' ? undefined : system;
    this.#turns = [...turns];
    this.#summary = summary;
  }

  get system(): string | undefined {
    return this.#system;
  }

  set system(text: string | undefined) {
    this.#system = text === '' ? undefined : text;
  }

  /** Everything that was said, without the system prompt. */
  get turns(): readonly Message[] {
    return this.#turns;
  }

  get summary(): Summary | undefined {
    return this.#summary;
  }

  /** What was said since the summary: the part that is sent word for word. */
  get recent(): readonly Message[] {
    return this.#turns.slice(this.#summary?.covers ?? 0);
  }

  /**
   * The messages that come before the turns. They stay the same, byte for byte, from turn to turn,
   * so that the server need not read them again.
   */
  get head(): readonly Message[] {
    const parts = [this.#system];
    const summary = this.#summary?.text ?? '';
    if (summary !== '') parts.push(`${SUMMARY_INTRODUCTION}\n\n${summary}`);
    const content = parts.filter((part) => part !== undefined).join('\n\n');
    return content === '' ? [] : [{ role: 'system', content }];
  }

  /**
   * The messages as they are sent. A question that was never answered, because the program was
   * killed, becomes one with the question after it: many chat templates refuse two in a row.
   */
  get messages(): readonly Message[] {
    const sent: Message[] = [];
    for (const message of this.recent) {
      const before = sent.at(-1);
      if (message.role === 'user' && before?.role === 'user') {
        sent[sent.length - 1] = together(before, message);
      } else sent.push(message);
    }
    return [...this.head, ...sent];
  }

  /** The last answer, if the last word was the model's. */
  get lastAnswer(): Message | undefined {
    const last = this.#turns.at(-1);
    return last?.role === 'assistant' ? last : undefined;
  }

  /** Adds what the user says. */
  ask(content: string, images: readonly ImageAttachment[] = []): Message {
    const message: Message = { role: 'user', content, ...(images.length === 0 ? {} : { images }) };
    this.#turns.push(message);
    return message;
  }

  /** Adds an answer, also one that was stopped halfway. */
  answer(
    content: string,
    more: { readonly reasoning?: string; readonly stopped?: boolean } = {},
  ): Message {
    const message: Message = {
      role: 'assistant',
      content,
      ...(more.reasoning === undefined || more.reasoning === ''
        ? {}
        : { reasoning: more.reasoning }),
      ...(more.stopped === true ? { stopped: true } : {}),
    };
    this.#turns.push(message);
    return message;
  }

  /** Takes the last messages back and answers them. A summary of any of them goes with them. */
  takeBack(count: number): readonly Message[] {
    const taken = this.#turns.splice(Math.max(0, this.#turns.length - count), count);
    if (this.#summary !== undefined && this.#summary.covers > this.#turns.length) {
      this.#summary = undefined;
    }
    return taken;
  }

  /** How many messages the last question and all that followed it are; 0 without a question. */
  get lastExchange(): number {
    const index = this.#turns.findLastIndex(({ role }) => role === 'user');
    return index === -1 ? 0 : this.#turns.length - index;
  }

  /** From now on sends a summary in place of the oldest messages. */
  summarise(summary: Summary): void {
    this.#summary = { ...summary, covers: Math.min(summary.covers, this.#turns.length) };
  }

  /** Forgets everything but the system prompt. */
  clear(): void {
    this.#turns = [];
    this.#summary = undefined;
  }
}

function together(one: Message, other: Message): Message {
  const images = [...(one.images ?? []), ...(other.images ?? [])];
  return {
    ...other,
    content: `${one.content}\n\n${other.content}`,
    ...(images.length === 0 ? {} : { images }),
  };
}

/**
 * A prompt from the command line and one from a pipe as one message: the words first, then the text
 * they are about.
 */
export function joinPrompt(argument: string | undefined, piped: string | undefined): string {
  const parts = [argument, piped?.trimEnd()];
  return parts.filter((part) => part !== undefined && part.trim() !== '').join('\n\n');
}
