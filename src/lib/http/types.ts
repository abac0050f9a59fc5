import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';

/** Said before a request is tried again, so that a wait is not silent. */
export interface RetryEvent {
  /** What was asked for, without its query: that may hold a signature. */
  readonly url: string;
  /** The number of the failed try, from 1. */
  readonly attempt: number;
  /** How long the wait before the next try is. */
  readonly waitSeconds: number;
  /** What happened, as a phrase: `huggingface.co answered 503`, `huggingface.co: the connection was cut`. */
  readonly reason: string;
}

/** What the HTTP client is made with. Times are in seconds. */
export interface HttpOptions {
  /** llamero's own version, for the User-Agent. */
  readonly version: string;
  /** Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onRetry?: (event: RetryEvent) => void;
  /** How many times a request is tried again, 4 unless told. */
  readonly retryLimit?: number;
  /** The longest that one request may spend waiting for its next tries, 310 unless told. */
  readonly waitLimitSeconds?: number;
  /** How long a server may take to answer or to send the next byte, 30 unless told. */
  readonly answerSeconds?: number;
  /** The largest answer that is read, in bytes, 64 MiB unless told. */
  readonly bodyLimit?: number;
  /** Waits; rejects when the signal aborts. */
  readonly sleep?: (seconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** A number from 0 to below 1. */
  readonly random?: () => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The agents that carry all connections: kept alive, through the proxy where one is set. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** The HTTP client of a process. */
export interface Http {
  /**
   * As the `fetch` of the platform, with what llamero asks of every request:
   *
   * - GET and HEAD are tried again after 408, 429, 500, 502, 503, 504 and a failed connection;
   *   `Retry-After` and the `RateLimit` header are obeyed;
   * - `Authorization` is dropped on a redirect to another origin, and a redirect from https to
   *   plain http is refused; `redirect: 'manual'` returns the redirect itself;
   * - the whole answer is read into memory, up to a limit.
   *
   * @throws LlameroError NETWORK, RATE_LIMITED, HUB_ANSWER (too large), CONFIG_INVALID (proxy), or
   *   what the signal was aborted with
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** @throws LlameroError CONFIG_INVALID when the proxy that is set is not an address */
  readonly agents: HttpAgents;
  /** `llamero/<version> node/<version> <platform>`. */
  readonly userAgent: string;
  /** Closes the connections that were kept. */
  close(): void;
}
