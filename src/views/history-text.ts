import type { KeptConversation, StoredMessage } from '../lib/chat/history/history.ts';
import { conversationMarkdown } from '../lib/chat/history/markdown.ts';
import { formatAge } from '../lib/format.ts';
import { oneLine, stripControls } from '../lib/plain-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** How a conversation is shown. */
export interface TextOptions {
  readonly terminal: Terminal;
  /** Show answers as the model wrote them. */
  readonly raw: boolean;
  readonly now: Date;
}

/** A conversation for people: as it looked when it took place; in a pipe as Markdown. */
export async function renderConversation(
  kept: KeptConversation,
  options: TextOptions,
): Promise<string> {
  const { terminal } = options;
  if (!terminal.stdoutIsTerminal) return conversationMarkdown(kept).trimEnd();
  const { info, messages } = kept;
  const { outStyle } = terminal;
  const about = `${info.id}  ${oneLine(info.model)}  ${formatAge(info.updatedAt, options.now)}`;
  const blocks = [`${outStyle.bold(oneLine(info.title))}\n${outStyle.dim(about)}`];
  if (info.system !== undefined) blocks.push(outStyle.dim(stripControls(info.system)));
  for (const message of messages) blocks.push(await renderMessage(message, options));
  return blocks.join('\n\n');
}

async function renderMessage(message: StoredMessage, options: TextOptions): Promise<string> {
  const { outStyle } = options.terminal;
  const { content, images = [], reasoning = '', role, stopped } = message;
  const parts = images.map(({ name }) => outStyle.dim(`[${oneLine(name)}]`));
  if (reasoning.trim() !== '') parts.push(outStyle.dim(stripControls(reasoning).trim()));
  if (role === 'assistant') parts.push(await renderAnswer(content, options));
  else if (role === 'user') parts.push(`${outStyle.bold('>>>')} ${stripControls(content)}`);
  else parts.push(outStyle.dim(stripControls(content)));
  if (stopped === true) parts.push(outStyle.dim('(stopped)'));
  return parts.filter((part) => part !== '').join('\n');
}

async function renderAnswer(text: string, { raw, terminal }: TextOptions): Promise<string> {
  if (raw) return stripControls(text).trimEnd();
  const { renderMarkdown } = await import('../lib/chat/markdown/render.ts');
  return renderMarkdown(text, { columns: terminal.columns, style: terminal.outStyle }).trimEnd();
}
