/** Requests a caller may make in a window, by the Hub's three classes. */
export interface Quota {
  readonly api?: number;
  readonly resolvers?: number;
  readonly pages?: number;
}

/** https://huggingface.co/docs/hub/rate-limits: the window, and the quotas of a PRO account. */
const WINDOW_SECONDS = 300;
const DEFAULT_QUOTA: Required<Quota> = { api: 2500, resolvers: 12_000, pages: 400 };

/** Counts requests in fixed windows and tells the caller in the Hub's headers. */
export class RateLimiter {
  readonly #quota: Required<Quota>;
  readonly #used: Record<keyof Quota, number> = { api: 0, resolvers: 0, pages: 0 };
  #windowEnd = 0;

  constructor(quota: Quota = {}) {
    this.#quota = { ...DEFAULT_QUOTA, ...quota };
  }

  /** Counts a request to this path. */
  take(segments: readonly string[]): {
    readonly exceeded: boolean;
    readonly headers: Record<string, string>;
  } {
    const kind = classOf(segments);
    const now = Date.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW_SECONDS * 1000;
      Object.assign(this.#used, { api: 0, resolvers: 0, pages: 0 });
    }
    this.#used[kind] += 1;
    const left = Math.max(0, this.#quota[kind] - this.#used[kind]);
    const seconds = Math.ceil((this.#windowEnd - now) / 1000);
    return {
      exceeded: this.#used[kind] > this.#quota[kind],
      headers: rateLimitHeaders(kind, left, seconds, this.#quota[kind]),
    };
  }

  /** The headers of a request that is refused for so many seconds, whatever was used. */
  refused(segments: readonly string[], seconds: number): Record<string, string> {
    const kind = classOf(segments);
    return rateLimitHeaders(kind, 0, seconds, this.#quota[kind]);
  }
}

function rateLimitHeaders(
  kind: keyof Quota,
  left: number,
  seconds: number,
  quota: number,
): Record<string, string> {
  return {
    ratelimit: `"${kind}";r=${left};t=${seconds}`,
    'ratelimit-policy': `"fixed window";"${kind}";q=${quota};w=${WINDOW_SECONDS}`,
  };
}

function classOf(segments: readonly string[]): keyof Quota {
  if (segments.includes('resolve') || segments[1] === 'resolve-cache') return 'resolvers';
  return segments[0] === 'api' ? 'api' : 'pages';
}
