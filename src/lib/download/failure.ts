/** What may help after a failure. */
export type Remedy = 'again' | 'elsewhere' | 'anew' | 'whole' | 'never';

/**
 * Why a segment did not come whole, and what helps: `again` the same request after a wait,
 * `elsewhere` a fresh URL, `anew` a fresh URL and, if that says the same, the file from its
 * beginning, `whole` a fresh URL and, if that says the same, the file in one piece, `never` nothing.
 */
export class SegmentFailure extends Error {
  override readonly name = 'SegmentFailure';
  readonly remedy: Remedy;
  readonly status: number | undefined;
  /** Seconds to wait, where the server named them. */
  readonly waitSeconds: number | undefined;

  constructor(
    remedy: Remedy,
    message: string,
    details: { status?: number; waitSeconds?: number | undefined } = {},
  ) {
    super(message);
    this.remedy = remedy;
    this.status = details.status;
    this.waitSeconds = details.waitSeconds;
  }
}
