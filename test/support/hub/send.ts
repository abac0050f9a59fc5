import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import type { Answer, FileSlice } from './answer.ts';
import { faultOf } from './faults.ts';
import type { Fault } from './faults.ts';

/** What sending needs to know besides the answer. */
export interface SendOptions {
  readonly method: string;
  readonly faults: readonly Fault[];
  /** Ends every wait: the client has gone or the hub is closing. */
  readonly signal: AbortSignal;
  /** Told of the status, once, as the headers leave. */
  readonly onHeaders: (status: number) => void;
  /** Told of body bytes that the operating system has taken. */
  readonly onBytes: (count: number) => void;
}

/** The client has closed the connection, or the hub is going down: nobody's mistake. */
class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

type Cut = Extract<Fault, { kind: 'reset' | 'end' | 'stall' }> & { readonly afterBytes: number };

/** A reset throws away what the client has not read yet: it gets this long to read. */
const RESET_GRACE_MS = 50;
/** How many pieces a second a throttled body is sent in. */
const THROTTLE_PIECES = 20;

/** Sends an answer, with what the faults do to it on the way. Ends early when the signal says so. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Promise<void> {
  try {
    await deliver(response, answer, options);
  } catch (error) {
    if (!(error instanceof ClientGone) && !options.signal.aborted) throw error;
    response.destroy();
  }
}

async function deliver(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Promise<void> {
  const { faults, signal, onHeaders, onBytes } = options;
  const delay = faultOf(faults, 'delay');
  if (delay !== undefined) await sleep(delay.seconds * 1000, undefined, { signal });
  if (faults.some((fault) => fault.kind === 'reset' && fault.afterBytes === undefined)) {
    response.socket?.resetAndDestroy();
    return;
  }

  const zipped = faultOf(faults, 'gzip') !== undefined && options.method !== 'HEAD';
  const body = zipped ? gzipSync(await collect(answer.body)) : answer.body;
  onHeaders(answer.status);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(zipped
      ? { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }
      : { 'content-length': String(lengthOf(body)) }),
  });
  if (options.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();

  const cuts = plannedCuts(faults, lengthOf(body));
  const pace = pacer(faults, signal);
  let sent = 0;
  for await (const chunk of bytesOf(body, faults)) {
    let rest = chunk;
    while (rest.length > 0) {
      const cut = cuts[0];
      if (cut?.afterBytes === sent) {
        cuts.shift();
        if (cut.kind === 'stall') {
          await stall(cut.seconds, signal);
        } else {
          await cutOff(response, cut.kind, signal);
          return;
        }
      } else {
        const piece = rest.subarray(
          0,
          Math.min(pace.pieceSize, (cut?.afterBytes ?? Infinity) - sent),
        );
        await pace.wait(sent + piece.length);
        await write(response, piece, signal);
        onBytes(piece.length);
        sent += piece.length;
        rest = rest.subarray(piece.length);
      }
    }
  }
  response.end();
}

async function cutOff(
  response: ServerResponse,
  kind: 'reset' | 'end',
  signal: AbortSignal,
): Promise<void> {
  if (kind === 'end') {
    response.socket?.destroySoon();
    return;
  }
  await sleep(RESET_GRACE_MS, undefined, { signal });
  response.socket?.resetAndDestroy();
}

function lengthOf(body: Buffer | FileSlice): number {
  return Buffer.isBuffer(body) ? body.length : body.end - body.start;
}

async function collect(body: Buffer | FileSlice): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body.file.read(body.start, body.end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* bytesOf(
  body: Buffer | FileSlice,
  faults: readonly Fault[],
): AsyncGenerator<Buffer> {
  const flipped = faultOf(faults, 'flip')?.offset;
  let offset = Buffer.isBuffer(body) ? 0 : body.start;
  for await (const chunk of Buffer.isBuffer(body) ? [body] : body.file.read(body.start, body.end)) {
    const index = (flipped ?? -1) - offset;
    offset += chunk.length;
    if (index < 0 || index >= chunk.length) {
      yield chunk;
    } else {
      const damaged = Buffer.from(chunk);
      damaged.writeUInt8(damaged.readUInt8(index) ^ 0xff, index);
      yield damaged;
    }
  }
}

function plannedCuts(faults: readonly Fault[], length: number): Cut[] {
  return faults
    .filter((fault): fault is Cut => 'afterBytes' in fault && fault.afterBytes !== undefined)
    .filter((cut) => cut.afterBytes < length)
    .sort((a, b) => a.afterBytes - b.afterBytes);
}

function pacer(
  faults: readonly Fault[],
  signal: AbortSignal,
): { readonly pieceSize: number; wait(until: number): Promise<void> } {
  const throttle = faultOf(faults, 'throttle');
  if (throttle === undefined) return { pieceSize: Infinity, wait: () => Promise.resolve() };
  const { bytesPerSecond } = throttle;
  const startedAt = performance.now();
  return {
    pieceSize: Math.max(1, Math.floor(bytesPerSecond / THROTTLE_PIECES)),
    async wait(until) {
      const due = startedAt + (until / bytesPerSecond) * 1000;
      const ahead = due - performance.now();
      if (ahead > 1) await sleep(ahead, undefined, { signal });
    },
  };
}

async function stall(seconds: number | undefined, signal: AbortSignal): Promise<void> {
  if (seconds !== undefined) {
    await sleep(seconds * 1000, undefined, { signal });
    return;
  }
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => {
    reject(new ClientGone());
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  await promise;
}

/** Resolves when the operating system has taken the bytes; rejects when the client has gone. */
async function write(response: ServerResponse, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const stop = (): void => {
    reject(new ClientGone());
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    else {
      response.write(bytes, (error) => {
        if (error) reject(new ClientGone('The bytes could not be sent', { cause: error }));
        else resolve(undefined);
      });
    }
    await promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
