import { onBorder } from './graphemes.ts';
import type { KillRing } from './kill-ring.ts';
import { type Motion, left, right } from './motions.ts';

/** A text and where the cursor stands in it, in UTF-16 units. */
export interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

/** As many steps as can be undone. */
const UNDO_STEPS = 1_000;

/** What was done last: steps of one kind in a row are undone, or killed, as one. */
type Deed = 'typed' | 'deleted' | 'killed' | 'yanked';

/**
 * The text being edited. The cursor always stands between characters as a reader counts them,
 * never inside an emoji or before an accent that belongs to the letter left of it.
 */
export class TextBuffer {
  readonly #kills: KillRing;
  #text = '';
  #cursor = 0;
  #undo: Snapshot[] = [];
  #lastDeed: Deed | undefined;
  /** Where the text of the last yank begins. */
  #yankedFrom = 0;

  constructor(kills: KillRing, text = '') {
    this.#kills = kills;
    this.#text = text;
    this.#cursor = text.length;
  }

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get before(): string {
    return this.#text.slice(0, this.#cursor);
  }

  get after(): string {
    return this.#text.slice(this.#cursor);
  }

  get snapshot(): Snapshot {
    return { text: this.#text, cursor: this.#cursor };
  }

  /** Puts a text in at the cursor. Typed words are undone one by one. */
  insert(text: string): void {
    if (text === '') return;
    const wordBegins = /\s$/u.test(this.before) && !/^\s/u.test(text);
    this.#remember('typed', wordBegins);
    this.#splice(this.#cursor, this.#cursor, text);
  }

  /** Moves the cursor. */
  move(motion: Motion): void {
    this.moveTo(motion(this.#text, this.#cursor));
  }

  /** Moves the cursor to an offset. */
  moveTo(offset: number): void {
    this.#cursor = onBorder(this.#text, offset);
    this.#lastDeed = undefined;
  }

  deleteLeft(): void {
    this.#cut(left, 'deleted');
  }

  deleteRight(): void {
    this.#cut(right, 'deleted');
  }

  /** Deletes up to where a motion leads, to be yanked back; kills in a row are one. */
  kill(motion: Motion): void {
    const inARow = this.#lastDeed === 'killed';
    const cut = this.#cut(motion, 'killed');
    if (cut === undefined) return;
    if (inARow) this.#kills.extend(cut.text, cut.side);
    else this.#kills.add(cut.text);
  }

  /** Puts the text killed last in at the cursor. */
  yank(): void {
    if (this.#kills.latest === '') return;
    this.#remember('yanked', true);
    this.#yankedFrom = this.#cursor;
    this.#splice(this.#cursor, this.#cursor, this.#kills.latest);
  }

  /** Right after a yank: puts in what was killed before that instead. */
  yankOlder(): void {
    if (this.#lastDeed !== 'yanked') return;
    this.#kills.rotate();
    this.#splice(this.#yankedFrom, this.#cursor, this.#kills.latest);
  }

  /** Puts a text in the place of [from, to). */
  replace(from: number, to: number, text: string): void {
    this.#remember(undefined, true);
    this.#splice(from, to, text);
  }

  /** Puts another text in the place of all; can be undone. */
  show(other: Snapshot): void {
    this.#remember(undefined, true);
    this.#text = other.text;
    this.#cursor = onBorder(other.text, other.cursor);
  }

  /** Takes the last step back. */
  undo(): void {
    const last = this.#undo.pop();
    if (last === undefined) return;
    this.#text = last.text;
    this.#cursor = last.cursor;
    this.#lastDeed = undefined;
  }

  #cut(motion: Motion, deed: Deed): { text: string; side: 'before' | 'after' } | undefined {
    const target = motion(this.#text, this.#cursor);
    if (target === this.#cursor) return undefined;
    const from = Math.min(target, this.#cursor);
    const to = Math.max(target, this.#cursor);
    const text = this.#text.slice(from, to);
    this.#remember(deed, false);
    this.#splice(from, to, '');
    return { text, side: target === from ? 'before' : 'after' };
  }

  #splice(from: number, to: number, text: string): void {
    this.#text = this.#text.slice(0, from) + text + this.#text.slice(to);
    this.#cursor = onBorder(this.#text, from + text.length);
  }

  #remember(deed: Deed | undefined, always: boolean): void {
    if (always || deed !== this.#lastDeed) {
      this.#undo.push(this.snapshot);
      if (this.#undo.length > UNDO_STEPS) this.#undo.shift();
    }
    this.#lastDeed = deed;
  }
}
