import http from 'node:http';

import { LlameroError, abortError, systemErrorCode } from '../errors.ts';
import { oneLine } from '../plain-text.ts';

/** Where a server listens, and what it wants to hear. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** Sent with every request to a server that asks for it. Never written into a log or an error. */
  readonly apiKey?: string;
}

/** A request to a server. */
export interface ServerRequest {
  readonly method: 'GET' | 'POST';
  /** Path with query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /**
   * Seconds without a sign of life after which the server counts as gone. Without it the wait has
   * no end: a long prompt on a slow machine is worked on in silence.
   */
  readonly timeoutSeconds?: number;
  /** Called when all of the request is on its way, and the server has work to do. */
  readonly onSent?: (() => void) | undefined;
}

/** Far more than the list of a thousand models takes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * The URL of a server: `http://127.0.0.1:5526`. A server that listens everywhere is reached on
 * loopback.
 */
export function serverUrl(address: ServerAddress): string {
  const host = reachableHost(address.host);
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/**
 * Opens a request and hands over the answer once its head is there. The global `fetch` is not used:
 * it gives up after 300 s of silence, which a long prompt can take.
 *
 * @throws LlameroError SERVER_GONE when the server cannot be reached or leaves, INTERRUPTED
 */
export function openRequest(
  address: ServerAddress,
  request: ServerRequest,
): Promise<http.IncomingMessage> {
  const { body, method, onSent, path, signal, timeoutSeconds } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(signal));
      return;
    }
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const outgoing = http.request({
      host: reachableHost(address.host),
      port: address.port,
      method,
      path,
      agent: false,
      headers: {
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': payload.length }),
        ...(address.apiKey === undefined ? {} : { authorization: `Bearer ${address.apiKey}` }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (onSent !== undefined) outgoing.on('finish', onSent);
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => {
      reject(signal?.aborted === true ? abortError(signal) : goneError(address, error));
    });
    if (timeoutSeconds !== undefined) {
      outgoing.setTimeout(timeoutSeconds * 1000, () => {
        outgoing.destroy(new Error(`no answer within ${timeoutSeconds} s`));
      });
    }
    outgoing.end(payload);
  });
}

/**
 * Asks for a JSON document.
 *
 * @throws LlameroError SERVER_GONE, SERVER_ANSWER with the server's own words, INTERRUPTED
 */
export async function requestJson(
  address: ServerAddress,
  request: ServerRequest,
): Promise<unknown> {
  const answer = await openRequest(address, request);
  const text = await readText(address, answer, request.signal);
  if (answer.statusCode !== 200) throw answerError(answer.statusCode ?? 0, text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LlameroError(
      'SERVER_ANSWER',
      `${serverUrl(address)} does not answer like llama-server`,
      { hint: HOW_TO_RESTART, cause: error },
    );
  }
}

/** The whole text of an answer. */
export async function readText(
  address: ServerAddress,
  answer: http.IncomingMessage,
  signal?: AbortSignal,
): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too large');
      pieces.push(piece);
    }
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : goneError(address, error);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const HOW_TO_RESTART =
  'Look at the server with `llamero ps`; `llamero stop --all` ends it and the next `llamero run` starts it anew';

/** The error of a server that cannot be reached or has left. */
export function goneError(address: ServerAddress, cause: unknown): LlameroError {
  const why =
    systemErrorCode(cause) === 'ECONNREFUSED'
      ? 'nobody listens there'
      : systemErrorCode(cause) === 'ECONNRESET'
        ? 'it closed the connection'
        : oneLine(cause instanceof Error ? cause.message : String(cause));
  return new LlameroError('SERVER_GONE', `The server at ${serverUrl(address)} is gone: ${why}`, {
    hint: HOW_TO_RESTART,
    cause,
  });
}

/** The figures of a prompt that does not fit: the `cause` of a CONTEXT_EXCEEDED error. */
export class ContextExceeded extends Error {
  override readonly name = 'ContextExceeded';
  readonly promptTokens: number;
  readonly contextSize: number;

  constructor(promptTokens: number, contextSize: number) {
    super(`${promptTokens} tokens do not fit into a context of ${contextSize}`);
    this.promptTokens = promptTokens;
    this.contextSize = contextSize;
  }
}

/**
 * The error of an answer that says no: llama-server's `{"error":{"message","type"}}`, or whatever
 * it is.
 *
 * @param status undefined when the refusal came in the middle of an answer
 */
export function answerError(status: number | undefined, text: string): LlameroError {
  const { exceeded, message, type } = errorWords(text);
  if (type === 'exceed_context_size_error') return contextError(exceeded, message);
  const what =
    message ?? (status === undefined ? 'something that is no answer' : `HTTP status ${status}`);
  return new LlameroError(
    'SERVER_ANSWER',
    `The server says: ${what}`,
    type === 'authentication_error'
      ? { hint: 'It wants the API key that it was started with: set LLAMERO_API_KEY' }
      : {},
  );
}

function contextError(
  exceeded: ContextExceeded | undefined,
  message: string | undefined,
): LlameroError {
  if (exceeded === undefined) {
    return new LlameroError(
      'CONTEXT_EXCEEDED',
      `The prompt is too long: ${message ?? 'no figures'}`,
      {
        hint: 'Use a larger context with `-c <tokens>`, or a shorter prompt',
      },
    );
  }
  const { contextSize, promptTokens } = exceeded;
  // Room for an answer has to be left as well.
  const wanted = Math.ceil((promptTokens + 1024) / 1024) * 1024;
  return new LlameroError(
    'CONTEXT_EXCEEDED',
    `The prompt takes ${promptTokens} tokens, and the context holds ${contextSize}`,
    {
      hint: [
        `Load the model with a larger context: \`-c ${wanted}\``,
        'or make the prompt shorter; in a chat `/compact` sums up what was said before',
      ].join('\n'),
      cause: exceeded,
    },
  );
}

interface ErrorWords {
  readonly message?: string;
  readonly type?: string;
  readonly exceeded?: ContextExceeded;
}

function errorWords(text: string): ErrorWords {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const words = oneLine(text).slice(0, 300);
    return words === '' ? {} : { message: words };
  }
  const error = field(value, 'error') ?? value;
  const message = typeof error === 'string' ? error : field(error, 'message');
  const type = field(error, 'type');
  const promptTokens = field(error, 'n_prompt_tokens');
  const contextSize = field(error, 'n_ctx');
  return {
    ...(typeof message === 'string' ? { message: oneLine(message).slice(0, 1000) } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof promptTokens === 'number' && typeof contextSize === 'number'
      ? { exceeded: new ContextExceeded(promptTokens, contextSize) }
      : {}),
  };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
