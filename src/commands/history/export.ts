import path from 'node:path';

import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../base-command.ts';
import {
  type ConversationDocument,
  conversationDocument,
} from '../../lib/chat/history/document.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportConversations,
  formatOfFile,
} from '../../lib/chat/history/export.ts';
import type { History, KeptConversation } from '../../lib/chat/history/history.ts';
import { formatCount } from '../../lib/format.ts';
import { openKeptHistory, readNamedOrLatest } from '../../views/history-file.ts';
import { requireFreePlace, writeExport } from '../../views/history-export.ts';

/** The `--json` document of `history export`: what was exported, or where it was written. */
type HistoryExportDocument =
  | { readonly conversations: readonly ConversationDocument[] }
  | { readonly path: string; readonly format: ExportFormat; readonly count: number };

export default class HistoryExport extends BaseCommand<typeof HistoryExport> {
  static override summary = 'Write conversations as Markdown or JSON';

  static override description =
    'Without an id the latest conversation is written, without -o to stdout. In jsonl each line is a conversation: `messages` with `role` and `content`, as tools for training read them.\n\nExit codes: 2 the file exists or its name says nothing of the format, 3 no such conversation, 4 an id fits several, 7 the file cannot be written, 8 the history is damaged.';

  static override examples = [
    { description: 'the latest as Markdown', command: '<%= config.bin %> history export' },
    {
      description: 'everything into a file',
      command: '<%= config.bin %> history export --all -o chats.jsonl',
    },
  ];

  static override strict = false;

  static override args = {
    id: Args.string({
      description: 'an id or a beginning that fits one alone; several are possible',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    all: Flags.boolean({ summary: 'Write all conversations' }),
    format: Flags.option({
      options: EXPORT_FORMATS,
      summary: 'What to write (default: what the name of the file says, else md)',
    })(),
    output: Flags.string({ char: 'o', summary: 'The file to write', helpValue: '<file>' }),
    force: Flags.boolean({ char: 'f', summary: 'Replace the file if there is one' }),
  };

  async run(): Promise<HistoryExportDocument> {
    const { terminal } = this.context;
    const { force, output } = this.flags;
    const file = output === undefined || output === '-' ? undefined : path.resolve(output);
    const format = this.flags.format ?? formatOfFile(output ?? '') ?? 'md';
    if (file !== undefined && !force) await requireFreePlace(file);
    using history = await openKeptHistory(this.context, 'read');
    const conversations = this.#choose(history);
    if (file !== undefined) {
      await writeExport(file, exportConversations(conversations, format));
      terminal.note(`Wrote ${formatCount(conversations.length, 'conversation')} to ${file}`);
      return { path: file, format, count: conversations.length };
    }
    if (!this.jsonEnabled()) terminal.write(exportConversations(conversations, format));
    return { conversations: conversations.map(conversationDocument) };
  }

  #choose(history: History): KeptConversation[] {
    if (this.flags.all) return history.list().map(({ id }) => history.read(id));
    if (this.positionals.length === 0) return [readNamedOrLatest(history, undefined)];
    return this.positionals.map((id) => history.read(id));
  }
}
