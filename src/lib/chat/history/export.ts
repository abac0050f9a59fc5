import { jsonText } from '../../json-text.ts';
import { conversationDocument } from './document.ts';
import { conversationMarkdown } from './markdown.ts';
import type { KeptConversation } from './types.ts';

/** What conversations can be written as. */
export const EXPORT_FORMATS = ['md', 'json', 'jsonl'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Conversations as the text of a file. In `json` it is one document; in `jsonl` each line is a
 * conversation, in the shape that tools for training read: `messages` with `role` and `content`.
 */
export function exportConversations(
  conversations: readonly KeptConversation[],
  format: ExportFormat,
): string {
  switch (format) {
    case 'md':
      return conversations.map(conversationMarkdown).join('\n---\n\n');
    case 'json':
      return `${jsonText({ conversations: conversations.map(conversationDocument) }, 2)}\n`;
    case 'jsonl':
      return conversations.map((kept) => `${jsonText(conversationDocument(kept))}\n`).join('');
  }
}

/** The format that the name of a file asks for by its end, if it is one of these. */
export function formatOfFile(file: string): ExportFormat | undefined {
  const end = /\.([^./\\]+)$/u.exec(file.toLowerCase())?.[1];
  return end === 'markdown' ? 'md' : EXPORT_FORMATS.find((format) => format === end);
}
