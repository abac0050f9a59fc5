import type * as inquirer from '@inquirer/prompts';

import { LlameroError, abortError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** A question with yes and no for an answer. */
export interface ConfirmOptions {
  readonly message: string;
  readonly default: boolean;
  readonly signal: AbortSignal;
}

/** Something that can be marked in a list. */
export interface MarkOption<Value> {
  readonly value: Value;
  /** One line. */
  readonly label: string;
}

/** A list in which any number may be marked; none is at first. */
export interface MarkOptions<Value> {
  readonly message: string;
  readonly options: readonly MarkOption<Value>[];
  readonly signal: AbortSignal;
}

const ROWS = 15;

/**
 * Asks on the terminal, on stderr so that stdout stays data.
 *
 * @throws LlameroError INTERRUPTED when the question is left by Ctrl+C
 */
export async function confirm(terminal: Terminal, options: ConfirmOptions): Promise<boolean> {
  const { message, signal } = options;
  return ask(terminal, signal, ({ confirm: show }, streams) =>
    show({ message, default: options.default }, streams),
  );
}

/**
 * Lets any number of things be marked in a list.
 *
 * @throws LlameroError INTERRUPTED when the question is left by Ctrl+C
 */
export async function mark<Value>(
  terminal: Terminal,
  { message, options, signal }: MarkOptions<Value>,
): Promise<Value[]> {
  return ask(terminal, signal, ({ checkbox }, streams) =>
    checkbox(
      {
        message,
        pageSize: ROWS,
        loop: false,
        choices: options.map(({ label, value }) => ({ value, name: label, short: label })),
      },
      streams,
    ),
  );
}

type Prompts = typeof inquirer;

interface PromptStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

async function ask<T>(
  terminal: Terminal,
  signal: AbortSignal,
  show: (prompts: Prompts, streams: PromptStreams) => Promise<T>,
): Promise<T> {
  const prompts = await import('@inquirer/prompts');
  const { stderr: output, stdin: input } = terminal.streams;
  try {
    return await terminal.withKeyboard(() => show(prompts, { input, output, signal }));
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new LlameroError('INTERRUPTED', 'Interrupted', { cause: error });
    }
    throw error;
  }
}
