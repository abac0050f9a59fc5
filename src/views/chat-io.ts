import type { PromptReader } from '../lib/chat/editor/prompt-reader.ts';
import { Highlighter } from '../lib/chat/markdown/highlighter.ts';
import type { Screen } from '../lib/chat/markdown/screen.ts';
import type { Message } from '../lib/chat/message.ts';
import { createAnswerView } from '../lib/chat/session/answer-view.ts';
import type {
  AnswerStyle,
  AnswerView,
  ChatIo,
  Choice,
  ListRow,
  PromptInput,
} from '../lib/chat/session/io.ts';
import { LlameroError } from '../lib/errors.ts';
import { oneLine, stripControls } from '../lib/plain-text.ts';
import { confirm } from '../lib/ui/prompts.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { choose } from './chat-choose.ts';
import { listLines, wrapText } from './chat-list.ts';
import { choosePlainly, confirmPlainly } from './chat-plain-questions.ts';

/** What the conversation is shown with. */
export interface ChatIoOptions {
  readonly terminal: Terminal;
  readonly editor: PromptReader;
  readonly screen: Screen;
  /** Whether lines may be drawn over. */
  readonly draws: boolean;
  readonly links: boolean;
}

const PROMPT = '>>> ';
const PLACEHOLDER = 'Say something (/help)';
const CLEAR_LINE = '\r\u001B[K';
const REPLAYED_LINES = 20;

/** The terminal of a conversation: everything below what was there before, nothing over it. */
export class TerminalChatIo implements ChatIo {
  readonly #options: ChatIoOptions;
  /** Kept from answer to answer, so that the languages of code load once. */
  readonly #highlighter = new Highlighter();
  #status = '';
  #showedAnswer = false;

  constructor(options: ChatIoOptions) {
    this.#options = options;
  }

  readPrompt({ initial }: { readonly initial: string }): Promise<PromptInput> {
    if (this.#showedAnswer) this.#options.terminal.write('\n');
    this.#showedAnswer = false;
    return this.#options.editor.ask(PROMPT, { initial, placeholder: PLACEHOLDER });
  }

  say(text: string): void {
    this.#options.terminal.print(stripControls(text));
  }

  list(rows: readonly ListRow[]): void {
    this.#options.terminal.print(listLines(rows, this.#options.screen.columns).join('\n'));
  }

  note(line: string): void {
    const { screen, terminal } = this.#options;
    for (const part of wrapText(line, screen.columns)) terminal.note(terminal.style.dim(part));
  }

  warn(line: string): void {
    this.#options.terminal.warn(oneLine(line));
  }

  status(line: string | undefined): void {
    const { terminal } = this.#options;
    const text = oneLine(line ?? '').slice(0, Math.max(0, terminal.columns - 1));
    if (text === this.#status || !terminal.canDraw) return;
    this.#status = text;
    terminal.streams.stderr.write(`${CLEAR_LINE}${terminal.style.dim(text)}`);
  }

  answer(style: AnswerStyle): AnswerView {
    const { draws, links, screen, terminal } = this.#options;
    this.#showedAnswer = true;
    return createAnswerView(
      {
        screen,
        style: terminal.outStyle,
        draws,
        links,
        highlighter: this.#highlighter,
        now: () => performance.now(),
        status: (line) => this.status(line),
      },
      style,
    );
  }

  replay(messages: readonly Message[]): void {
    const { outStyle } = this.#options.terminal;
    for (const { content, images = [], role, stopped } of messages) {
      const mark = role === 'user' ? PROMPT : '';
      const pictures = images.map(({ name }) => `[${oneLine(name)}]`);
      const end = stopped === true ? ['(stopped)'] : [];
      const lines = [...stripControls(content).trim().split('\n'), ...pictures, ...end];
      const shown = lines.slice(0, REPLAYED_LINES);
      const more = lines.length - shown.length;
      if (more > 0) shown.push(`… (${more} more lines)`);
      const text = shown.map((line, index) => outStyle.dim(`${index === 0 ? mark : ''}${line}`));
      this.#options.terminal.print(text.join('\n'));
    }
  }

  choose<Value>(
    question: string,
    choices: readonly Choice<Value>[],
    signal: AbortSignal,
  ): Promise<Value | undefined> {
    const { draws, editor, terminal } = this.#options;
    return draws
      ? choose(terminal, question, choices, signal)
      : choosePlainly(terminal, editor, question, choices, signal);
  }

  async confirm(question: string, byDefault: boolean, signal: AbortSignal): Promise<boolean> {
    const { draws, editor, terminal } = this.#options;
    if (!draws) return confirmPlainly(editor, question, byDefault, signal);
    try {
      return await confirm(terminal, {
        message: oneLine(question),
        default: byDefault,
        signal,
      });
    } catch (error) {
      if (signal.aborted || !(error instanceof LlameroError)) throw error;
      if (error.code === 'INTERRUPTED') return false;
      throw error;
    }
  }
}
