import { createHttp } from '../../src/lib/http/http.ts';
import type { Http, HttpOptions, RetryEvent } from '../../src/lib/http/types.ts';

/** A client whose waits are noted, not slept. */
export function quickHttp(options: Partial<HttpOptions> = {}): {
  http: Http;
  waits: number[];
  events: RetryEvent[];
} {
  const waits: number[] = [];
  const events: RetryEvent[] = [];
  const http = createHttp({
    version: '1.2.3',
    environment: {},
    onRetry: (event) => events.push(event),
    sleep: (seconds) => {
      waits.push(seconds);
      return Promise.resolve();
    },
    random: () => 0.5,
    ...options,
  });
  return { http, waits, events };
}
