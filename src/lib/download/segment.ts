import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

import type { Request } from 'got';

import { abortError } from '../errors.ts';
import type { Http } from '../http/types.ts';
import { readNetworkFailure } from '../http/network-failure.ts';
import { askedWait } from '../http/retry.ts';
import { oneLine, redact } from '../plain-text.ts';
import { isDiskFailure, writeBody } from './body.ts';
import { SegmentFailure } from './failure.ts';
import type { Location } from './types.ts';
import { Watchdog } from './watchdog.ts';

const WORDS_LIMIT = 1024;

/** A part of a file to fetch: from `start` up to but without `end`. */
export interface SegmentRequest {
  readonly http: Http;
  readonly location: Location;
  readonly handle: FileHandle;
  readonly start: number;
  readonly end: number;
  /** Of the whole file. */
  readonly size: number;
  /** The entity tag of the bytes that are there already. */
  readonly etag: string | undefined;
  /** How long the server may be silent. */
  readonly stallSeconds: number;
  readonly signal: AbortSignal;
  /** Called with the entity tag of the answer, before its first byte is written. */
  readonly onAnswer: (etag: string | undefined) => Promise<void>;
  /** Called when a server ignores the range: the file begins again at 0. */
  readonly onRestart: () => Promise<void>;
  /** Called with the position up to which the file is written. */
  readonly onWritten: (position: number, bytes: number) => void;
}

/**
 * Fetches one part of a file into its place. Every answer is checked before a byte of it is
 * written.
 *
 * @throws SegmentFailure when less than all of it came; what came is written and was reported
 */
export async function fetchSegment(request: SegmentRequest): Promise<void> {
  const stream = await openStream(request);
  const watchdog = new Watchdog(request.stallSeconds, () => {
    stream.destroy(new Error(`the server sent nothing for ${request.stallSeconds} s`));
  });
  const stop = (): void => {
    stream.destroy(abortError(request.signal));
  };
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    watchdog.start();
    const [response] = (await once(stream, 'response')) as [IncomingMessage];
    const position = await checkAnswer(request, response, stream);
    await writeBody({
      handle: request.handle,
      stream,
      start: position,
      // A 200 carries the whole file, whatever part was asked for.
      end: position === request.start ? request.end : request.size,
      watchdog,
      onWritten: request.onWritten,
    });
  } catch (error) {
    if (request.signal.aborted) throw abortError(request.signal);
    if (error instanceof SegmentFailure || isDiskFailure(error)) throw error;
    // The HTTP library's error holds the request's URL and headers, so it is not passed on.
    throw new SegmentFailure('again', describeFailure(error));
  } finally {
    watchdog.stop();
    request.signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

async function openStream(request: SegmentRequest): Promise<Request> {
  const { default: got } = await import('got');
  const { http, location, start, end, etag } = request;
  const stream = got.stream(location.url, {
    agent: http.agents,
    headers: {
      ...location.headers,
      'user-agent': http.userAgent,
      'accept-encoding': 'identity',
      // A closed range: the Hub's CDN answers 400 to a GET without one for a very large file
      // (https://github.com/huggingface/huggingface_hub/issues/4330).
      range: `bytes=${start}-${end - 1}`,
      ...(start > 0 && isStrong(etag) ? { 'if-range': etag } : {}),
    },
    decompress: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    timeout: { lookup: 10_000, connect: 15_000, secureConnect: 15_000 },
  });
  // Errors reach us through the iteration; without a listener of its own, one that comes after a
  // destroy would end the process.
  stream.on('error', () => undefined);
  return stream;
}

function isStrong(etag: string | undefined): etag is string {
  return etag !== undefined && !etag.startsWith('W/');
}

/** Checks status and headers; answers the position at which the body belongs. */
async function checkAnswer(
  request: SegmentRequest,
  response: IncomingMessage,
  stream: Request,
): Promise<number> {
  const status = response.statusCode ?? 0;
  const { headers } = response;
  if (status !== 206 && status !== 200) throw await refusal(status, headers, stream);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new SegmentFailure(
      'elsewhere',
      `the server sent the file compressed (${oneLine(encoding)})`,
    );
  }
  if (status === 206) {
    checkRange(request, headers['content-range']);
    if (request.start > 0 && request.etag !== undefined && headers.etag !== request.etag) {
      throw new SegmentFailure('anew', 'the server has another version of the file');
    }
    await request.onAnswer(headers.etag);
    return request.start;
  }
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== request.size) {
    throw new SegmentFailure(
      'elsewhere',
      `the server offers ${oneLine(length)} bytes, the file has ${request.size}`,
    );
  }
  // The whole file, range or no range: take it from its beginning.
  if (request.start > 0) await request.onRestart();
  await request.onAnswer(headers.etag);
  return 0;
}

function checkRange({ start, end, size }: SegmentRequest, header: string | undefined): void {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/u.exec(header ?? '');
  const [from, to, total] = match?.slice(1).map(Number) ?? [];
  const totalFits = match?.[3] === '*' || total === size;
  if (from === start && to !== undefined && to < end && to >= start && totalFits) return;
  throw new SegmentFailure(
    'elsewhere',
    `the server answered with another range (${oneLine(header ?? 'none')})`,
  );
}

/** What a refused request means. Its words are kept, up to a limit, for the message. */
async function refusal(
  status: number,
  headers: IncomingMessage['headers'],
  stream: Request,
): Promise<SegmentFailure> {
  const words = await firstWords(stream);
  const waitSeconds = askedWait(status, plainHeaders(headers), Date.now());
  const message = `the server answered ${status}${words === '' ? '' : `: ${words}`}`;
  if (status === 429) {
    return new SegmentFailure('again', 'the server limits the rate', { status, waitSeconds });
  }
  if (status === 408 || status >= 500) {
    return new SegmentFailure('again', `the server answered ${status}`, { status, waitSeconds });
  }
  // A signed URL that has expired shows as one of these.
  if ([400, 401, 403, 410].includes(status)) {
    return new SegmentFailure('elsewhere', message, { status });
  }
  return new SegmentFailure('never', message, { status });
}

function plainHeaders(headers: IncomingMessage['headers']): Headers {
  const plain = new Headers();
  for (const name of ['ratelimit', 'retry-after']) {
    const value = headers[name];
    if (typeof value === 'string') plain.set(name, value);
  }
  return plain;
}

async function firstWords(stream: Request): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length >= WORDS_LIMIT) break;
  }
  const text = Buffer.concat(parts).subarray(0, WORDS_LIMIT).toString('utf8');
  return redact(oneLine(text.replace(/<[^>]*>/gu, ' '))).slice(0, 200);
}

function describeFailure(error: unknown): string {
  const failure = readNetworkFailure(error);
  if (failure !== undefined) return failure.reason;
  return redact(oneLine(error instanceof Error ? error.message : String(error)));
}
