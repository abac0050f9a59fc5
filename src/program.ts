import type { LlameroError } from './lib/errors.ts';
import { Interrupts } from './lib/interrupts.ts';

/**
 * What the process as a whole has once: its environment and its signals. Only `main` and the base
 * command look here; everybody below is handed what it needs.
 */
export const program: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  interrupts: Interrupts;
  /** Why stdout or stderr could not be written to; told when all is done. */
  outputFailure: LlameroError | undefined;
} = {
  environment: process.env,
  interrupts: new Interrupts(() => undefined),
  outputFailure: undefined,
};
