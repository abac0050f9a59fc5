import { AnswerText } from '../lib/chat/answer-text.ts';
import type { AnswerSink } from '../lib/chat/markdown/stream-renderer.ts';
import { jsonText } from '../lib/json-text.ts';
import type { AnswerListener } from '../lib/server/client-answer.ts';
import type { ChatAnswer } from '../lib/server/client.ts';
import type { PromptProgress } from '../lib/server/client-chunk.ts';
import type { ErrorDocument } from '../lib/ui/error-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { ReadingLine } from './one-shot-reading.ts';

/** The forms an answer may be given in. */
export const OUTPUTS = ['text', 'json', 'stream-json'] as const;

export type Output = (typeof OUTPUTS)[number];

/** A line of `--output stream-json`. */
export type AnswerLine =
  | { readonly type: 'start'; readonly model: string }
  /** The prompt is being read. */
  | ({ readonly type: 'progress' } & PromptProgress)
  /** A piece of what the model thinks, or of its answer. */
  | { readonly type: 'reasoning' | 'text'; readonly text: string }
  | ({ readonly type: 'end' } & Omit<ChatAnswer, 'text' | 'reasoning'>)
  | ({ readonly type: 'error' } & ErrorDocument);

/** Where one answer goes. */
export interface OneShotOutput extends AnswerListener {
  /** The request is about to be sent. */
  readonly start: () => void;
  /** The answer is whole. */
  readonly finish: (answer: ChatAnswer) => void;
  /** Nothing more comes, whatever the reason. */
  readonly stop: () => void;
}

/** How an answer is shown. */
export interface TextOutputOptions {
  readonly terminal: Terminal;
  /** Whether thoughts are shown, on stderr. */
  readonly thinking: boolean;
  /** Writes the answer to stdout. */
  readonly answer: AnswerSink;
}

/** The text of the answer alone on stdout; thoughts, dim, and what is waited for on stderr. */
export function textOutput({ answer, terminal, thinking }: TextOutputOptions): OneShotOutput {
  const reading = new ReadingLine(terminal);
  let stopped = false;
  const think = (): AnswerText =>
    new AnswerText((piece) => void terminal.streams.stderr.write(terminal.style.dim(piece)));
  let thoughts = think();
  const endThoughts = (): void => {
    if (thoughts.text === '') return;
    thoughts.end();
    thoughts = think();
  };
  return {
    start: () => undefined,
    onProgress: (progress) => reading.show(progress),
    onReasoning: (piece) => {
      reading.clear();
      if (thinking) thoughts.add(piece);
    },
    onText: (piece) => {
      reading.clear();
      endThoughts();
      answer.add(piece);
    },
    finish: () => undefined,
    stop: () => {
      if (stopped) return;
      stopped = true;
      reading.clear();
      endThoughts();
      answer.end();
    },
  };
}

/** Nothing while it comes: the answer is printed as a document by the command. */
export function documentOutput(terminal: Terminal): OneShotOutput {
  const reading = new ReadingLine(terminal);
  const clear = (): void => reading.clear();
  return {
    start: () => undefined,
    onProgress: (progress) => reading.show(progress),
    onReasoning: clear,
    onText: clear,
    finish: () => undefined,
    stop: clear,
  };
}

/** The answer as NDJSON: one event a line, as it comes. */
export function eventOutput(terminal: Terminal, model: string, thinking: boolean): OneShotOutput {
  const print = (line: AnswerLine): void => terminal.print(jsonText(line));
  return {
    start: () => print({ type: 'start', model }),
    onProgress: (progress) => print({ type: 'progress', ...progress }),
    onReasoning: (text) => {
      if (thinking) print({ type: 'reasoning', text });
    },
    onText: (text) => print({ type: 'text', text }),
    // What came piece by piece is not told again.
    finish: ({ text: _text, reasoning: _reasoning, ...rest }) => print({ type: 'end', ...rest }),
    stop: () => undefined,
  };
}
