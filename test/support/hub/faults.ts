import { matches } from './log.ts';
import type { RecordedRequest, RequestMatch } from './log.ts';

/**
 * What can go wrong with an answer. Byte counts are of the body of the one answer; a cut that lies
 * at or behind its end never happens.
 */
export type Fault =
  /** Another answer, without asking the host: any status, headers and body. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  /** 429 with the Hub's own `RateLimit` header, or with `Retry-After` as proxies send it. */
  | {
      readonly kind: 'rate-limit';
      readonly seconds: number;
      readonly header?: 'ratelimit' | 'retry-after';
    }
  /** The connection is reset (RST): before any header, or after so many bytes. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** The connection is closed in order (FIN) after so many bytes: a short body. */
  | { readonly kind: 'end'; readonly afterBytes: number }
  /** Nothing more comes: for so many seconds, or until the client goes away. */
  | { readonly kind: 'stall'; readonly afterBytes: number; readonly seconds?: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** All bits of the byte at this offset of the file are turned over, wherever the range begins. */
  | { readonly kind: 'flip'; readonly offset: number }
  /** A request for a part is answered with 200 and the whole file. */
  | { readonly kind: 'ignore-range' }
  /** The `Content-Range` header says this; the bytes stay the asked ones. */
  | { readonly kind: 'content-range'; readonly value: string }
  /** 200 with `Content-Encoding: gzip`, range and length dropped, as CloudFront does to text. */
  | { readonly kind: 'gzip' }
  /** Another entity tag, as if the file had changed; `If-Range` is compared with it. */
  | { readonly kind: 'etag'; readonly value: string }
  /** The headers come so much later. */
  | { readonly kind: 'delay'; readonly seconds: number };

/** Which requests a fault strikes. */
export interface FaultMatch extends RequestMatch {
  /** Strikes so many of the matching requests; all of them unless told. */
  readonly times?: number;
  /** Lets so many matching requests pass first. */
  readonly skip?: number;
}

/** A fault that was set. */
export interface FaultHandle {
  /** How many requests it has struck. */
  readonly hits: number;
  remove(): void;
}

interface Rule extends FaultHandle {
  readonly match: FaultMatch;
  readonly fault: Fault;
  seen: number;
  hits: number;
}

/** The faults a test has set. Several can strike one request. */
export class Faults {
  readonly #rules: Rule[] = [];

  add(match: FaultMatch, fault: Fault): FaultHandle {
    const remove = (): void => {
      const index = this.#rules.indexOf(rule);
      if (index >= 0) this.#rules.splice(index, 1);
    };
    const rule: Rule = { match, fault, seen: 0, hits: 0, remove };
    this.#rules.push(rule);
    return rule;
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** The faults that strike this request; counts it for the rules it matches. */
  strike(request: RecordedRequest): Fault[] {
    const struck = this.#rules.filter((rule) => {
      if (!matches(request, rule.match)) return false;
      rule.seen += 1;
      const turn = rule.seen - (rule.match.skip ?? 0);
      return turn > 0 && turn <= (rule.match.times ?? Infinity);
    });
    for (const rule of struck) rule.hits += 1;
    return struck.map((rule) => rule.fault);
  }
}

/** The fault of a kind among those that strike a request; the first when there are several. */
export function faultOf<Kind extends Fault['kind']>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
}
