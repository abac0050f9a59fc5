import { LlameroError } from '../errors.ts';
import type { Answer, Question } from './exchange.ts';

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const SECRET_HEADERS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * Where an answer redirects to, absolute; undefined when it is no redirect.
 *
 * @throws LlameroError NETWORK when the address cannot be followed: not http, or plain http after
 *   https, where anybody on the way could exchange the answer
 */
export function redirectTarget(
  from: URL,
  answer: Pick<Answer, 'status' | 'headers'>,
): URL | undefined {
  const location = answer.headers.get('location');
  if (!REDIRECTS.includes(answer.status) || location === null) return undefined;
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol !== 'https:' && to?.protocol !== 'http:') {
    throw new LlameroError('NETWORK', `${from.host} redirects to an address that is none of HTTP`);
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new LlameroError(
      'NETWORK',
      `${from.host} redirects from https to plain http at ${to.host}, which is not followed`,
      { hint: 'A network that asks for a login does this: open any page in a browser first' },
    );
  }
  to.username = '';
  to.password = '';
  return to;
}

/**
 * The question to ask at a redirect's target. On the way to another origin the headers that prove
 * who asks are left behind, for good. https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function redirected(question: Question, status: number, to: URL): Question {
  const becomesGet =
    (status === 303 && question.method !== 'HEAD') ||
    ([301, 302].includes(status) && question.method === 'POST');
  const sameOrigin = to.origin === question.url.origin;
  const headers = Object.entries(question.headers).filter(
    ([name]) =>
      (sameOrigin || !SECRET_HEADERS.includes(name)) &&
      !(becomesGet && name.startsWith('content-')),
  );
  return {
    method: becomesGet ? 'GET' : question.method,
    url: to,
    headers: Object.fromEntries(headers),
    ...(becomesGet || question.body === undefined ? {} : { body: question.body }),
  };
}
