import type { History, KeptConversation } from '../lib/chat/history/history.ts';
import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';

/**
 * Opens the history for a command about kept conversations. To read nothing is made or written.
 *
 * @throws LlameroError HISTORY_DAMAGED, HISTORY_NEWER, DISK_NOT_WRITABLE, BUSY
 */
export async function openKeptHistory(
  { paths }: Context,
  use: 'read' | 'change',
): Promise<History> {
  const { openHistory } = await import('../lib/chat/history/history.ts');
  return openHistory({ file: paths.history, readOnly: use === 'read' });
}

/**
 * The conversation that was named, or the latest.
 *
 * @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS
 */
export function readNamedOrLatest(history: History, id: string | undefined): KeptConversation {
  const named = id ?? history.latest()?.id;
  if (named !== undefined) return history.read(named);
  throw new LlameroError('CONVERSATION_NOT_FOUND', 'No conversation is kept', {
    hint: 'Begin one: `llamero run <ref>`',
  });
}
