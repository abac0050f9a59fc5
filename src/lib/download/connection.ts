import { once } from 'node:events';
import { Agent as HttpAgent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as getSecurely } from 'node:https';

import { systemErrorCode } from '../errors.ts';
import type { Question } from '../http/exchange.ts';
import { redirected, redirectTarget } from '../http/redirect.ts';
import type { Http } from '../http/types.ts';
import { SegmentFailure } from './failure.ts';

const REDIRECT_LIMIT = 5;

/**
 * One kept-alive HTTP/1.1 connection to a server (one to each, where servers redirect), through the
 * proxy where one is set. Ranges of one file never share it, so that they do not slow each other.
 *
 * The bodies come over node:http(s), not over got: in a paired run, 1 GiB over loopback, got's body
 * path took 1.1 times the processor time with plain HTTP on a machine of ours, 1.3 to 1.4 times in
 * earlier measurements with TLS.
 */
export class Connection {
  readonly #http: Http;
  #agents: { readonly http: HttpAgent; readonly https: HttpsAgent } | undefined;

  constructor(http: Http) {
    this.#http = http;
  }

  /**
   * Asks for a part of a file and answers when the head of the answer is there. Redirects are
   * followed; the headers that prove who asks do not go along to another origin.
   *
   * @param headers of this request, besides the ones that every request for data carries
   * @throws SegmentFailure, LlameroError NETWORK for a redirect that is not followed, the reason of
   *   the signal, or the error of the HTTP library
   */
  async get(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    let question: Question = {
      method: 'GET',
      url: new URL(url),
      headers: {
        ...headers,
        'user-agent': this.#http.userAgent,
        // A content network may drop the range when it compresses.
        'accept-encoding': 'identity',
      },
    };
    for (let hops = 0; hops <= REDIRECT_LIMIT; hops += 1) {
      const response = await this.#ask(question, signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      const head = { status, headers: new Headers(location === undefined ? {} : { location }) };
      const to = redirectTarget(question.url, head);
      if (to === undefined) return response;
      response.destroy();
      question = redirected(question, status, to);
    }
    throw new SegmentFailure('elsewhere', 'the server redirects in a circle');
  }

  async #ask(question: Question, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted();
    for (;;) {
      const request = this.#send(question);
      // What happens to it later is told to whoever reads the response as well.
      request.on('error', () => undefined);
      try {
        const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
        response.on('error', () => undefined);
        return response;
      } catch (error) {
        request.destroy();
        if (signal.aborted) throw signal.reason;
        // The server closed the idle connection just when we used it again: no failure of anybody.
        // https://nodejs.org/api/http.html#requestreusedsocket
        if (!request.reusedSocket || systemErrorCode(error) !== 'ECONNRESET') throw error;
      }
    }
  }

  #send({ headers, url }: Question): ClientRequest {
    this.#agents ??= this.#open();
    return url.protocol === 'https:'
      ? getSecurely(url, { agent: this.#agents.https, headers })
      : get(url, { agent: this.#agents.http, headers });
  }

  #open() {
    // The proxies of the process's own agents.
    const { proxyEnv } = this.#http.agents.https.options;
    const settings = {
      keepAlive: true,
      maxSockets: 1,
      ...(proxyEnv === undefined ? {} : { proxyEnv }),
    };
    return { http: new HttpAgent(settings), https: new HttpsAgent(settings) };
  }

  close(): void {
    this.#agents?.http.destroy();
    this.#agents?.https.destroy();
    this.#agents = undefined;
  }
}
