import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { LlameroError, throwIfAborted } from '../errors.ts';
import { formatDuration } from '../format.ts';
import { pause } from '../pause.ts';
import { type Answer, type Question, exchange } from './exchange.ts';
import { networkError, readNetworkFailure } from './network-failure.ts';
import { describeProxy, readProxySettings } from './proxy.ts';
import { redirectTarget, redirected } from './redirect.ts';
import { askedWait, isPassingStatus, pauseAfter } from './retry.ts';
import type { Http, HttpAgents, HttpOptions } from './types.ts';

export type { Http, HttpAgents, HttpOptions, RetryEvent } from './types.ts';

const REDIRECT_LIMIT = 10;
const RETRY_LIMIT = 4;
/** The hub counts in windows of five minutes: a full one is waited for, and ten seconds more. */
const WAIT_LIMIT_SECONDS = 310;
const ANSWER_SECONDS = 30;
const BODY_LIMIT = 64 * 1024 * 1024;

/** What a request, with all its redirects, may still spend on further tries. */
interface Budget {
  tries: number;
  waitSeconds: number;
}

/** What one try came to, as the decision about a next one needs it. */
interface Outcome {
  readonly answer?: Answer;
  readonly failed?: { readonly reason: string; readonly askedSeconds?: number | undefined };
  /** The error to end with when there is no next try. */
  readonly error?: LlameroError;
}

/** Makes the HTTP client of the process. Nothing is opened or imported before the first request. */
export function createHttp(options: HttpOptions): Http {
  const { environment, onRetry } = options;
  const sleep = options.sleep ?? ((seconds, signal) => pause(seconds * 1000, signal));
  const random = options.random ?? Math.random;
  const now = options.now ?? Date.now;
  const limits = {
    answerSeconds: options.answerSeconds ?? ANSWER_SECONDS,
    bodyLimit: options.bodyLimit ?? BODY_LIMIT,
  };
  const userAgent = `llamero/${options.version} node/${process.versions.node} ${process.platform}`;
  let agents: HttpAgents | undefined;

  function openAgents(): HttpAgents {
    if (agents === undefined) {
      const settings = { keepAlive: true, proxyEnv: { ...readProxySettings(environment) } };
      agents = { http: new HttpAgent(settings), https: new HttpsAgent(settings) };
    }
    return agents;
  }

  async function tryOnce(question: Question, signal: AbortSignal | undefined): Promise<Outcome> {
    const { host } = question.url;
    const proxy = describeProxy(environment, question.url);
    let answer: Answer;
    try {
      answer = await exchange(question, openAgents(), limits, signal);
    } catch (error) {
      const failure = readNetworkFailure(error);
      if (failure === undefined) throw error;
      const mapped = networkError(host, failure, proxy, error);
      if (!failure.passing) throw mapped;
      return { failed: { reason: `${host}: ${failure.reason}` }, error: mapped };
    }
    if (answer.status === 407) {
      const reason = 'the proxy asks for a user name and password';
      throw networkError(host, { reason, passing: false }, proxy, undefined);
    }
    if (answer.status < 200 || answer.status > 599) {
      const reason = `it answered ${answer.status}, which is no HTTP status`;
      throw networkError(host, { reason, passing: false }, proxy, undefined);
    }
    if (!isPassingStatus(answer.status)) return { answer };
    const askedSeconds = askedWait(answer.status, answer.headers, now());
    const failed = { reason: `${host} answered ${answer.status}`, askedSeconds };
    if (answer.status !== 429) return { answer, failed };
    return { failed, error: rateLimitError(host, askedSeconds) };
  }

  /** Asks until an answer stands or the budget is spent. */
  async function ask(
    question: Question,
    budget: Budget,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const mayRepeat = question.method === 'GET' || question.method === 'HEAD';
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await tryOnce(question, signal);
      const { answer, error, failed } = outcome;
      if (failed !== undefined && mayRepeat && budget.tries > 0) {
        const waitSeconds = failed.askedSeconds ?? pauseAfter(attempt, random());
        if (waitSeconds <= budget.waitSeconds) {
          budget.tries -= 1;
          budget.waitSeconds -= waitSeconds;
          const url = withoutQuery(question.url);
          onRetry?.({ url, attempt, waitSeconds, reason: failed.reason });
          await sleep(waitSeconds, signal);
          continue;
        }
      }
      if (answer !== undefined) return answer;
      throw error ?? new Error('a try without an outcome');
    }
  }

  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    throwIfAborted(signal);
    // Without the signal: a Request listens to it for as long as either lives.
    const request = new Request(input, { ...init, signal: null });
    const budget: Budget = {
      tries: options.retryLimit ?? RETRY_LIMIT,
      waitSeconds: options.waitLimitSeconds ?? WAIT_LIMIT_SECONDS,
    };
    let question = await readRequest(request, userAgent);
    for (let hops = 0; ; hops += 1) {
      const answer = await ask(question, budget, signal);
      const to = request.redirect === 'manual' ? undefined : redirectTarget(question.url, answer);
      if (to === undefined) return toResponse(question, answer);
      if (request.redirect === 'error' || hops === REDIRECT_LIMIT) {
        const { host } = question.url;
        throw new LlameroError('NETWORK', `${host} redirects too often, or where it should not`);
      }
      question = redirected(question, answer.status, to);
    }
  }

  return {
    fetch,
    get agents() {
      return openAgents();
    },
    userAgent,
    close: () => {
      agents?.http.destroy();
      agents?.https.destroy();
    },
  };
}

async function readRequest(request: Request, userAgent: string): Promise<Question> {
  const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  return {
    method: request.method,
    url: new URL(request.url),
    headers: { 'user-agent': userAgent, ...Object.fromEntries(request.headers) },
    ...(body === undefined ? {} : { body }),
  };
}

function toResponse(question: Question, answer: Answer): Response {
  const isEmpty = question.method === 'HEAD' || [204, 205, 304].includes(answer.status);
  const response = new Response(isEmpty ? null : answer.body, {
    status: answer.status,
    headers: answer.headers,
  });
  // A Response that was not fetched by the platform has an empty, read-only url.
  Object.defineProperty(response, 'url', { value: question.url.href });
  return response;
}

function rateLimitError(host: string, seconds: number | undefined): LlameroError {
  const when = seconds === undefined ? 'later' : `in ${formatDuration(seconds)}`;
  return new LlameroError(
    'RATE_LIMITED',
    `${host} has had too many requests from here; it may be asked again ${when}`,
  );
}

/** A URL without what may be secret: its query, its fragment, a password. */
function withoutQuery(url: URL): string {
  return url.origin + url.pathname;
}
