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
  const renderAnswer = await answerRenderer(messages, options);
  for (const message of messages) blocks.push(renderMessage(message, terminal, renderAnswer));
  return blocks.join('\n\n');
}

function renderMessage(
  message: StoredMessage,
  { outStyle }: Terminal,
  renderAnswer: (text: string) => string,
): string {
  const { content, images = [], reasoning = '', role, stopped } = message;
  const parts = images.map(({ name }) => outStyle.dim(`[${oneLine(name)}]`));
  if (reasoning.trim() !== '') parts.push(outStyle.dim(stripControls(reasoning).trim()));
  if (role === 'assistant') parts.push(renderAnswer(content));
  else if (role === 'user') parts.push(`${outStyle.bold('>>>')} ${stripControls(content)}`);
  else parts.push(outStyle.dim(stripControls(content)));
  if (stopped === true) parts.push(outStyle.dim('(stopped)'));
  return parts.filter((part) => part !== '').join('\n');
}

/** What draws the answers. The colours of all the code in them are loaded once. */
async function answerRenderer(
  messages: readonly StoredMessage[],
  { raw, terminal }: TextOptions,
): Promise<(text: string) => string> {
  if (raw) return (text) => stripControls(text).trimEnd();
  const { loadHighlighter, renderMarkdown } = await import('../lib/chat/markdown/render.ts');
  const answers = messages.filter(({ role }) => role === 'assistant');
  const highlighter = await loadHighlighter(answers.map(({ content }) => content).join('\n'));
  const { columns, outStyle: style } = terminal;
  return (text) => renderMarkdown(text, { columns, style, highlighter }).trimEnd();
}
