import type { Screen } from './screen.ts';
import { continuesCharacter, lastPart, rowsOf } from './width.ts';

/** Rows of the screen that the tail leaves free, so that it never scrolls away while it is drawn. */
const SPARE_ROWS = 3;
const BEGIN_FRAME = '\u001B[?2026h';
const END_FRAME = '\u001B[?2026l';
const CLEAR_BELOW = '\u001B[J';

/**
 * Keeps the last lines of the screen up to date: finished lines scroll up for good, the tail below
 * them is drawn anew where it changed. Every frame is one write, synchronised
 * (https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036). The cursor rests at
 * the end of the last line.
 */
export class TailPainter {
  readonly #screen: Screen;
  /** The lines that are drawn and may be drawn again; the last one may be empty. */
  #shown: readonly string[] = [''];

  /** The width for which they were drawn, and the one that the screen has. */
  #drawnColumns = 0;
  #columns = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Draws finished lines and, below them, a tail that may change, laid out for so many columns. */
  paint(finished: readonly string[], tail: readonly string[], columns: number): void {
    this.#drawnColumns = this.#columns;
    this.#columns = columns;
    const shown = tail.length === 0 ? [''] : this.#lastRows(tail);
    const change = this.#change([...finished, ...shown]);
    this.#shown = shown;
    if (change !== '') this.#screen.write(BEGIN_FRAME + change + END_FRAME);
  }

  /** As much of the tail, from its end, as the screen has room for. */
  #lastRows(tail: readonly string[]): readonly string[] {
    const most = Math.max(1, this.#screen.rows - SPARE_ROWS);
    let rows = 0;
    let first = tail.length;
    while (first > 0) {
      rows += rowsOf(tail[first - 1] ?? '', this.#columns);
      if (rows > most) break;
      first -= 1;
    }
    if (first < tail.length) return tail.slice(first);
    return [lastPart(tail.at(-1) ?? '', this.#columns, most)];
  }

  /** What makes the lines that are shown into others. */
  #change(lines: readonly string[]): string {
    const before = this.#shown;
    let same = 0;
    while (same < before.length && same < lines.length && before[same] === lines[same]) same += 1;
    // The cursor has to end on a line that is there.
    if (same === lines.length && same < before.length) same -= 1;
    const last = before.length - 1;
    if (same > last)
      return lines
        .slice(same)
        .map((line) => `\n${line}`)
        .join('');
    const old = before[same] ?? '';
    const changed = lines[same];
    const rest = lines
      .slice(same + 1)
      .map((line) => `\n${line}`)
      .join('');
    if (same === last && changed?.startsWith(old) === true) {
      const added = changed.slice(old.length);
      // Terminals do not join an accent to a letter that another frame has drawn.
      if (!continuesCharacter(old, added)) return added + rest;
    }
    const rows = before.slice(same).reduce((sum, line) => sum + this.#rows(line), 0);
    const up = rows > 1 ? `\u001B[${rows - 1}A` : '';
    return `\r${up}${CLEAR_BELOW}${changed ?? ''}${rest}`;
  }

  /**
   * The rows that a drawn line takes now. When the width changed, some terminals broke the line
   * anew and others did not: too few rows leave a piece of the tail behind, too many would take
   * finished lines away.
   */
  #rows(line: string): number {
    return Math.min(rowsOf(line, this.#drawnColumns), rowsOf(line, this.#columns));
  }
}
