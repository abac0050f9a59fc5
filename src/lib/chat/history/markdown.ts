import { oneLine, stripControls } from '../../plain-text.ts';
import type { StoredMessage, KeptConversation } from './types.ts';

const SPEAKERS = { system: 'System', user: 'User', assistant: 'Assistant' } as const;

/**
 * A conversation as a Markdown document. What was said stays as it was said, but for control
 * characters.
 */
export function conversationMarkdown({ info, messages }: KeptConversation): string {
  const blocks = [
    `# ${literally(info.title)}`,
    [
      `- Model: ${literally(info.model)}`,
      `- Begun: ${info.createdAt.toISOString()}`,
      `- Conversation: ${info.id}`,
    ].join('\n'),
    ...(info.system === undefined ? [] : ['## System', said(info.system)]),
    ...messages.flatMap(messageBlocks),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function messageBlocks(message: StoredMessage): string[] {
  const { content, images = [], reasoning, role, stopped } = message;
  const parts = [
    ...images.map(({ mimeType, name }) => `*Image: ${literally(name)} (${literally(mimeType)})*`),
    ...(reasoning === undefined || reasoning.trim() === '' ? [] : [quoted(said(reasoning))]),
    ...(content.trim() === '' ? [] : [said(content)]),
    ...(stopped === true ? ['*(stopped)*'] : []),
  ];
  return [`## ${SPEAKERS[role]}`, ...parts];
}

function said(text: string): string {
  return stripControls(text.replaceAll('\r\n', '\n')).trim();
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}

/** A text on one line of which no character means anything in Markdown. */
function literally(text: string): string {
  // An underscore between letters, as in the name of a quant, means nothing anyway.
  return oneLine(text).replaceAll(/[\\`*[\]<>#|~]|\b_|_\b/gu, (character) => `\\${character}`);
}
