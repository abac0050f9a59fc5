import type { ChalkInstance } from 'chalk';

import { AnswerText } from '../answer-text.ts';
import type { Highlighter } from '../markdown/highlighter.ts';
import type { Screen } from '../markdown/screen.ts';
import { createMarkdownSink } from '../markdown/stream-renderer.ts';
import type { AnswerStyle, AnswerView } from './io.ts';
import { ThoughtView } from './thought-view.ts';

/** What an answer is shown with. */
export interface AnswerScreenOptions {
  readonly screen: Screen;
  readonly style: ChalkInstance;
  /** Whether lines may be drawn over: not on a terminal that knows no cursor keys. */
  readonly draws: boolean;
  /** Whether the terminal may be sent hyperlinks. */
  readonly links: boolean;
  /** Colours of code, kept from answer to answer so that they load once. */
  readonly highlighter: Highlighter;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Shows a line that goes away, or takes it away. */
  readonly status: (line: string | undefined) => void;
}

/** Shows an answer: what the model reads and thinks at first, then what it says. */
export function createAnswerView(options: AnswerScreenOptions, style: AnswerStyle): AnswerView {
  const { draws, highlighter, links, now, screen, status } = options;
  const text =
    style.markdown && draws
      ? createMarkdownSink({ screen, style: options.style, links, highlighter })
      : new AnswerText((piece) => screen.write(piece));
  let thoughts: ThoughtView | undefined;
  let saysSomething = false;
  return {
    progress: (share) => {
      // A prompt that is read in one go is not worth a line.
      if (share < 1) status(`Reading the prompt … ${Math.floor(share * 100)} %`);
    },
    reasoning: (piece) => {
      if (saysSomething || (thoughts === undefined && piece.trim() === '')) return;
      status(undefined);
      thoughts ??= new ThoughtView({
        screen,
        style: options.style,
        view: style.thinking,
        draws,
        now,
      });
      thoughts.add(piece);
    },
    text: (piece) => {
      status(undefined);
      if (!saysSomething && piece.trim() === '') return;
      saysSomething = true;
      thoughts?.end();
      text.add(piece);
    },
    end: () => {
      status(undefined);
      thoughts?.end();
      text.end();
    },
  };
}
