import type { Place } from './layout.ts';

/** What is to be seen: rows, none wider than the screen, and where the cursor stands in them. */
export interface View {
  readonly rows: readonly string[];
  readonly cursor: Place;
}

// Synchronized output shows a frame at once where a terminal knows it; the others ignore it
// (https://github.com/contour-terminal/vt-extensions/blob/master/synchronized-output.md).
const FRAME_BEGIN = '\u001B[?2026h\u001B[?25l';
const FRAME_END = '\u001B[?25h\u001B[?2026l';
const ERASE_BELOW = '\u001B[J';

/**
 * Keeps a block of rows on the screen up to date, below whatever was printed before. It answers what
 * to write, so that each change is one write.
 */
export class Painter {
  #rows: readonly string[] = [];
  #cursor: Place = { row: 0, column: 0 };

  /** What turns the block on the screen into `view`; nothing where they are the same. */
  paint(view: View): string {
    const old = this.#rows;
    let first = 0;
    while (first < old.length && first < view.rows.length && old[first] === view.rows[first]) {
      first += 1;
    }
    const isSame = first === old.length && first === view.rows.length;
    if (isSame && samePlace(this.#cursor, view.cursor)) return '';
    const cursor = view.cursor;
    const change = isSame ? '' : this.#change(first, view.rows);
    const at = isSame ? this.#cursor.row : Math.max(first, view.rows.length - 1);
    this.#rows = view.rows;
    this.#cursor = cursor;
    return [
      FRAME_BEGIN,
      change,
      vertical(cursor.row - at),
      toColumn(cursor.column),
      FRAME_END,
    ].join('');
  }

  /** As {@link paint}, where what is on the screen may have been moved by a change of its width. */
  repaint(view: View): string {
    // How a terminal rearranges its rows is not known. To go up no further than the block began
    // before may leave a piece of it behind, but never overwrites what was printed above.
    const start = this.erase();
    return start + this.paint(view);
  }

  /** What takes the block off the screen and leaves the cursor where it began. */
  erase(): string {
    const start = `${vertical(-this.#cursor.row)}\r${ERASE_BELOW}`;
    this.forget();
    return start;
  }

  /** What goes to a new line below the block, which stays on the screen. */
  leave(): string {
    const below = vertical(this.#rows.length - 1 - this.#cursor.row);
    this.forget();
    return `${below}\r\n`;
  }

  /** The block begins anew where the cursor is. */
  forget(): void {
    this.#rows = [];
    this.#cursor = { row: 0, column: 0 };
  }

  /** Goes to row `first` of the block, the first that changes, and writes from there. */
  #change(first: number, rows: readonly string[]): string {
    const isBelow = first > 0 && first >= this.#rows.length;
    const start = isBelow
      ? `${vertical(first - 1 - this.#cursor.row)}\r\n`
      : `${vertical(first - this.#cursor.row)}\r`;
    return start + ERASE_BELOW + rows.slice(first).join('\r\n');
  }
}

function samePlace(one: Place, other: Place): boolean {
  return one.row === other.row && one.column === other.column;
}

function vertical(rows: number): string {
  if (rows === 0) return '';
  return rows < 0 ? `\u001B[${-rows}A` : `\u001B[${rows}B`;
}

function toColumn(column: number): string {
  return column === 0 ? '\r' : `\r\u001B[${column}C`;
}
