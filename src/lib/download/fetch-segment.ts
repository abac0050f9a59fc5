import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

import { LlameroError } from '../errors.ts';
import { readNetworkFailure } from '../http/network-failure.ts';
import { oneLine, redact } from '../plain-text.ts';
import { checkAnswer, refusal } from './answer.ts';
import { writeBody } from './body.ts';
import type { Connection } from './connection.ts';
import { SegmentFailure } from './failure.ts';
import { isDiskFailure } from './give-up.ts';
import type { Meter } from './meter.ts';
import type { RateLimit } from './rate-limit.ts';
import { Replaced, type Segment } from './segment.ts';
import type { Location } from './types.ts';

/** So much of what a server says about a refusal is read, in bytes. */
const WORDS_LIMIT = 1024;

/** A part of a file to fetch, and with what. */
export interface SegmentRequest {
  readonly segment: Segment;
  readonly connection: Connection;
  readonly meter: Meter;
  readonly limit: RateLimit | undefined;
  readonly location: Location;
  readonly handle: FileHandle;
  /** Of the whole file. */
  readonly size: number;
  /** The entity tag that the parts so far came with, asked for when the answer is there. */
  readonly etag: () => string | undefined;
  /** Called with the entity tag of an answer that passed, before its first byte is written. */
  readonly onAnswer: (etag: string | undefined) => void;
  readonly onWritten: (start: number, end: number) => void;
  readonly onFlush: (flush: (() => Promise<void>) | undefined) => void;
}

/**
 * Fetches one part of a file into its place. Every answer is checked before a byte of it is
 * written.
 *
 * @throws SegmentFailure when less than all of it came, Replaced when we ended it ourselves; what
 *   came is written and was reported. Or what the disk says.
 */
export async function fetchSegment(request: SegmentRequest): Promise<void> {
  const { connection, location, meter, segment, size } = request;
  const { end, start } = segment;
  let response: IncomingMessage | undefined;
  meter.begin();
  meter.wait();
  try {
    response = await connection.get(
      location.url,
      // A closed range: the Hub's CDN answers 400 to a GET without one for a very large file
      // (https://github.com/huggingface/huggingface_hub/issues/4330).
      { ...location.headers, range: `bytes=${start}-${end - 1}` },
      segment.signal,
    );
    const status = response.statusCode ?? 0;
    if (status !== 206 && status !== 200) {
      throw refusal(status, response.headers, await firstWords(response, segment.signal));
    }
    checkAnswer({ start, end, size, etag: request.etag() }, status, response.headers);
    request.onAnswer(response.headers.etag);
    await writeBody({ ...request, response, askedEnd: end });
  } catch (error) {
    throw toFailure(error);
  } finally {
    meter.pause();
    // One that was not read to its end would keep the connection from the next request.
    if (response?.readableEnded === false) response.destroy();
  }
}

async function firstWords(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  const stop = (): void => {
    response.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const part of response) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= WORDS_LIMIT) break;
    }
  } catch {
    // The status counts; the words are an extra, as far as they came.
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(parts).subarray(0, WORDS_LIMIT).toString('utf8');
}

function toFailure(error: unknown): unknown {
  if (error instanceof SegmentFailure || error instanceof Replaced || isDiskFailure(error)) {
    return error;
  }
  // A redirect that is not followed; another URL may lead elsewhere.
  if (error instanceof LlameroError) return new SegmentFailure('elsewhere', error.message);
  // The HTTP library's error holds the request's URL and headers, so it is not passed on.
  const known = readNetworkFailure(error);
  const words = known?.reason ?? (error instanceof Error ? error.message : String(error));
  return new SegmentFailure('again', redact(oneLine(words)));
}
