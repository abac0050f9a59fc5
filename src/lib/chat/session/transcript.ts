import type { KeptConversation } from '../history/types.ts';
import { titleOf } from '../history/title.ts';
import type { Session } from './session.ts';

const NOT_KEPT = 'not kept';

/** The conversation as the history has it; one that is not kept as if it were. */
export function transcriptOf(session: Session, now: Date): KeptConversation {
  const { conversation, host, model, record, title } = session;
  if (record.id !== undefined && host.history !== undefined && conversation.turns.length > 0) {
    return host.history.read(record.id);
  }
  const { system, turns } = conversation;
  return {
    info: {
      id: NOT_KEPT,
      title: title ?? titleOf(turns[0] ?? { role: 'user', content: '' }),
      model,
      ...(system === undefined ? {} : { system }),
      createdAt: now,
      updatedAt: now,
      messageCount: turns.length,
    },
    messages: turns.map((message, index) => ({ ...message, id: index + 1, at: now })),
  };
}
