// Those that huggingface_hub tries again too: huggingface_hub/utils/_http.py, http_backoff.
const PASSING_STATUS: readonly number[] = [408, 429, 500, 502, 503, 504];

const FIRST_PAUSE_SECONDS = 0.3;
const LONGEST_PAUSE_SECONDS = 8;

/** Whether the same question may be answered differently a moment later. */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUS.includes(status);
}

/**
 * Seconds to wait when the server does not say: doubles with every try, and is spread so that many
 * clients do not come back at the same instant.
 *
 * @param attempt number of the failed try, from 1
 * @param random from 0 to below 1
 */
export function pauseAfter(attempt: number, random: number): number {
  const doubled = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1);
  return Math.min(LONGEST_PAUSE_SECONDS, doubled) * (0.5 + random);
}

/**
 * Seconds that an answer asks to wait, from `RateLimit: "resolvers";r=0;t=172` (the window opens
 * again in 172 s), `Retry-After` (seconds or a date), or `X-RateLimit-Remaining: 0` with
 * `X-RateLimit-Reset` (seconds since 1970); undefined when it asks for nothing.
 * https://huggingface.co/docs/hub/rate-limits, RFC 9110 section 10.2.3,
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 *
 * @param now milliseconds since 1970
 */
export function askedWait(status: number, headers: Headers, now: number): number | undefined {
  return (
    (status === 429 ? windowWait(headers.get('ratelimit')) : undefined) ??
    retryAfter(headers.get('retry-after'), now) ??
    (status === 429 ? resetWait(headers, now) : undefined)
  );
}

function windowWait(header: string | null): number | undefined {
  const spent = [
    ...(header ?? '').matchAll(/"[^"]*"\s*;\s*r\s*=\s*(\d{1,9})\s*;\s*t\s*=\s*(\d{1,9})/gu),
  ]
    .filter(([, remaining]) => Number(remaining) === 0)
    .map(([, , seconds]) => Number(seconds));
  return spent.length === 0 ? undefined : Math.max(...spent) + 1;
}

function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  // A date always has a letter; Date.parse would take a number such as -5 or 1.5 for a year.
  if (!/^[A-Za-z]/u.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - now) / 1000);
}

function resetWait(headers: Headers, now: number): number | undefined {
  const reset = headers.get('x-ratelimit-reset') ?? '';
  if (headers.get('x-ratelimit-remaining') !== '0' || !/^\d{1,12}$/u.test(reset)) return undefined;
  return Math.max(0, Number(reset) - now / 1000);
}
