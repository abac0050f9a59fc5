import type { IncomingHttpHeaders } from 'node:http';

import { askedWait } from '../http/retry.ts';
import { oneLine, redact } from '../plain-text.ts';
import { SegmentFailure } from './failure.ts';

/** What a part of a file was asked for as; `end` is exclusive. */
export interface Asked {
  readonly start: number;
  readonly end: number;
  /** Of the whole file. */
  readonly size: number;
  /** The entity tag that the other parts came with. */
  readonly etag: string | undefined;
}

/**
 * Checks the head of an answer before a byte of its body is believed.
 *
 * @throws SegmentFailure when it is not exactly what was asked for
 */
export function checkAnswer(asked: Asked, status: number, headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new SegmentFailure(
      'elsewhere',
      `the server sent the file compressed (${oneLine(encoding)})`,
    );
  }
  if (status === 206) checkRange(asked, headers);
  else checkWhole(asked, headers['content-length']);
  if (asked.etag !== undefined && headers.etag !== asked.etag) {
    throw new SegmentFailure('anew', 'the server has another version of the file');
  }
}

function checkRange({ end, size, start }: Asked, headers: IncomingHttpHeaders): void {
  const range = headers['content-range'];
  const length = headers['content-length'];
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/u.exec(range ?? '');
  const [from, to, total] = match?.slice(1).map(Number) ?? [];
  const totalFits = match?.[3] === '*' || total === size;
  const rangeFits = from === start && to !== undefined && to < end && to >= start;
  if (!rangeFits || !totalFits) {
    throw new SegmentFailure(
      'elsewhere',
      `the server answered with another range (${oneLine(range ?? 'none')})`,
    );
  }
  if (length === undefined || Number(length) === to + 1 - start) return;
  throw new SegmentFailure(
    'elsewhere',
    `the server offers ${oneLine(length)} bytes for a range of ${to + 1 - start}`,
  );
}

/** A 200 carries the whole file, whatever part was asked for. */
function checkWhole({ end, size, start }: Asked, length: string | undefined): void {
  if (length !== undefined && Number(length) !== size) {
    throw new SegmentFailure(
      'elsewhere',
      `the server offers ${oneLine(length)} bytes, the file has ${size}`,
    );
  }
  if (start === 0 && end === size) return;
  throw new SegmentFailure('whole', 'the server cannot continue a file');
}

/**
 * What a refused request means.
 *
 * @param words what the server says about it
 */
export function refusal(
  status: number,
  headers: IncomingHttpHeaders,
  words: string,
): SegmentFailure {
  const waitSeconds = askedWait(status, waitHeaders(headers), Date.now());
  if (status === 429) {
    return new SegmentFailure('again', 'the server limits the rate', { status, waitSeconds });
  }
  if (status === 408 || status >= 500) {
    return new SegmentFailure('again', `the server answered ${status}`, { status, waitSeconds });
  }
  const said = readable(words);
  const message = `the server answered ${status}${said === '' ? '' : `: ${said}`}`;
  // A signed URL that has expired shows as one of the first four; 416 says that what the URL leads
  // to is shorter than the file.
  const remedy = [400, 401, 403, 410, 416].includes(status) ? 'elsewhere' : 'never';
  return new SegmentFailure(remedy, message, { status });
}

function waitHeaders(headers: IncomingHttpHeaders): Headers {
  const plain = new Headers();
  for (const name of ['ratelimit', 'retry-after']) {
    const value = headers[name];
    if (typeof value === 'string') plain.set(name, value);
  }
  return plain;
}

function readable(words: string): string {
  return redact(oneLine(words.replace(/<[^>]*>/gu, ' '))).slice(0, 200);
}
