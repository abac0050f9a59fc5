import { LlameroError, throwIfAborted } from '../errors.ts';
import { AnswerText } from './answer-text.ts';
import type { Conversation, Message } from './conversation.ts';

/** What the chat needs of a terminal. */
export interface ChatTerminal {
  /**
   * Asks for a line. `interrupted` after Ctrl+C, `closed` after Ctrl+D or when the terminal is
   * gone.
   */
  question(prompt: string): Promise<ChatInput>;
  /** Text of the answer, already safe to show. */
  write(text: string): void;
  /** A remark about the chat, a line of its own. */
  note(line: string): void;
}

/** What somebody did at the prompt. */
export type ChatInput =
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'interrupted' }
  | { readonly type: 'closed' };

/** What an answer may tell while it comes. */
export interface AnswerCallbacks {
  readonly onText: (text: string) => void;
  readonly onReasoning: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the chat loop works with. */
export interface ChatLoopOptions {
  readonly terminal: ChatTerminal;
  readonly conversation: Conversation;
  /** Gets the next answer. Throws what {@link streamChat} throws. */
  readonly answer: (messages: readonly Message[], callbacks: AnswerCallbacks) => Promise<unknown>;
  /** Gives Ctrl+C to a handler until the returned function is called. */
  readonly takeOverInterrupt: (handler: () => void) => () => void;
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
}

const PROMPT = '>>> ';
const HELP = [
  '/help   what can be typed here',
  '/bye    leave (Ctrl+D does the same)',
  'Ctrl+C  stops an answer; twice at the prompt, it leaves',
];

/**
 * Talks until the user leaves. Ctrl+C during an answer stops the answer and keeps what came of it.
 * A failure of the server is told and the conversation goes on: nothing typed is lost.
 *
 * @throws LlameroError when the program is asked to end (TERMINATED and the like)
 */
export async function chatLoop(options: ChatLoopOptions): Promise<void> {
  const { signal, terminal } = options;
  let interrupted = false;
  for (;;) {
    throwIfAborted(signal);
    const input = await terminal.question(PROMPT);
    if (input.type === 'closed') {
      throwIfAborted(signal);
      return;
    }
    if (input.type === 'interrupted') {
      if (interrupted) return;
      interrupted = true;
      terminal.note('Press Ctrl+C again, or type /bye, to leave');
      continue;
    }
    interrupted = false;
    const line = input.text.trim();
    if (line === '/bye') return;
    if (line === '/help') for (const text of HELP) terminal.note(text);
    else if (/^\/\w+$/u.test(line)) terminal.note(`${line} is no command here; /help lists them`);
    else if (line !== '') await oneTurn(options, line);
  }
}

async function oneTurn(options: ChatLoopOptions, line: string): Promise<void> {
  const { conversation, signal, terminal } = options;
  const stopped = new AbortController();
  const giveBack = options.takeOverInterrupt(() => {
    stopped.abort(new LlameroError('INTERRUPTED', 'Interrupted'));
  });
  const answer = new AnswerText((text) => terminal.write(text));
  let thinking = false;
  conversation.ask(line);
  try {
    await options.answer(conversation.messages, {
      onReasoning: () => {
        if (!thinking) terminal.note('(thinking)');
        thinking = true;
      },
      onText: (text) => answer.add(text),
      signal: AbortSignal.any([signal, stopped.signal]),
    });
    answer.end();
  } catch (error) {
    answer.end();
    if (signal.aborted || !(error instanceof LlameroError)) throw error;
    tell(terminal, error);
  } finally {
    giveBack();
    if (answer.text === '') conversation.withdraw();
    else conversation.answer(answer.text);
  }
}

function tell(terminal: ChatTerminal, error: LlameroError): void {
  if (error.code === 'INTERRUPTED') {
    terminal.note('(stopped)');
    return;
  }
  terminal.note(error.message);
  if (error.hint !== undefined) terminal.note(error.hint);
}
