import { Interrupts } from './lib/interrupts.ts';

/**
 * What the process as a whole has once: its environment and its signals. Only `main` and the base
 * command look here; everybody below is handed what it needs.
 */
export const program: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  interrupts: Interrupts;
} = {
  environment: process.env,
  interrupts: new Interrupts(() => undefined),
};
