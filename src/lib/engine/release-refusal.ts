import { unsetLine } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import { formatDuration } from '../format.ts';
import { askedWait } from '../http/retry.ts';
import { oneLine, redact } from '../plain-text.ts';
import type { ReleasesBase } from './releases-base.ts';

/** Who asked, for what is said about a refusal. */
export interface Asker {
  readonly base: ReleasesBase;
  readonly token: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MESSAGE_LIMIT = 300;

/** The error for an answer of the releases' API, or of a host of its files, that is no success. */
export async function refusalError(response: Response, asker: Asker): Promise<LlameroError> {
  const { base, token } = asker;
  const { host } = new URL(response.url);
  const { status } = response;
  const message = spokenMessage(await response.text(), token);
  if (isRateLimit(response, message)) return rateLimited(response, host, asker);
  const why = message === '' ? '' : `: ${message}`;
  if (status === 401 && token !== undefined) {
    return new LlameroError(
      'TOKEN_REFUSED',
      `${host} refuses the token from GH_TOKEN or GITHUB_TOKEN: it is wrong, expired or revoked`,
      {
        hint: `Releases need no token. Go on without: ${unsetLine(['GH_TOKEN', 'GITHUB_TOKEN'], process.platform)}`,
      },
    );
  }
  if (status === 401 || status === 403) {
    return new LlameroError('FORBIDDEN', `${host} does not show the releases${why}`, {
      hint: base.isGitHub
        ? 'Set GH_TOKEN to a GitHub token, or name a mirror in LLAMERO_RELEASES_URL'
        : `Check ${base.href} (LLAMERO_RELEASES_URL), and whether it wants a token (GH_TOKEN)`,
    });
  }
  return new LlameroError('RELEASES_ANSWER', `${host} answered ${status}${why}`, {
    hint:
      base.isGitHub && status >= 500
        ? 'Try again later; https://www.githubstatus.com says whether it is down'
        : `Check that ${base.href} (LLAMERO_RELEASES_URL) serves releases as GitHub does`,
  });
}

/** The error for an answer that came but cannot be used. */
export function answerError(base: ReleasesBase, why: string, cause?: unknown): LlameroError {
  return new LlameroError('RELEASES_ANSWER', `The answer of ${base.host} cannot be used: ${why}`, {
    hint: base.isGitHub
      ? 'Try again later; a newer llamero may understand it'
      : `Check that ${base.href} (LLAMERO_RELEASES_URL) serves releases as GitHub does`,
    cause,
  });
}

/** Gives an error of the HTTP client the hints that belong to releases. */
export function withReleasesHint(error: unknown, token: string | undefined): unknown {
  if (!(error instanceof LlameroError)) return error;
  const { cause, code, message } = error;
  switch (code) {
    case 'RATE_LIMITED':
      return new LlameroError(code, message, { hint: limitHint(token), cause });
    case 'HUB_ANSWER':
      return new LlameroError('RELEASES_ANSWER', message, { hint: error.hint, cause });
    case 'NETWORK': {
      const general =
        'LLAMERO_RELEASES_URL names a mirror; an engine that is installed runs without a network';
      const hint = error.hint === undefined ? general : `${error.hint}\n${general}`;
      return new LlameroError(code, message, { hint, cause });
    }
    default:
      return error;
  }
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function isRateLimit({ headers, status }: Response, message: string): boolean {
  if (status !== 403 && status !== 429) return false;
  return (
    status === 429 ||
    headers.get('x-ratelimit-remaining') === '0' ||
    headers.has('retry-after') ||
    /rate limit/iu.test(message)
  );
}

function rateLimited({ headers }: Response, host: string, { now, token }: Asker): LlameroError {
  // GitHub answers 403 where others answer 429, with the same headers.
  const seconds = askedWait(429, headers, now());
  const when = seconds === undefined ? 'later' : `in ${formatDuration(seconds)}`;
  return new LlameroError(
    'RATE_LIMITED',
    `${host} has had too many requests from here; it may be asked again ${when}`,
    { hint: limitHint(token) },
  );
}

function limitHint(token: string | undefined): string {
  return token === undefined
    ? 'Wait, or set GH_TOKEN to a GitHub token, which needs no permission: it allows 5000 requests an hour, not 60'
    : 'Wait, then run the command again';
}

/** The message in `{"message": …}`, safe to show; a page or another shape has none. */
function spokenMessage(body: string, token: string | undefined): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return '';
  }
  const message = (value as { message?: unknown } | null)?.message;
  if (typeof message !== 'string') return '';
  const withoutToken = token === undefined ? message : message.replaceAll(token, '[redacted]');
  return redact(oneLine(withoutToken)).slice(0, MESSAGE_LIMIT);
}
