/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const WINDOW_SECONDS = 3600;
const ANONYMOUS_LIMIT = 60;
const TOKEN_LIMIT = 5000;

interface Account {
  used: number;
  windowEnd: number;
}

/** Counts the requests of each caller in fixed hours, as GitHub's primary limit does. */
export class HourlyQuota {
  readonly #anonymousLimit: number;
  readonly #accounts = new Map<string | undefined, Account>();

  constructor(anonymousLimit = ANONYMOUS_LIMIT) {
    this.#anonymousLimit = anonymousLimit;
  }

  /** Counts a request of a caller, who may have a token. */
  take(token: string | undefined): {
    readonly exceeded: boolean;
    readonly headers: Record<string, string>;
  } {
    const account = this.#account(token);
    account.used += 1;
    const exceeded = account.used > this.#limit(token);
    return { exceeded, headers: this.headers(token) };
  }

  /** Takes back what the last request of a caller was counted for. */
  giveBack(token: string | undefined): void {
    this.#account(token).used -= 1;
  }

  headers(token: string | undefined): Record<string, string> {
    const { used, windowEnd } = this.#account(token);
    return limitHeaders(this.#limit(token), used, windowEnd);
  }

  /** The headers of a request that is refused for so many seconds, whatever was used. */
  refused(token: string | undefined, seconds: number): Record<string, string> {
    const limit = this.#limit(token);
    return limitHeaders(limit, limit, Math.ceil(Date.now() / 1000) + seconds);
  }

  #limit(token: string | undefined): number {
    return token === undefined ? this.#anonymousLimit : TOKEN_LIMIT;
  }

  #account(token: string | undefined): Account {
    const now = Math.floor(Date.now() / 1000);
    let account = this.#accounts.get(token);
    if (account === undefined || account.windowEnd <= now) {
      account = { used: 0, windowEnd: now + WINDOW_SECONDS };
      this.#accounts.set(token, account);
    }
    return account;
  }
}

/** @param windowEnd seconds since 1970 */
function limitHeaders(limit: number, used: number, windowEnd: number): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - used)),
    'x-ratelimit-used': String(Math.min(limit, used)),
    'x-ratelimit-reset': String(windowEnd),
    'x-ratelimit-resource': 'core',
  };
}
