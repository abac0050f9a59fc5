import type { Location } from './types.ts';

/** Without a word about its end a URL is used for so long. */
const UNKNOWN_LIFE_MS = 15 * 60_000;
/** A URL is renewed so long before its end, or a quarter of its life when that is shorter. */
const MARGIN_MS = 90_000;

/** A location in use. */
export interface Located {
  readonly location: Location;
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
  /** Given out because the one before it was refused. */
  readonly isReplacement: boolean;
}

/** What was done about a refused URL: nothing, as it is not in use any more; given up; or spent. */
export type Renewal = 'renewed already' | 'renew' | 'spent';

/** Where a file's bytes are: found out once for all connections, and again when it is time. */
export class Locator {
  readonly #locate: () => Promise<Location>;
  readonly #now: () => number;
  #current: Located | undefined;
  #pending: Promise<Located> | undefined;
  #refused = false;
  readonly #served = new WeakSet<Located>();

  /** @param now milliseconds since 1970 */
  constructor(locate: () => Promise<Location>, now: () => number) {
    this.#locate = locate;
    this.#now = now;
  }

  /** The host of the location in use. */
  get host(): string | undefined {
    return this.#current?.host;
  }

  /** @throws what finding out throws */
  async get(): Promise<Located> {
    if (this.#current !== undefined && this.#now() < this.#current.renewAt) return this.#current;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #renew(): Promise<Located> {
    const isReplacement = this.#refused;
    const location = await this.#locate();
    const { host } = new URL(location.url);
    this.#refused = false;
    this.#current = { location, host, isReplacement, renewAt: renewalTime(location, this.#now()) };
    return this.#current;
  }

  /** Notes that a location works. */
  served(located: Located): void {
    this.#served.add(located);
  }

  /** Notes that a location was refused. One fresh URL is tried; when that is refused too it is spent. */
  refused(located: Located): Renewal {
    if (located !== this.#current) return 'renewed already';
    if (located.isReplacement && !this.#served.has(located)) return 'spent';
    this.#current = undefined;
    this.#refused = true;
    return 'renew';
  }
}

/** When a URL has to be renewed, by the end that stands in its signature; milliseconds since 1970. */
export function renewalTime({ url }: Location, now: number): number {
  const end = signatureEnd(new URL(url).searchParams);
  // An end that is past already is one of a clock that goes wrong, theirs or ours.
  if (end === undefined || end <= now) return now + UNKNOWN_LIFE_MS;
  return end - Math.min(MARGIN_MS, (end - now) / 4);
}

/**
 * `Expires` is CloudFront's, in seconds since 1970; `X-Amz-Date` with `X-Amz-Expires` is S3's.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
function signatureEnd(query: URLSearchParams): number | undefined {
  const expires = query.get('Expires');
  if (expires !== null && /^\d{1,12}$/u.test(expires)) return Number(expires) * 1000;
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(query.get('X-Amz-Date') ?? '');
  const seconds = query.get('X-Amz-Expires') ?? '';
  if (date === null || !/^\d{1,9}$/u.test(seconds)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date
    .slice(1)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(seconds) * 1000;
}
