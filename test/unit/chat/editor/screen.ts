import { PassThrough, Writable } from 'node:stream';

import { type IUnicodeVersionProvider, Terminal } from '@xterm/headless';
import { Chalk } from 'chalk';
import stringWidth from 'string-width';

import {
  type EditorInput,
  type EditorOptions,
  LineEditor,
} from '../../../../src/lib/chat/editor/editor.ts';

/** What a key sends. */
export const KEYS = {
  return: '\r',
  tab: '\t',
  escape: '\u001B[27u',
  backspace: '\u007F',
  up: '\u001B[A',
  down: '\u001B[B',
  left: '\u001B[D',
  right: '\u001B[C',
  home: '\u001B[H',
  shiftTab: '\u001B[Z',
  shiftReturn: '\u001B[13;2u',
  altReturn: '\u001B\r',
  ctrlA: '\u0001',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlG: '\u0007',
  ctrlJ: '\n',
  ctrlL: '\u000C',
  ctrlR: '\u0012',
  ctrlU: '\u0015',
  ctrlW: '\u0017',
  ctrlY: '\u0019',
  ctrlZ: '\u001A',
} as const;

/** What a terminal sends for a paste when bracketed paste is on. */
export function pasted(text: string): string {
  return `\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`;
}

/** The keyboard, with the raw mode that a terminal would be in. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}

type ScreenOptions = Partial<EditorOptions> & { readonly reflowCursorLine?: boolean };

/** An editor on a terminal that is emulated: what is typed goes in, what is seen can be read. */
export class EditorScreen {
  readonly keyboard = new Keyboard();
  readonly history: string[] = [];
  /** How often Ctrl+C was pressed while no question was open. */
  interrupts = 0;
  readonly editor: LineEditor;
  readonly output: Writable & { columns: number; rows: number };
  /** Every write, as it was made. */
  readonly writes: string[] = [];
  readonly #terminal: Terminal;
  readonly #abort = new AbortController();

  /** @param options `reflowCursorLine`: a change of width breaks the cursor's line anew as well */
  constructor(
    columns: number,
    rows: number,
    { reflowCursorLine = false, ...options }: ScreenOptions = {},
  ) {
    const terminal = new Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      reflowCursorLine,
    });
    terminal.unicode.register(WIDTHS);
    terminal.unicode.activeVersion = WIDTHS.version;
    this.#terminal = terminal;
    const { writes } = this;
    const output = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        writes.push(chunk);
        terminal.write(chunk, () => done());
      },
    });
    this.output = Object.assign(output, { columns, rows });
    const { history } = this;
    this.editor = new LineEditor({
      input: this.keyboard as unknown as NodeJS.ReadStream,
      output: this.output,
      style: new Chalk({ level: 0 }),
      history: { entries: () => history, add: (text) => history.push(text) },
      complete: async () => undefined,
      interrupt: () => {
        this.interrupts += 1;
      },
      signal: this.#abort.signal,
      ...options,
    });
  }

  /** Types, a chunk each, and waits until everything is on the screen. */
  async type(...chunks: string[]): Promise<void> {
    for (const chunk of chunks) {
      this.keyboard.write(chunk);
      await this.settle();
    }
  }

  /** Asks, types, and answers what came of it. */
  async answer(...chunks: string[]): Promise<EditorInput> {
    const asked = this.editor.ask('>>> ');
    await this.type(...chunks);
    return asked;
  }

  /** Waits until what was typed is taken in and shown. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    await new Promise<void>((resolve) => {
      this.#terminal.write('', resolve);
    });
  }

  /** Waits until something is so. */
  async until(isSo: () => boolean): Promise<void> {
    do await this.settle();
    while (!isSo());
  }

  /** Changes the size of the window and waits for the frame that follows. */
  async resize(columns: number, rows: number): Promise<void> {
    const seen = this.writes.length;
    this.#terminal.resize(columns, rows);
    Object.assign(this.output, { columns, rows });
    this.output.emit('resize');
    while (this.writes.length === seen) {
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
    await this.settle();
  }

  /** Prints as a program does that knows nothing of the editor. */
  async print(text: string): Promise<void> {
    this.output.write(text);
    await this.settle();
  }

  /** Asks the program to end. */
  end(): void {
    this.#abort.abort();
  }

  /** Gives the terminal back, as the end of a conversation does. */
  async close(): Promise<void> {
    this.editor[Symbol.dispose]();
    await this.settle();
  }

  /** The lines with something on them, those scrolled away first, and `|` for the cursor. */
  get seen(): string[] {
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, index) => {
      const line = active.getLine(index);
      if (line === undefined) return '';
      if (index !== active.baseY + active.cursorY) return line.translateToString(true);
      const before = line.translateToString(false, 0, active.cursorX);
      return `${before}|${line.translateToString(true, active.cursorX)}`;
    });
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** How many lines have been scrolled away. */
  get scrolled(): number {
    return this.#terminal.buffer.active.baseY;
  }

  /** Whether the terminal reports pastes and is in raw mode: whether the editor holds it. */
  get isHeld(): boolean {
    const { bracketedPasteMode } = this.#terminal.modes;
    if (bracketedPasteMode !== this.keyboard.isRaw) throw new Error('half given back');
    return bracketedPasteMode;
  }
}

const ZERO_WIDTH_JOINER = 0x20_0d;
const JOINS_NEXT = 1;

/**
 * The widths of a modern terminal, where an emoji with modifiers or joiners is one character of two
 * columns; the emulator's own are those of Unicode 6.
 */
const WIDTHS: IUnicodeVersionProvider = {
  version: 'modern',
  wcwidth: (codePoint) => {
    const width = stringWidth(String.fromCodePoint(codePoint));
    return width === 0 || width === 1 ? width : 2;
  },
  // The emulator packs a property as state << 3 | width << 1 | joins the character before.
  charProperties(codePoint, preceding) {
    const previousWidth = (preceding >> 1) & 3;
    const isModifier = codePoint >= 0x1_f3_fb && codePoint <= 0x1_f3_ff;
    const width = this.wcwidth(codePoint);
    const joins = previousWidth > 0 && (width === 0 || isModifier || preceding >> 3 === JOINS_NEXT);
    const state = codePoint === ZERO_WIDTH_JOINER ? JOINS_NEXT : 0;
    const columns = joins ? Math.max(previousWidth, isModifier ? 2 : 0) : width;
    return (state << 3) | (columns << 1) | (joins ? 1 : 0);
  },
};
