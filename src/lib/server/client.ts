import type { IncomingMessage } from 'node:http';

import { abortError } from '../errors.ts';
import { type AnswerListener, AnswerReader, type ChatAnswer, warmUp } from './client-answer.ts';
import { type ServerAddress, answerError, goneError, openRequest, readText } from './request.ts';

export type { ChatAnswer } from './client-answer.ts';
export type { Timings } from './client-chunk.ts';

/** How an answer is received. */
export interface ChatOptions extends AnswerListener {
  /**
   * Told what had come when the answer is broken off by a failure or by the signal, just before the
   * error is thrown. Not called when the request was refused as a whole.
   */
  readonly onPartial?: ((answer: ChatAnswer) => void) | undefined;
  /** Aborting it closes the connection, and with that the server stops its work. */
  readonly signal?: AbortSignal | undefined;
  /** A clock in milliseconds; the process's own unless told. */
  readonly now?: (() => number) | undefined;
}

type RequestBody = Readonly<Record<string, unknown>>;

/**
 * Sends a chat to `/v1/chat/completions` and receives the answer piece by piece.
 *
 * @param body the request without `stream`, see `chatRequest`
 * @throws LlameroError SERVER_ANSWER with the server's own words; CONTEXT_EXCEEDED; SERVER_GONE when
 *   it leaves before the answer is whole; INTERRUPTED
 */
export function streamChat(
  address: ServerAddress,
  body: RequestBody,
  options: ChatOptions = {},
): Promise<ChatAnswer> {
  return streamAnswer(address, '/v1/chat/completions', body, options);
}

/**
 * Lets the model go on with a text as it is, without a chat template, through `/v1/completions`.
 *
 * @param body the request without `stream`, see `completionRequest`
 * @throws LlameroError as {@link streamChat}
 */
export function streamCompletion(
  address: ServerAddress,
  body: RequestBody,
  options: ChatOptions = {},
): Promise<ChatAnswer> {
  return streamAnswer(address, '/v1/completions', body, options);
}

async function streamAnswer(
  address: ServerAddress,
  path: string,
  body: RequestBody,
  options: ChatOptions,
): Promise<ChatAnswer> {
  const { now = () => performance.now(), signal } = options;
  const sent = now();
  const response = await openRequest(address, {
    method: 'POST',
    path,
    body: {
      ...body,
      stream: true,
      stream_options: { include_usage: true },
      return_progress: true,
      // With the figures in every event also an answer that is stopped has some.
      timings_per_token: true,
    },
    signal,
    // While the server reads the prompt there is time for what the first token would wait for.
    onSent: warmUp,
  });
  if (response.statusCode !== 200) {
    throw answerError(response.statusCode ?? 0, await readText(address, response, signal));
  }
  const answer = new AnswerReader(options, () => (now() - sent) / 1000);
  try {
    for await (const piece of piecesOf(response, address, signal)) {
      answer.feed(piece);
      if (answer.isComplete) return answer.result();
    }
    throw goneError(address, new Error('it left in the middle of the answer'));
  } catch (error) {
    options.onPartial?.(answer.result());
    throw error;
  } finally {
    response.destroy();
  }
}

/** What arrives. Only failures of the connection become the server's: not those of who listens. */
async function* piecesOf(
  response: IncomingMessage,
  address: ServerAddress,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : goneError(address, error);
  }
}
