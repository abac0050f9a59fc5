import type { Message } from '../message.ts';
import type { ConversationInfo, KeptConversation, StoredMessage } from './types.ts';

/** A conversation as `--json` and exports show it. */
export interface ConversationDocument extends Omit<ConversationInfo, 'system'> {
  /**
   * What was said, the system prompt first: `role` and `content` are those of a chat request; what
   * else is known of a message stands beside them.
   */
  readonly messages: readonly (Message & Partial<StoredMessage>)[];
}

/** The conversation with its system prompt where a chat request has it. */
export function conversationDocument({ info, messages }: KeptConversation): ConversationDocument {
  const { system, ...rest } = info;
  const head: Message[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    ...rest,
    messages: [...head, ...messages],
  };
}
