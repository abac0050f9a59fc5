import { LlameroError, abortError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** A question with yes and no for an answer. */
export interface ConfirmOptions {
  readonly message: string;
  readonly default: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks on the terminal, on stderr so that stdout stays data.
 *
 * @throws LlameroError INTERRUPTED when the question is left by Ctrl+C
 */
export async function confirm(terminal: Terminal, options: ConfirmOptions): Promise<boolean> {
  const prompts = await import('@inquirer/prompts');
  try {
    return await terminal.withKeyboard(() =>
      prompts.confirm(
        { message: options.message, default: options.default },
        { input: terminal.streams.stdin, output: terminal.streams.stderr, signal: options.signal },
      ),
    );
  } catch (error) {
    if (options.signal.aborted) throw abortError(options.signal);
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new LlameroError('INTERRUPTED', 'Interrupted', { cause: error });
    }
    throw error;
  }
}
