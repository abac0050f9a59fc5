import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { Refusal, textAnswer } from './answer.ts';

/** The parts of a request that a host decides on. */
export interface HostRequest {
  readonly method: string;
  /** Path as it came, still encoded, without the query. */
  readonly rawPath: string;
  /** Parts of the path, decoded. */
  readonly segments: readonly string[];
  /** What stands after `?`, as it came. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The whole body; asked for by the few routes that have one. */
  body(): Promise<string>;
}

/** The largest request body a route accepts. */
const BODY_LIMIT = 1_000_000;

/**
 * Takes a request apart. Not by `new URL`: that would fold `..` away and read `//host` as an
 * origin, and this server is to see what the client sent.
 *
 * @throws Refusal 400 for a path that is not properly encoded
 */
export function readRequest(message: IncomingMessage): HostRequest {
  const [rawPath = '', ...rest] = (message.url ?? '').split('?');
  const rawQuery = rest.join('?');
  return {
    method: message.method ?? 'GET',
    rawPath,
    segments: rawPath.split('/').slice(1).map(decodeSegment),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: message.headers,
    body: () => readBody(message),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(textAnswer(400, 'Bad Request'));
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new Refusal(textAnswer(413, 'Payload Too Large'));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
