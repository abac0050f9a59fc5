import type { ChalkInstance } from 'chalk';

import { EDITING_KEYS } from './bindings.ts';
import { TextBuffer } from './buffer.ts';
import { type Completion, CompletionMenu } from './completion.ts';
import { fitWidth, widthOf } from './graphemes.ts';
import type { InputEvent } from './keys.ts';
import type { KillRing } from './kill-ring.ts';
import { type Layout, layOut, stopBeside } from './layout.ts';
import { enterOn } from './multi-line.ts';
import type { View } from './painter.ts';
import { FoldedPastes, editable, withoutMarks } from './paste.ts';
import { Recall } from './recall.ts';
import { HistorySearch } from './search.ts';

/** What somebody did at the prompt. */
export type EditorInput =
  | { readonly type: 'text'; readonly text: string }
  /** Ctrl+C. A text that stood there is gone from the line, and comes back by Ctrl+Y. */
  | { readonly type: 'interrupted'; readonly hadText: boolean }
  /** Ctrl+D, or the terminal is gone, or the program is asked to end. */
  | { readonly type: 'closed' };

/** What a key asks of the one who holds the terminal. */
export type Wish =
  | { readonly type: 'end'; readonly input: EditorInput }
  | { readonly type: 'complete'; readonly before: string }
  | { readonly type: 'open editor'; readonly text: string }
  | { readonly type: 'suspend' }
  | { readonly type: 'clear screen' };

/** The size of a screen in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What one question is asked with. */
export interface QuestionOptions {
  readonly prompt: string;
  /** What stands in the line to begin with. */
  readonly initial: string;
  /** What is shown, dimmed, while nothing stands in the line. */
  readonly placeholder: string;
  /** Prompts of before, newest last. */
  readonly entries: readonly string[];
  readonly kills: KillRing;
  readonly style: ChalkInstance;
}

const CONTINUATION = '... ';
/** A text longer than this, of before or from an editor, is folded: every key lays the text out. */
const LONGEST_SHOWN = 20_000;

/** One question: what is typed, how it is shown, and what comes of it. Knows no terminal. */
export class Question {
  readonly #options: QuestionOptions;
  readonly #buffer: TextBuffer;
  readonly #pastes = new FoldedPastes();
  readonly #recall: Recall;
  #menu: CompletionMenu | undefined;
  #search: HistorySearch | undefined;
  /** The column that up and down keep to. */
  #goal: number | undefined;
  /** The first row shown of a text taller than the screen. */
  #top = 0;

  constructor(options: QuestionOptions) {
    this.#options = options;
    this.#buffer = new TextBuffer(options.kills, this.#folded(editable(options.initial)));
    this.#recall = new Recall(options.entries.map(editable), (text) => this.#folded(text));
  }

  /** Takes an event in; answers what it asks for, if anything. */
  take(event: InputEvent, size: ScreenSize): Wish | undefined {
    if (this.#search !== undefined) return this.#takeSearching(this.#search, event, size);
    const key = event.type === 'key' ? event.key : undefined;
    const goal = this.#goal;
    this.#goal = undefined;
    if (this.#menu !== undefined && this.#takeChoosing(this.#menu, key)) return undefined;
    if (event.type === 'text') this.#buffer.insert(editable(event.text));
    else if (event.type === 'paste') this.#buffer.insert(this.#pastes.fold(event.text));
    else return this.#takeKey(event.key, size, goal);
    return undefined;
  }

  /** Puts a completion in that was asked for. */
  complete(completion: Completion): void {
    this.#menu = CompletionMenu.open(this.#buffer, completion);
  }

  /** Puts the text of an external editor in the place of all. */
  replaceAll(text: string): void {
    const shown = this.#folded(editable(text).replace(/\n$/u, ''));
    this.#buffer.show({ text: shown, cursor: shown.length });
  }

  /** What is to be seen while the question is open. */
  view({ columns, rows }: ScreenSize): View {
    const { style } = this.#options;
    const match = this.#searchMatch;
    const layout = this.#layout(columns);
    const below =
      this.#search === undefined
        ? (this.#menu?.rows(columns, Math.max(1, Math.floor(rows / 3)), style) ?? [])
        : [searchLine(this.#search, columns, style)];
    const height = Math.max(1, rows - below.length);
    const { row } = layout.cursor;
    const last = Math.max(0, layout.rows.length - height);
    this.#top = Math.min(last, row, Math.max(this.#top, row - height + 1));
    const shown = layout.rows.slice(this.#top, this.#top + height);
    if (this.#buffer.text === '' && match === undefined) {
      const room = columns - layout.cursor.column - 1;
      const hint = fitWidth(this.#options.placeholder, room);
      if (hint !== '') shown[0] = `${shown[0] ?? ''}${style.dim(hint)}`;
    }
    return {
      rows: [...shown, ...below],
      cursor: { row: row - this.#top, column: layout.cursor.column },
    };
  }

  /** What stays on the screen afterwards: whole lines, which the terminal wraps. */
  trace(mark = ''): string {
    return this.#layout(Number.POSITIVE_INFINITY).rows.join('\r\n') + mark;
  }

  #takeKey(key: string, size: ScreenSize, goal: number | undefined): Wish | undefined {
    const buffer = this.#buffer;
    switch (key) {
      case 'return':
        return this.#enter();
      case 'ctrl+c':
        return this.#interrupt();
      case 'ctrl+d':
        if (buffer.text === '') return { type: 'end', input: { type: 'closed' } };
        break;
      case 'ctrl+g':
        return { type: 'open editor', text: this.#pastes.unfold(buffer.text) };
      case 'ctrl+l':
        return { type: 'clear screen' };
      case 'ctrl+z':
        return { type: 'suspend' };
      case 'tab':
        return { type: 'complete', before: withoutMarks(buffer.before) };
      case 'ctrl+r':
        this.#search = new HistorySearch(this.#recall.entries);
        return undefined;
      case 'up':
      case 'ctrl+p':
        this.#vertical(-1, size, goal);
        return undefined;
      case 'down':
      case 'ctrl+n':
        this.#vertical(1, size, goal);
        return undefined;
      default:
    }
    EDITING_KEYS.get(key)?.(buffer);
    return undefined;
  }

  #enter(): Wish | undefined {
    const buffer = this.#buffer;
    const means = enterOn(buffer.text, buffer.cursor);
    if (means.type === 'new line') {
      buffer.replace(buffer.cursor - means.insteadOf, buffer.cursor, '\n');
      return undefined;
    }
    return { type: 'end', input: { type: 'text', text: this.#ended(means.text) } };
  }

  #interrupt(): Wish {
    const hadText = this.#buffer.text !== '';
    if (hadText) this.#options.kills.add(this.#buffer.text);
    this.#ended('');
    return { type: 'end', input: { type: 'interrupted', hadText } };
  }

  #ended(text: string): string {
    this.#options.kills.map((killed) => this.#pastes.unfold(killed));
    return this.#pastes.unfold(text);
  }

  /** Goes a row up or down, and from the first or last one to another prompt. */
  #vertical(step: 1 | -1, { columns }: ScreenSize, goal: number | undefined): void {
    const buffer = this.#buffer;
    const layout = this.#layout(columns);
    const column = goal ?? layout.cursor.column;
    const stop = stopBeside(layout, step, column);
    if (stop !== undefined) {
      buffer.moveTo(stop.offset);
      this.#goal = column;
      return;
    }
    const { snapshot } = buffer;
    const other = step === 1 ? this.#recall.newer(snapshot) : this.#recall.older(snapshot);
    if (other !== undefined) buffer.show(other);
  }

  /** Whether a key was for the menu; any key that is not closes it. */
  #takeChoosing(menu: CompletionMenu, key: string | undefined): boolean {
    if (key === 'tab' || key === 'shift+tab') {
      menu.turn(key === 'tab' ? 1 : -1);
      return true;
    }
    this.#menu = undefined;
    if (key !== 'escape') return false;
    menu.cancel();
    return true;
  }

  #takeSearching(search: HistorySearch, event: InputEvent, size: ScreenSize): Wish | undefined {
    if (event.type !== 'key') {
      const added = editable(event.text).replaceAll('\n', ' ');
      search.look(search.query + added);
      return undefined;
    }
    switch (event.key) {
      case 'ctrl+r':
      case 'up':
        search.older();
        return undefined;
      case 'ctrl+s':
      case 'down':
        search.newer();
        return undefined;
      case 'backspace':
        search.look(search.query.slice(0, -1));
        return undefined;
      case 'escape':
      case 'ctrl+g':
      case 'ctrl+c':
        this.#search = undefined;
        return undefined;
      default:
        this.#acceptMatch(search);
        // The key that ends the search does what it always does, Tab and the arrows apart.
        return event.key === 'tab' ? undefined : this.take(event, size);
    }
  }

  #acceptMatch({ match }: HistorySearch): void {
    this.#search = undefined;
    if (match === undefined) return;
    const found = this.#recall.goTo(match.index, this.#buffer.snapshot);
    if (found !== undefined) this.#buffer.show({ text: found.text, cursor: match.offset });
  }

  get #searchMatch(): { text: string; cursor: number } | undefined {
    const match = this.#search?.match;
    if (match === undefined) return undefined;
    const entry = this.#recall.entries[match.index] ?? '';
    return { text: entry.slice(0, LONGEST_SHOWN), cursor: match.offset };
  }

  #layout(columns: number): Layout {
    const { text, cursor } = this.#searchMatch ?? this.#buffer;
    return layOut(text, cursor, {
      columns,
      prompt: this.#options.prompt,
      continuation: CONTINUATION,
      labelOf: (character) => this.#pastes.labelOf(character),
      styleLabel: (label) => this.#options.style.cyan(label),
    });
  }

  #folded(text: string): string {
    return text.length > LONGEST_SHOWN ? this.#pastes.keep(text) : text;
  }
}

function searchLine(search: HistorySearch, columns: number, style: ChalkInstance): string {
  const head = search.failed ? 'no prompt holds: ' : 'search: ';
  const query = head + search.query;
  const hint = '  Ctrl+R older, Enter sends, Tab edits, Esc leaves';
  if (widthOf(query + hint) >= columns) return style.dim(fitWidth(query, columns - 1));
  return `${query}${style.dim(hint)}`;
}
