import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import type { ConversationInfo } from '../../lib/chat/history/history.ts';
import { openKeptHistory } from '../../views/history-file.ts';
import { renderHit } from '../../views/history-table.ts';

/** The `--json` document of `history search`. */
interface HistorySearchDocument {
  readonly results: readonly {
    readonly conversation: ConversationInfo;
    /** The message that fits best. */
    readonly messageId: number;
    /** The words around the place in it. */
    readonly snippet: string;
  }[];
}

const DEFAULT_LIMIT = 20;

export default class HistorySearch extends BaseCommand<typeof HistorySearch> {
  static override summary = 'Search the conversations for words';

  static override description =
    'Finds conversations in which all the words occur in one message, the last of them as a beginning; prompts count more than answers. Changes nothing; that nothing is found is no failure.\n\nExit codes: 0 done, 8 the history is damaged.';

  static override examples = ['<%= config.bin %> history search sourdough starter'];

  static override strict = false;

  static override args = {
    words: Args.string({ description: 'what to look for', required: true, ignoreStdin: true }),
  };

  static override flags = {
    limit: Flags.integer({
      summary: 'How many at most',
      default: DEFAULT_LIMIT,
      min: 1,
      helpValue: '<n>',
    }),
  };

  async run(): Promise<HistorySearchDocument> {
    const { terminal } = this.context;
    using history = await openKeptHistory(this.context, 'read');
    const hits = history.search(this.positionals.join(' '), { limit: this.flags.limit });
    if (!this.jsonEnabled()) {
      const now = new Date();
      for (const hit of hits) terminal.print(renderHit(hit, terminal, now));
      if (hits.length === 0) terminal.note('Nothing was found');
    }
    return {
      results: hits.map(({ info, messageId, snippet }) => ({
        conversation: info,
        messageId,
        snippet,
      })),
    };
  }
}
