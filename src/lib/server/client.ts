import { type EventSourceParser, createParser } from 'eventsource-parser';
import { z } from 'zod';

import { LlameroError, abortError } from '../errors.ts';
import { type ServerAddress, answerError, goneError, openRequest, readText } from './request.ts';

/** Tokens of one answer. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** What an answer took. */
export interface Timings {
  /** Tokens of the prompt that were worked on. */
  readonly promptTokens: number;
  /** Tokens of the prompt that the server still knew from before. */
  readonly cachedTokens: number;
  readonly promptTokensPerSecond: number;
  readonly completionTokens: number;
  readonly completionTokensPerSecond: number;
}

/** A whole answer. */
export interface ChatAnswer {
  readonly text: string;
  /** What a reasoning model thought before it answered. */
  readonly reasoning?: string;
  /** `stop`, `length` when a limit cut the answer short; null when the server did not say. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly timings: Timings | null;
}

/** How an answer is received. */
export interface ChatOptions {
  readonly onText?: ((text: string) => void) | undefined;
  readonly onReasoning?: ((text: string) => void) | undefined;
  /** Aborting it closes the connection, and with that the server stops its work. */
  readonly signal?: AbortSignal | undefined;
}

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({ content: z.string().nullish(), reasoning_content: z.string().nullish() })
          .optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      total_tokens: z.number(),
    })
    .nullish(),
  timings: z
    .object({
      cache_n: z.number().default(0),
      prompt_n: z.number(),
      prompt_per_second: z.number().nullable(),
      predicted_n: z.number(),
      predicted_per_second: z.number().nullable(),
    })
    .nullish(),
});

/**
 * Sends a chat to `/v1/chat/completions` and receives the answer piece by piece.
 *
 * @param body the request without `stream`, see {@link requestBody} of the conversation
 * @throws LlameroError SERVER_ANSWER with the server's own words; SERVER_GONE when it leaves before
 *   the answer is whole; INTERRUPTED
 */
export async function streamChat(
  address: ServerAddress,
  body: Readonly<Record<string, unknown>>,
  options: ChatOptions = {},
): Promise<ChatAnswer> {
  const { signal } = options;
  const response = await openRequest(address, {
    method: 'POST',
    path: '/v1/chat/completions',
    body: { ...body, stream: true, stream_options: { include_usage: true } },
    signal,
  });
  if (response.statusCode !== 200) {
    throw answerError(response.statusCode ?? 0, await readText(address, response, signal));
  }
  // Characters split over two pieces are put together by the stream's own decoder.
  response.setEncoding('utf8');
  const answer = new AnswerReader(options);
  try {
    for await (const piece of response as AsyncIterable<string>) {
      answer.feed(piece);
      if (answer.isComplete) return answer.result();
    }
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    throw error instanceof LlameroError ? error : goneError(address, error);
  } finally {
    response.destroy();
  }
  if (signal?.aborted === true) throw abortError(signal);
  throw goneError(address, new Error('it left in the middle of the answer'));
}

/** Puts an answer together from server-sent events, however they are cut into pieces. */
export class AnswerReader {
  readonly #options: ChatOptions;
  readonly #parser: EventSourceParser;
  #text = '';
  #reasoning = '';
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #timings: Timings | null = null;
  #complete = false;
  #failure: LlameroError | undefined;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#parser = createParser({
      onEvent: ({ data }) => this.#receive(data),
      onError: (error) => {
        // Some builds write a failure in the middle of an answer as a field of that name.
        if (error.field === 'error') this.#failure ??= answerError(500, error.value ?? '');
      },
    });
  }

  /** Whether the server has said that there is no more. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** @throws LlameroError SERVER_ANSWER when the server reports a failure */
  feed(piece: string): void {
    this.#parser.feed(piece);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What has been received. */
  result(): ChatAnswer {
    return {
      text: this.#text,
      ...(this.#reasoning === '' ? {} : { reasoning: this.#reasoning }),
      finishReason: this.#finishReason,
      usage: this.#usage,
      timings: this.#timings,
    };
  }

  #receive(data: string): void {
    if (this.#complete || this.#failure !== undefined) return;
    if (data === '[DONE]') {
      this.#complete = true;
      return;
    }
    const chunk = chunkSchema.safeParse(parseJson(data));
    if (!chunk.success || /^\s*\{\s*"error"/u.test(data)) {
      this.#failure = answerError(500, data);
      return;
    }
    const { choices, timings, usage } = chunk.data;
    for (const { delta, finish_reason: finishReason } of choices) {
      this.#take(delta?.content ?? '', delta?.reasoning_content ?? '');
      this.#finishReason = finishReason ?? this.#finishReason;
    }
    if (usage) {
      this.#usage = {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
        totalTokens: usage.total_tokens,
      };
    }
    if (timings) {
      this.#timings = {
        promptTokens: timings.prompt_n,
        cachedTokens: timings.cache_n,
        promptTokensPerSecond: timings.prompt_per_second ?? 0,
        completionTokens: timings.predicted_n,
        completionTokensPerSecond: timings.predicted_per_second ?? 0,
      };
    }
  }

  #take(text: string, reasoning: string): void {
    this.#text += text;
    this.#reasoning += reasoning;
    if (reasoning !== '') this.#options.onReasoning?.(reasoning);
    if (text !== '') this.#options.onText?.(text);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
