import { type EventSourceParser, createParser } from 'eventsource-parser';

import type { LlameroError } from '../errors.ts';
import {
  type AnswerChunk,
  type PromptProgress,
  type Timings,
  type ToolCallPiece,
  type Usage,
  readChunk,
} from './client-chunk.ts';
import { answerError } from './request.ts';

/** A tool that the model wants called. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

/** An answer: whole, or as far as it came. */
export interface ChatAnswer {
  readonly text: string;
  /** What a reasoning model thought before it answered. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** `stop`, `length` when a limit cut the answer short; null when the server did not say. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly timings: Timings | null;
  /** Seconds from the request to the first token, as seen from here. */
  readonly firstTokenSeconds?: number;
}

/** What is told while an answer comes. */
export interface AnswerListener {
  readonly onText?: ((text: string) => void) | undefined;
  readonly onReasoning?: ((text: string) => void) | undefined;
  /** The prompt is being read. */
  readonly onProgress?: ((progress: PromptProgress) => void) | undefined;
}

/** Puts an answer together from server-sent events, however they are cut into pieces. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  readonly #parser: EventSourceParser;
  readonly #elapsedSeconds: () => number;
  readonly #toolCalls = new Map<number, ToolCall>();
  // Puts characters together that are split over two pieces.
  readonly #decoder = new TextDecoder();
  #text = '';
  #reasoning = '';
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #timings: Timings | null = null;
  #firstTokenSeconds: number | undefined;
  #complete = false;
  #failure: LlameroError | undefined;

  /** @param elapsedSeconds seconds since the request was sent */
  constructor(listener: AnswerListener, elapsedSeconds: () => number) {
    this.#listener = listener;
    this.#elapsedSeconds = elapsedSeconds;
    this.#parser = createParser({
      onEvent: ({ data }) => this.#receive(data),
      onError: (error) => {
        // Some builds write a failure in the middle of an answer as a field of that name.
        if (error.field === 'error') this.#failure ??= answerError(undefined, error.value ?? '');
      },
    });
  }

  /** Whether the server has said that there is no more. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** @throws LlameroError SERVER_ANSWER, CONTEXT_EXCEEDED when the server reports a failure */
  feed(piece: Uint8Array): void {
    this.#parser.feed(this.#decoder.decode(piece, { stream: true }));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What has been received. Of an answer that was broken off the usage is taken from its timings. */
  result(): ChatAnswer {
    const toolCalls = [...this.#toolCalls.values()];
    return {
      text: this.#text,
      ...(this.#reasoning === '' ? {} : { reasoning: this.#reasoning }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      finishReason: this.#finishReason,
      usage: this.#usage ?? usageOf(this.#timings),
      timings: this.#timings,
      ...(this.#firstTokenSeconds === undefined
        ? {}
        : { firstTokenSeconds: this.#firstTokenSeconds }),
    };
  }

  #receive(data: string): void {
    if (this.#complete || this.#failure !== undefined) return;
    if (data === '[DONE]') {
      this.#complete = true;
      return;
    }
    const chunk = readChunk(data);
    if (chunk === undefined) this.#failure = answerError(undefined, data);
    else this.#take(chunk);
  }

  #take(chunk: AnswerChunk): void {
    const { progress, reasoning, text, toolCalls } = chunk;
    this.#text += text;
    this.#reasoning += reasoning;
    for (const piece of toolCalls) this.#takeToolCall(piece);
    this.#finishReason = chunk.finishReason ?? this.#finishReason;
    this.#usage = chunk.usage ?? this.#usage;
    this.#timings = chunk.timings ?? this.#timings;
    if (text !== '' || reasoning !== '' || toolCalls.length > 0) {
      this.#firstTokenSeconds ??= Math.round(this.#elapsedSeconds() * 1000) / 1000;
    }
    if (progress !== undefined) this.#listener.onProgress?.(progress);
    if (reasoning !== '') this.#listener.onReasoning?.(reasoning);
    if (text !== '') this.#listener.onText?.(text);
  }

  #takeToolCall(piece: ToolCallPiece): void {
    const known = this.#toolCalls.get(piece.index);
    this.#toolCalls.set(piece.index, {
      id: piece.id ?? known?.id ?? '',
      name: piece.name ?? known?.name ?? '',
      arguments: (known?.arguments ?? '') + piece.arguments,
    });
  }
}

/** Loads and compiles what reading an answer takes, so that the first piece of one is read at once. */
export function warmUp(): void {
  const event = 'data: {"choices":[{"delta":{"content":"a"}}],"timings":null}\n\n';
  new AnswerReader({}, () => 0).feed(new TextEncoder().encode(event));
}

function usageOf(timings: Timings | null): Usage | null {
  if (timings === null) return null;
  const promptTokens = timings.cachedTokens + timings.promptTokens;
  const { completionTokens } = timings;
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
}
