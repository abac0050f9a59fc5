import { LlameroError, abortError } from '../errors.ts';
import { formatDiskSize } from '../format.ts';
import type { HttpAgents } from './types.ts';

/** One request as it goes over the wire. */
export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One answer, wholly read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What an exchange may take. */
export interface ExchangeLimits {
  /** Until the head of the answer, and between two pieces of its body. */
  readonly answerSeconds: number;
  /** Bytes, after decompression. */
  readonly bodyLimit: number;
}

const CONNECT_SECONDS = 10;

/**
 * Asks once: no second try, no redirect followed.
 *
 * @throws LlameroError HUB_ANSWER for a body over the limit, what the signal was aborted with, or the
 *   error of the HTTP library, which holds the request's headers: never pass it on
 */
export async function exchange(
  question: Question,
  agents: HttpAgents,
  limits: ExchangeLimits,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { default: got } = await import('got');
  const connect = Math.min(CONNECT_SECONDS, limits.answerSeconds) * 1000;
  const answer = limits.answerSeconds * 1000;
  const stream = got.stream(question.url, {
    method: question.method as 'GET',
    headers: { ...question.headers },
    ...(question.body === undefined ? {} : { body: question.body }),
    agent: { http: agents.http, https: agents.https },
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    http2: false,
    timeout: { lookup: connect, connect, secureConnect: connect, response: answer, socket: answer },
    ...(signal === undefined ? {} : { signal }),
  });
  let head: { readonly status: number; readonly headers: Headers } | undefined;
  stream.once('response', (response: { statusCode: number; headers: IncomingHeaders }) => {
    head = { status: response.statusCode, headers: toHeaders(response.headers) };
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > limits.bodyLimit) throw tooLarge(question, head?.status, limits.bodyLimit);
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    throw error;
  }
  if (head === undefined) throw new Error('an answer without a head');
  return { ...head, body: new Uint8Array(Buffer.concat(chunks)) };
}

function tooLarge(
  { headers, url }: Question,
  status: number | undefined,
  limit: number,
): LlameroError {
  const isWhole = status === 200 && Object.keys(headers).some((name) => /^range$/iu.test(name));
  return isWhole
    ? new LlameroError(
        'HUB_ANSWER',
        `${url.host} serves no parts of files, and this one is large`,
        {
          hint: 'What is in the file can be told when it is here: `llamero pull` fetches it',
        },
      )
    : new LlameroError(
        'HUB_ANSWER',
        `The answer of ${url.host} is larger than ${formatDiskSize(limit)}; it was not read`,
      );
}

type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

function toHeaders(incoming: IncomingHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) {
      headers.append(name, one);
    }
  }
  return headers;
}
