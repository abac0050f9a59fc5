import type { Segment } from './segment.ts';

/** A part is shared when it would take its connection longer than this. */
const LONG_SECONDS = 1;
/** Less is not worth a request, in bytes. */
const SMALLEST = 128 * 1024;
/** What a connection keeps of its part at least, in bytes. */
const SMALLEST_KEPT = 16 * 1024;

/** A connection at work. */
export interface Runner {
  readonly segment: Segment;
  /** Bytes per second; undefined as long as nothing is known. */
  readonly rate: number | undefined;
}

/**
 * Chooses whose part an idle connection shares, and from which position on it takes it over, so that
 * both end at about the same time: the part that would end last.
 *
 * @param rate what the idle connection is expected to do, in bytes per second
 */
export function chooseSplit<R extends Runner>(
  runners: readonly R[],
  rate: number | undefined,
): { readonly runner: R; readonly at: number } | undefined {
  let last: { runner: R; rate: number; seconds: number } | undefined;
  for (const runner of runners) {
    if (runner.rate === undefined || runner.segment.remaining < SMALLEST) continue;
    const seconds = runner.segment.remaining / runner.rate;
    if (seconds > Math.max(LONG_SECONDS, last?.seconds ?? 0)) {
      last = { runner, rate: runner.rate, seconds };
    }
  }
  if (last === undefined) return undefined;
  const { received, remaining } = last.runner.segment;
  const share = last.rate / (last.rate + (rate ?? last.rate) || 1);
  const kept = Math.max(SMALLEST_KEPT, Math.ceil(remaining * share));
  return { runner: last.runner, at: received + kept };
}
