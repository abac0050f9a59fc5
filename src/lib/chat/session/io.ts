import type { Message } from '../message.ts';

/** What somebody did at the prompt. */
export type PromptInput =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'interrupted'; readonly hadText: boolean }
  | { readonly type: 'closed' };

/** A line of a list: a name, and what is said of it. */
export type ListRow = readonly [name: string, text: string];

/** One of several things to choose from. */
export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
  /** What is said about it beside its name. */
  readonly remark?: string;
}

/** How an answer is shown. */
export interface AnswerStyle {
  /** Rendered as Markdown; as the model wrote it otherwise. */
  readonly markdown: boolean;
  /** What is shown of a model's thoughts: their last lines while it thinks, all, or none. */
  readonly thinking: ThinkingView;
}

export type ThinkingView = 'folded' | 'all' | 'none';

/** An answer that is being shown. */
export interface AnswerView {
  /** How much of the prompt was read, 0 to 1. */
  progress(share: number): void;
  reasoning(piece: string): void;
  text(piece: string): void;
  /** Ends the last line; everything is on the screen afterwards. */
  end(): void;
}

/**
 * What a conversation needs of a terminal. Everything shown may come from a model, a file or the
 * network: the one who draws strips control characters.
 */
export interface ChatIo {
  /** Asks for a prompt; `initial` stands there already. */
  readPrompt(options: { readonly initial: string }): Promise<PromptInput>;
  /** What a command answers; may be of several lines. */
  say(text: string): void;
  /** What a command answers as a list: names, and what is said of each. */
  list(rows: readonly ListRow[]): void;
  /** A remark about the conversation. */
  note(line: string): void;
  /** Something that went wrong. */
  warn(line: string): void;
  /** A line that says what is being waited for, until it is taken away with undefined. */
  status(line: string | undefined): void;
  /** Begins to show an answer. */
  answer(style: AnswerStyle): AnswerView;
  /** Shows a part of an earlier conversation. */
  replay(messages: readonly Message[]): void;
  /** Lets the user pick; undefined when it was left without a choice. */
  choose<Value>(
    question: string,
    choices: readonly Choice<Value>[],
    signal: AbortSignal,
  ): Promise<Value | undefined>;
  /** Asks a question with yes or no for an answer; no when it was left. */
  confirm(question: string, byDefault: boolean, signal: AbortSignal): Promise<boolean>;
}
