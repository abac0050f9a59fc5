import type { ConversationInfo, SearchHit } from '../lib/chat/history/history.ts';
import { formatAge } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** Conversations as a table. */
export function renderConversations(
  conversations: readonly ConversationInfo[],
  terminal: Terminal,
  now: Date,
): string {
  const { outStyle } = terminal;
  return renderTable({
    columns: [
      { header: 'ID' },
      { header: 'TITLE', shrinks: true },
      { header: 'MODEL', shrinks: true },
      { header: 'MESSAGES', align: 'right' },
      { header: 'LAST' },
    ],
    headerStyle: terminal.headerStyle,
    rows: conversations.map(({ id, messageCount, model, title, updatedAt }) => [
      { text: id, style: outStyle.cyan },
      title,
      model,
      String(messageCount),
      formatAge(updatedAt, now),
    ]),
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
}

/** What a search found: a line about the conversation, and one with the words it was found by. */
export function renderHit({ info, parts }: SearchHit, terminal: Terminal, now: Date): string {
  const { outStyle } = terminal;
  const age = outStyle.dim(`(${formatAge(info.updatedAt, now)})`);
  const words = parts.map(({ match, text }) => (match ? outStyle.bold(text) : text)).join('');
  return `${outStyle.cyan(info.id)}  ${oneLine(info.title)} ${age}\n    ${words}`;
}
