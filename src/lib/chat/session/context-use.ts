/** How full the context is. */
export interface ContextUse {
  /** Tokens that the conversation takes with its last answer. */
  readonly used: number;
  /** Tokens that there is room for. */
  readonly size: number;
}

/** The shares of the context at which the user is told. */
const LEVELS = [0.7, 0.85] as const;

/** The share of the context that is in use, 0 to 1. */
export function shareInUse({ size, used }: ContextUse): number {
  return size === 0 ? 0 : used / size;
}

/** The highest level that is reached: 0, 0.7 or 0.85. */
export function levelReached(use: ContextUse): number {
  return LEVELS.findLast((level) => shareInUse(use) >= level) ?? 0;
}

/** `72 % full: 5911 of 8192 tokens`. */
export function describeContext(use: ContextUse): string {
  return `${Math.round(shareInUse(use) * 100)} % full: ${use.used} of ${use.size} tokens`;
}
