/** How patient a download is. Times are in seconds. */
export interface Patience {
  /** Silence after which a connection is given up. */
  readonly stallSeconds: number;
  /** How long a connection may be under a tenth of the others' speed before it is replaced. */
  readonly slowSeconds: number;
  /** The first wait after a failure; doubles up to the longest. */
  readonly firstWaitSeconds: number;
  readonly longestWaitSeconds: number;
  /** The longest wait that a server may ask for. */
  readonly longestAskedSeconds: number;
  /** Failures in a row, without a MiB between them, after which the download is given up. */
  readonly attempts: number;
}

/** For people who wait at a terminal: an outage of a minute is sat out, one of a quarter hour is not. */
export const PATIENCE: Patience = {
  stallSeconds: 20,
  slowSeconds: 3,
  firstWaitSeconds: 0.5,
  longestWaitSeconds: 30,
  longestAskedSeconds: 330,
  attempts: 8,
};

/**
 * Seconds to wait after a number of failures in a row; spread, so that many clients do not come
 * back at one instant.
 *
 * @param random from 0 to below 1
 */
export function backoff(patience: Patience, failures: number, random: number): number {
  const doubled = patience.firstWaitSeconds * 2 ** (failures - 1);
  return Math.min(doubled, patience.longestWaitSeconds) * (0.5 + random);
}
