import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

import { systemErrorCode } from '../../../src/lib/errors.ts';

/** What came back, as far as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The system's name for what cut the body off; undefined when it came whole. */
  readonly cutBy: string | undefined;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * One plain HTTP request: nothing is followed, retried, decompressed or refused for its status.
 *
 * @throws the system's error when no headers came
 */
export async function ask(url: string, options: AskOptions = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const call = request(url, {
    method: options.method ?? 'GET',
    headers: { ...options.headers },
    agent: false,
  });
  call.once('error', reject);
  call.once('response', (response) => {
    const chunks: Buffer[] = [];
    let cutBy: string | undefined;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    const cut = (error: Error): void => {
      cutBy ??= systemErrorCode(error) ?? error.message;
    };
    // A connection that breaks is told to the request as well as to the response.
    call.off('error', reject);
    call.on('error', cut);
    response.on('error', cut);
    response.once('close', () => {
      const body = Buffer.concat(chunks);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body,
        text: body.toString(),
        cutBy,
      });
    });
  });
  call.end(options.body);
  return promise;
}
