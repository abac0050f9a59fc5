import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

import { SegmentFailure } from './failure.ts';
import { GatheredWriter } from './gathered-writer.ts';
import { isDiskFailure } from './give-up.ts';
import type { Meter } from './meter.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Segment } from './segment.ts';

/** What of a body is written where. */
export interface BodyRequest {
  readonly response: IncomingMessage;
  readonly handle: FileHandle;
  /** The part of the file that it is; its end may come nearer while the body arrives. */
  readonly segment: Segment;
  /** Up to where the server was asked to send. */
  readonly askedEnd: number;
  readonly meter: Meter;
  readonly limit: RateLimit | undefined;
  /** Called with bytes that are in the file now. */
  readonly onWritten: (start: number, end: number) => void;
  /** Gives a way to have written what has arrived, and takes it back with undefined. */
  readonly onFlush: (flush: (() => Promise<void>) | undefined) => void;
}

/**
 * Writes the body of an answer to its place in a file. What arrived before a failure is written as
 * well. While a write goes on nothing is read, so that no more than that is in memory; the system's
 * own buffer bridges it.
 *
 * @throws SegmentFailure when the body ends early, the reason of the segment's signal, or what the
 *   disk or the HTTP library says
 */
export async function writeBody(request: BodyRequest): Promise<void> {
  const { handle, onFlush, segment } = request;
  const writer = new GatheredWriter(handle, segment.start, (start, end) => {
    segment.written = end;
    request.onWritten(start, end);
  });
  onFlush(() => writer.flush());
  try {
    await receive(request, writer);
  } catch (error) {
    if (!isDiskFailure(error)) await writer.flush();
    throw error;
  } finally {
    onFlush(undefined);
  }
  await writer.flush();
  if (segment.written < segment.end) {
    throw new SegmentFailure('again', 'the connection was closed before the end of the file');
  }
}

async function receive(request: BodyRequest, writer: GatheredWriter): Promise<void> {
  const { askedEnd, limit, meter, response, segment } = request;
  const { promise, reject, resolve } = Promise.withResolvers<undefined>();
  const isDone = (): boolean => segment.received >= segment.end;
  let over = false;
  let writing = false;
  let paying: NodeJS.Timeout | undefined;

  const goOn = (): void => {
    if (over || writing || paying !== undefined) return;
    response.resume();
    meter.wait();
  };
  const hold = (): void => {
    response.pause();
    meter.pause();
  };
  const write = async (): Promise<void> => {
    hold();
    writing = true;
    await writer.flush();
    writing = false;
    goOn();
  };
  const take = (chunk: Buffer): void => {
    const piece = chunk.subarray(0, segment.remaining);
    meter.pause(piece.length);
    segment.received += piece.length;
    writer.add(piece);
    // More than was asked for is no part of what was promised, and what others took over is theirs.
    if (piece.length < chunk.length || (isDone() && segment.end < askedEnd)) {
      resolve(undefined);
      return;
    }
    meter.wait();
    if (writer.isFull) write().catch(reject);
    const delay = limit?.spend(piece.length) ?? 0;
    if (delay < 1 || isDone()) return;
    hold();
    paying = setTimeout(() => {
      paying = undefined;
      goOn();
    }, delay);
  };
  const stop = (): void => reject(segment.signal.reason);

  response.on('data', take);
  response.once('end', () => resolve(undefined));
  response.once('error', reject);
  response.once('close', () => resolve(undefined));
  segment.signal.addEventListener('abort', stop, { once: true });
  meter.wait();
  try {
    segment.signal.throwIfAborted();
    await promise;
  } finally {
    over = true;
    segment.signal.removeEventListener('abort', stop);
    response.off('data', take);
    clearTimeout(paying);
    meter.pause();
    // A body that was read to its end leaves the connection to the next request.
    if (!response.readableEnded) response.destroy();
  }
}
