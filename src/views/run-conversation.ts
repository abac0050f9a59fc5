import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';

/**
 * The model of a kept conversation.
 *
 * @param id the conversation; the latest one when it is not given
 * @throws LlameroError CONVERSATION_NOT_FOUND, AMBIGUOUS, and what the history throws
 */
export async function modelOfConversation(
  { paths }: Context,
  id: string | undefined,
): Promise<string> {
  const { openHistory } = await import('../lib/chat/history/history.ts');
  using history = await openHistory({ file: paths.history, readOnly: true });
  const info = id === undefined ? history.latest() : history.find(id);
  if (info !== undefined) return info.model;
  throw new LlameroError('CONVERSATION_NOT_FOUND', 'There is no conversation to go on with', {
    hint: 'Begin one: `llamero run user/repo`',
  });
}
