import type { ChalkInstance } from 'chalk';

import { stripControls } from '../../plain-text.ts';
import { MarkdownDocument } from './document.ts';
import { Highlighter } from './highlighter.ts';
import type { Screen } from './screen.ts';
import { TailPainter } from './tail-painter.ts';

/** Takes an answer as it comes. */
export interface AnswerSink {
  /** A piece as the model wrote it. */
  add(piece: string): void;
  /** The answer is over, maybe halfway: the last line ends. Of an empty answer nothing is shown. */
  end(): void;
}

/** Calls something once after so many milliseconds, unless the returned function is called. */
export type SetTimer = (run: () => void, milliseconds: number) => () => void;

/** How an answer is drawn. */
export interface MarkdownOptions {
  readonly screen: Screen;
  readonly style: ChalkInstance;
  /** Whether links become OSC 8 hyperlinks; else their address stands after them. */
  readonly links: boolean;
  /** Frames a second at most; 30 when not given. */
  readonly framesPerSecond?: number;
  readonly setTimer?: SetTimer;
  /** Colours of code, kept from answer to answer so that they load once. */
  readonly highlighter?: Highlighter;
}

const FRAMES_PER_SECOND = 30;
const COLUMNS_WITHOUT_TERMINAL = 80;

/** Draws Markdown while it is written, without ever changing a line that scrolled away. */
export function createMarkdownSink(
  options: MarkdownOptions,
): AnswerSink & { readonly text: string } {
  return new MarkdownSink(options);
}

class MarkdownSink implements AnswerSink {
  readonly #screen: Screen;
  readonly #document: MarkdownDocument;
  readonly #painter: TailPainter;
  readonly #setTimer: SetTimer;
  readonly #milliseconds: number;
  /** The pieces that are not drawn yet. */
  #pending = '';
  #text = '';
  #cancelTimer: (() => void) | undefined;

  constructor(options: MarkdownOptions) {
    const { highlighter = new Highlighter(), links, screen, setTimer = nodeTimer, style } = options;
    this.#screen = screen;
    this.#document = new MarkdownDocument({ style, links, highlighter });
    this.#painter = new TailPainter(screen);
    this.#setTimer = setTimer;
    this.#milliseconds = 1000 / (options.framesPerSecond ?? FRAMES_PER_SECOND);
  }

  /** What the model said, without control characters and without white space before it. */
  get text(): string {
    return this.#text;
  }

  add(piece: string): void {
    const safe = stripControls(piece);
    const begun = this.#text === '' ? safe.trimStart() : safe;
    if (begun === '') return;
    this.#text += begun;
    this.#pending += begun;
    if (this.#cancelTimer === undefined) this.#frame();
  }

  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#text === '') return;
    const columns = this.#columns;
    const lines = this.#document.add(this.#pending.toWellFormed(), columns);
    lines.push(...this.#document.end(columns));
    this.#pending = '';
    this.#painter.paint(lines, [], columns);
  }

  get #columns(): number {
    const { columns } = this.#screen;
    return columns > 0 ? columns : COLUMNS_WITHOUT_TERMINAL;
  }

  /** Draws at once, then not again before a frame's time is over. */
  #frame(): void {
    const halved = /[\uD800-\uDBFF]$/.test(this.#pending) ? 1 : 0;
    const ready = this.#pending.slice(0, this.#pending.length - halved);
    this.#pending = this.#pending.slice(ready.length);
    const columns = this.#columns;
    const finished = this.#document.add(ready.toWellFormed(), columns);
    this.#painter.paint(finished, this.#document.tail(columns), columns);
    this.#cancelTimer = this.#setTimer(() => {
      this.#cancelTimer = undefined;
      if (this.#pending !== '') this.#frame();
    }, this.#milliseconds);
  }
}

function nodeTimer(run: () => void, milliseconds: number): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
