import type { Choice } from '../lib/chat/session/io.ts';
import { abortError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';
import { type PromptFrame, promptSize } from '../lib/ui/prompt-size.ts';
import { shorten, shortenReference } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

const CHOOSING: Omit<PromptFrame, 'message'> = {
  keys: '↑↓ navigate • ⏎ select',
  indent: '❯ '.length,
  most: 10,
};

/**
 * Lets the user choose on the terminal: letters that are typed narrow the list.
 *
 * @returns undefined when the question is left by Ctrl+C
 * @throws LlameroError when the program is asked to end
 */
export async function choose<Value>(
  terminal: Terminal,
  question: string,
  choices: readonly Choice<Value>[],
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (choices.length === 0) return undefined;
  const message = oneLine(question);
  const { rows, width } = promptSize(terminal, { ...CHOOSING, message });
  const prompts = await import('@inquirer/prompts');
  try {
    return await terminal.withKeyboard(() =>
      prompts.search(
        {
          message,
          pageSize: rows,
          source: (term) =>
            fitting(choices, term ?? '').map(({ label, remark, value }) => {
              const name = oneLine(label);
              return {
                value,
                name:
                  remark === undefined
                    ? shortenReference(name, width)
                    : shorten(`${name}  ${oneLine(remark)}`, width),
                short: name,
              };
            }),
        },
        { input: terminal.streams.stdin, output: terminal.streams.stderr, signal },
      ),
    );
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    if (error instanceof Error && error.name === 'ExitPromptError') return undefined;
    throw error;
  }
}

/**
 * The choices in which the letters of a term occur in their order, in any case; those with the term
 * in one piece first.
 */
export function fitting<Value>(
  choices: readonly Choice<Value>[],
  term: string,
): readonly Choice<Value>[] {
  const wanted = term.toLowerCase().replace(/\s+/gu, '');
  const ranked = choices.flatMap((choice) => {
    const text = `${choice.label} ${choice.remark ?? ''}`.toLowerCase();
    const place = text.replace(/\s+/gu, '').indexOf(wanted);
    if (place !== -1) return [{ choice, rank: place === 0 ? 0 : 1 }];
    return hasLettersInOrder(text, wanted) ? [{ choice, rank: 2 }] : [];
  });
  return ranked.sort((one, other) => one.rank - other.rank).map(({ choice }) => choice);
}

function hasLettersInOrder(text: string, wanted: string): boolean {
  let place = 0;
  for (const letter of wanted) {
    const found = text.indexOf(letter, place);
    if (found === -1) return false;
    place = found + letter.length;
  }
  return true;
}
