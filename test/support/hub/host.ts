import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Refusal, textAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Fault, Faults } from './faults.ts';
import { faultOf } from './faults.ts';
import type { HostName, OpenRecord, RequestLog } from './log.ts';
import { readRequest } from './request.ts';
import type { HostRequest } from './request.ts';
import { send } from './send.ts';

/** What a host is made of. */
export interface HostParts {
  readonly name: HostName;
  readonly log: RequestLog;
  readonly faults: Faults;
  /** What patterns of faults and waits are matched with. */
  readonly subject: (request: HostRequest) => string;
  readonly answer: (request: HostRequest, faults: readonly Fault[]) => Promise<Answer> | Answer;
  /** Asked first: headers of the answer, whatever it is, and a refusal that comes before it. */
  readonly admit: (request: HostRequest) => Admission;
  /** The answer to a request that is refused for so many seconds. */
  readonly rateLimited: (request: HostRequest, seconds: number) => Answer;
}

export interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  readonly refusal?: Answer | undefined;
}

/** One of the servers: listens on 127.0.0.1, records, lets the faults strike, answers. */
export class Host {
  readonly #parts: HostParts;
  readonly #server: Server;
  #port = 0;
  /** Thrown by a handler although it is no answer: a bug of the server, told when it closes. */
  readonly #bugs: unknown[] = [];

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#server = createServer((message, response) => {
      this.#handle(message, response).catch((error: unknown) => {
        if (!response.destroyed) this.#bugs.push(error);
        response.destroy();
      });
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts to listen; again on the same port after a {@link stop}. */
  async start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once('error', reject);
    this.#server.listen(this.#port, '127.0.0.1', () => {
      resolve(undefined);
    });
    await promise;
    this.#server.off('error', reject);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      resolve(undefined);
    });
    this.#server.closeAllConnections();
    await promise;
  }

  /** @throws AggregateError when a request met a bug of the server itself */
  throwBugs(): void {
    if (this.#bugs.length === 0) return;
    throw new AggregateError(this.#bugs, `The ${this.#parts.name} server failed on a request`);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log, name, faults } = this.#parts;
    const gone = new AbortController();
    const record: OpenRecord = {
      host: name,
      method: message.method ?? 'GET',
      path: message.url ?? '',
      subject: message.url ?? '',
      headers: message.headers,
      clientPort: message.socket.remotePort ?? 0,
      receivedAt: Date.now(),
      status: 0,
      bytesSent: 0,
      ended: false,
    };
    response.once('close', () => {
      record.ended = true;
      record.endedAt = Date.now();
      gone.abort();
    });
    log.open(record);
    const { answer, struck } = await this.#decide(message, record, faults);
    await send(response, answer, {
      method: record.method,
      faults: struck,
      signal: gone.signal,
      onHeaders: (status) => {
        record.status = status;
      },
      onBytes: (count) => {
        log.count(record, count);
      },
    });
  }

  async #decide(
    message: IncomingMessage,
    record: OpenRecord,
    faults: Faults,
  ): Promise<{ answer: Answer; struck: Fault[] }> {
    const parts = this.#parts;
    let common: Readonly<Record<string, string>> = {};
    let struck: Fault[] = [];
    try {
      const request = readRequest(message);
      record.subject = parts.subject(request);
      struck = faults.strike(record);
      const { headers, refusal } = parts.admit(request);
      common = headers;
      const answer =
        faultAnswer(request, struck, parts) ?? refusal ?? (await parts.answer(request, struck));
      return { answer: withHeaders(answer, common), struck };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { answer: withHeaders(error.answer, common), struck };
    }
  }
}

function faultAnswer(
  request: HostRequest,
  struck: readonly Fault[],
  parts: HostParts,
): Answer | undefined {
  const limited = faultOf(struck, 'rate-limit');
  if (limited !== undefined) {
    if (limited.header !== 'retry-after') return parts.rateLimited(request, limited.seconds);
    return textAnswer(429, 'Too Many Requests', { 'retry-after': String(limited.seconds) });
  }
  const other = faultOf(struck, 'answer');
  if (other === undefined) return undefined;
  const { status, headers = {}, body = '' } = other;
  return { status, headers, body: Buffer.from(body) };
}

function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...headers, ...answer.headers } };
}
