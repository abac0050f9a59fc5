import { Flags } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import type { ConversationInfo } from '../../lib/chat/history/history.ts';
import { openKeptHistory } from '../../views/history-file.ts';
import { renderConversations } from '../../views/history-table.ts';

/** The `--json` document of `history list`. */
interface HistoryListDocument {
  readonly conversations: readonly ConversationInfo[];
  /** How many there are, listed or not. */
  readonly total: number;
}

const DEFAULT_LIMIT = 20;

export default class HistoryList extends BaseCommand<typeof HistoryList> {
  static override hiddenAliases = ['history:ls'];

  static override summary = 'Show the conversations that are kept, the newest first';

  static override description = 'Changes nothing.\n\nExit codes: 0 done, 8 the history is damaged.';

  static override examples = [
    '<%= config.bin %> history list',
    {
      description: 'all that a model took part in',
      command: '<%= config.bin %> history list --model qwen --limit 0',
    },
  ];

  static override flags = {
    limit: Flags.integer({
      summary: 'How many at most; 0 is all',
      default: DEFAULT_LIMIT,
      min: 0,
      helpValue: '<n>',
    }),
    model: Flags.string({ summary: "A part of the model's name", helpValue: '<text>' }),
  };

  async run(): Promise<HistoryListDocument> {
    const { limit, model } = this.flags;
    const { terminal } = this.context;
    using history = await openKeptHistory(this.context, 'read');
    const conversations = history.list({ model, limit: limit === 0 ? undefined : limit });
    const total = history.count({ model });
    if (!this.jsonEnabled()) {
      if (conversations.length > 0) {
        terminal.print(renderConversations(conversations, terminal, new Date()));
      }
      if (total === 0) terminal.note('No conversation is kept');
      else if (conversations.length < total) {
        terminal.note(`${conversations.length} of ${total}; --limit 0 shows all`);
      }
    }
    return { conversations, total };
  }
}
