import type { PromptHistory } from '../lib/chat/editor/editor.ts';
import type { History } from '../lib/chat/history/types.ts';
import type { Context } from '../lib/context.ts';
import { isSwitchedOn, readVariable } from '../lib/config/environment.ts';
import { LlameroError } from '../lib/errors.ts';

/**
 * Opens the conversations that are kept, unless they are not wanted. A history that cannot be opened
 * costs a warning and not the conversation.
 *
 * @param save whether this conversation shall be kept
 */
export async function openChatHistory(
  context: Context,
  save: boolean,
): Promise<History | undefined> {
  const { environment, paths, terminal } = context;
  const config = await context.config();
  const unwanted = isSwitchedOn(readVariable(environment, 'LLAMERO_NOHISTORY'));
  if (!save || unwanted || !config.get('history.save')) return undefined;
  const { openHistory } = await import('../lib/chat/history/history.ts');
  let history: History | undefined;
  try {
    history = await openHistory({ file: paths.history });
    history.pruneDaily(config.get('history.keep-days'));
    return history;
  } catch (error) {
    history?.[Symbol.dispose]();
    if (!(error instanceof LlameroError)) throw error;
    terminal.warn(`This conversation is not saved: ${error.message}`);
    if (error.hint !== undefined) terminal.note(error.hint);
    return undefined;
  }
}

/**
 * What was typed before, for the line editor. It is kept where there is a history; otherwise, and
 * from the moment that it cannot be written, it is remembered while the program runs.
 */
export function promptHistory(history: History | undefined): PromptHistory {
  const entries = history === undefined ? [] : [...read(history)];
  let kept = history;
  return {
    entries: () => entries,
    add: (text) => {
      const known = entries.indexOf(text);
      if (known !== -1) entries.splice(known, 1);
      entries.push(text);
      try {
        kept?.prompts.add(text);
      } catch (error) {
        if (!(error instanceof LlameroError)) throw error;
        // The conversation's own record meets the same disk and tells of it.
        kept = undefined;
      }
    },
  };
}

function read(history: History): readonly string[] {
  try {
    return history.prompts.entries();
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    return [];
  }
}
