import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import {
  type ConversationDocument,
  conversationDocument,
} from '../../lib/chat/history/document.ts';
import { openKeptHistory, readNamedOrLatest } from '../../views/history-file.ts';
import { renderConversation } from '../../views/history-text.ts';

/** The `--json` document of `history show`. */
interface HistoryShowDocument {
  readonly conversation: ConversationDocument;
}

export default class HistoryShow extends BaseCommand<typeof HistoryShow> {
  static override summary = 'Show a conversation';

  static override description =
    'Changes nothing.\n\nExit codes: 3 no such conversation, 4 an id fits several, 8 the history is damaged.';

  static override examples = [
    { description: 'the latest', command: '<%= config.bin %> history show' },
    '<%= config.bin %> history show 7kq2',
  ];

  static override args = {
    id: Args.string({
      description: 'its id, or a beginning that fits it alone (default: the latest)',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    raw: Flags.boolean({ summary: 'Show answers as the model wrote them' }),
  };

  async run(): Promise<HistoryShowDocument> {
    const { terminal } = this.context;
    using history = await openKeptHistory(this.context, 'read');
    const kept = readNamedOrLatest(history, this.args.id);
    if (!this.jsonEnabled()) {
      const { raw } = this.flags;
      terminal.print(await renderConversation(kept, { terminal, raw, now: new Date() }));
    }
    return { conversation: conversationDocument(kept) };
  }
}
