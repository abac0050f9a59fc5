import type * as inquirer from '@inquirer/prompts';

import { LlameroError, abortError } from '../errors.ts';
import { type PromptFrame, promptSize } from './prompt-size.ts';
import { shorten } from './table.ts';
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
  /** One line, given the columns that there are for it. */
  readonly label: (width: number) => string;
}

/** A list in which any number may be marked; none is at first. */
export interface MarkOptions<Value> {
  readonly message: string;
  readonly options: readonly MarkOption<Value>[];
  readonly signal: AbortSignal;
}

const MARKING: Omit<PromptFrame, 'message'> = {
  keys: '↑↓ navigate • space select • a all • i invert • ⏎ submit',
  indent: '❯◉ '.length,
  most: 15,
};

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
  const { rows, width } = promptSize(terminal, { ...MARKING, message });
  return ask(terminal, signal, ({ checkbox }, streams) =>
    checkbox(
      {
        message,
        pageSize: rows,
        loop: false,
        choices: options.map(({ label, value }) => ({ value, name: shorten(label(width), width) })),
        theme: {
          style: {
            renderSelectedChoices: (marked: readonly unknown[], all: readonly unknown[]) =>
              `${marked.length} of ${all.length}`,
          },
        },
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
