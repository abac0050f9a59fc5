import type { PromptReader } from '../lib/chat/editor/prompt-reader.ts';
import type { Choice } from '../lib/chat/session/io.ts';
import { abortError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { fitting } from './chat-choose.ts';

const LEAVE = 'Number or letters of it, Enter leaves: ';

/**
 * Lets the user choose on a terminal that cannot be drawn on: from a list with numbers.
 *
 * @returns undefined when the question is left by Ctrl+C or Enter
 * @throws LlameroError when the program is asked to end
 */
export async function choosePlainly<Value>(
  terminal: Terminal,
  reader: PromptReader,
  question: string,
  choices: readonly Choice<Value>[],
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (choices.length === 0) return undefined;
  const width = String(choices.length).length;
  terminal.print(oneLine(question));
  for (const [index, { label, remark }] of choices.entries()) {
    const number = String(index + 1).padStart(width);
    const texts = [label, remark].filter((text) => text !== undefined).map(oneLine);
    terminal.print([number, ...texts].join('  '));
  }
  for (;;) {
    const answer = await readAnswer(reader, LEAVE, signal);
    if (answer === undefined || answer === '') return undefined;
    const numbered = /^\d+$/u.test(answer) ? choices[Number(answer) - 1] : undefined;
    const [first, ...others] = numbered === undefined ? fitting(choices, answer) : [numbered];
    if (first !== undefined && others.length === 0) return first.value;
    terminal.print(first === undefined ? 'None of them' : 'More than one of them');
  }
}

/**
 * Asks a question with yes or no for an answer on a terminal that cannot be drawn on.
 *
 * @returns no when the question is left by Ctrl+C
 * @throws LlameroError when the program is asked to end
 */
export async function confirmPlainly(
  reader: PromptReader,
  question: string,
  byDefault: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const mark = `${oneLine(question)} ${byDefault ? '(Y/n)' : '(y/N)'} `;
  for (;;) {
    const answer = await readAnswer(reader, mark, signal);
    if (answer === undefined) return false;
    if (answer === '') return byDefault;
    if (/^y(?:es)?$/iu.test(answer)) return true;
    if (/^no?$/iu.test(answer)) return false;
  }
}

/** What was typed; undefined when the question was left. */
async function readAnswer(
  reader: PromptReader,
  mark: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const input = await reader.ask(mark, { remember: false });
  if (signal.aborted) throw abortError(signal);
  return input.type === 'text' ? input.text.trim() : undefined;
}
