import type { IncomingHttpHeaders } from 'node:http';

/** The two servers of a hub: the API with `/resolve`, and the host that large files come from. */
export type HubHostName = 'hub' | 'cdn';
/** The three of the releases: the API, the host of the pages, and the one that assets come from. */
export type ReleasesHostName = 'api' | 'web' | 'storage';
export type HostName = HubHostName | ReleasesHostName;

/** A request as one of the hosts saw it. */
export interface RecordedRequest {
  readonly host: HostName;
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  /** What patterns are matched with: the decoded path; on the CDN `/<user>/<repo>/<path of the file>`. */
  readonly subject: string;
  readonly headers: IncomingHttpHeaders;
  /** Port the client called from: tells connections apart. */
  readonly clientPort: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** 0 until the answer begins, and for ever when it never does. */
  readonly status: number;
  /** Bytes of the body handed to the operating system; the client may have read fewer. */
  readonly bytesSent: number;
  /** True once the answer has ended or was cut. */
  readonly ended: boolean;
  /** Milliseconds since the epoch; missing as long as it has not ended. */
  readonly endedAt?: number;
}

/** The same, as the hosts fill it in. */
export type OpenRecord = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };

/** Which requests are meant: a part of the subject or a pattern on it; all, when not given. */
export interface RequestMatch {
  readonly host?: HostName;
  readonly method?: string;
  readonly path?: string | RegExp;
}

export interface WaitOptions extends Omit<RequestMatch, 'path'> {
  /** Seconds until the wait fails; 30 unless told. */
  readonly timeoutSeconds?: number;
}

/** True when a request is one of those meant. */
export function matches(request: RecordedRequest, match: RequestMatch): boolean {
  const { host, method, path } = match;
  if (host !== undefined && request.host !== host) return false;
  if (method !== undefined && request.method !== method) return false;
  if (path === undefined) return true;
  if (typeof path === 'string') return request.subject.includes(path);
  return new RegExp(path.source, path.flags.replace(/[gy]/gu, '')).test(request.subject);
}

/** Every request of a hub, in the order of their arrival. */
export class RequestLog {
  readonly requests: OpenRecord[] = [];
  readonly #watchers = new Set<() => void>();

  open(record: OpenRecord): void {
    this.requests.push(record);
  }

  count(record: OpenRecord, bytes: number): void {
    record.bytesSent += bytes;
    for (const watcher of this.#watchers) watcher();
  }

  clear(): void {
    this.requests.length = 0;
  }

  /**
   * Resolves when the bodies sent for the matching requests, past ones included, add up to `bytes`.
   *
   * @throws Error when that has not happened in time
   */
  async waitForBytes(path: string | RegExp, bytes: number, options: WaitOptions): Promise<void> {
    const { timeoutSeconds = 30, ...rest } = options;
    const sent = (): number =>
      this.requests
        .filter((request) => matches(request, { ...rest, path }))
        .reduce((total, request) => total + request.bytesSent, 0);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const watch = (): void => {
      if (sent() >= bytes) resolve(undefined);
    };
    const timer = setTimeout(() => {
      reject(
        new Error(`${sent()} of ${bytes} bytes of ${path} were sent in ${timeoutSeconds} seconds`),
      );
    }, timeoutSeconds * 1000);
    this.#watchers.add(watch);
    try {
      watch();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(watch);
    }
  }
}
