import type { ErrorCode } from '../errors.ts';

/** How much a finding matters, the least first. */
export const SEVERITIES = ['ok', 'note', 'warning', 'error'] as const;

/**
 * `ok`: as it should be. `note`: worth knowing. `warning`: works, but not as well as it could.
 * `error`: something does not work until it is mended.
 */
export type Severity = (typeof SEVERITIES)[number];

/** Something that a check has found out. */
interface FindingFacts {
  /** Which check it is from; stable, for scripts. */
  readonly id: string;
  /** One or two plain sentences. */
  readonly message: string;
  /** The command that mends it, or shows what does, ready to be pasted. */
  readonly fix?: string;
}

/** What a check has found out; an error has the code it would end a command with. */
export type Finding =
  | (FindingFacts & { readonly severity: Exclude<Severity, 'error'> })
  | (FindingFacts & { readonly severity: 'error'; readonly code: ErrorCode });

/** One look at one thing. It changes nothing. */
export interface Check {
  readonly id: string;
  /** @throws anything: what cannot be looked at is a finding as well */
  run(signal: AbortSignal): Promise<readonly Finding[]>;
  /** Whether an error that it has found is also why another check failed, which is not told then. */
  explains?(failure: unknown): boolean;
}
