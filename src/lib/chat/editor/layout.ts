import { graphemesOf, widthOf } from './graphemes.ts';

/** A place on the screen, both from 0. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** A text as rows of a screen. */
export interface Layout {
  /** What is written, a row each; none is wider than the screen. */
  readonly rows: readonly string[];
  /** Where the cursor may stand: every border between characters, in the order of the text. */
  readonly stops: readonly Stop[];
  readonly cursor: Place;
}

/** A border between characters and where it is on the screen. */
export interface Stop extends Place {
  /** In UTF-16 units from the beginning of the text. */
  readonly offset: number;
}

/** How a text is laid out. */
export interface LayoutOptions {
  /** The width of the screen; Infinity for lines that the terminal itself wraps. */
  readonly columns: number;
  /** What stands before the first line. */
  readonly prompt: string;
  /** What stands before every other line. */
  readonly continuation: string;
  /** The label of a character that stands for a folded paste, undefined for any other. */
  readonly labelOf: (character: string) => string | undefined;
  /** Colours a label. */
  readonly styleLabel: (text: string) => string;
}

const TAB = '    ';
/** What a line keeps of a narrow screen, so that a wide character always fits behind a prompt. */
const LEAST_COLUMNS = 2;

/**
 * Breaks a text into rows as a terminal shows it: by characters and their widths; a wide one that
 * does not fit at the edge goes to the next row. Behind a full row there is always another one, for
 * the cursor.
 *
 * @param cursor in UTF-16 units, between characters
 */
export function layOut(text: string, cursor: number, options: LayoutOptions): Layout {
  const { columns } = options;
  const rows: string[] = [];
  const stops: Stop[] = [];
  let row = '';
  let column = 0;
  let offset = 0;

  const begin = (prefix: string): void => {
    const width = widthOf(prefix);
    const fits = width <= columns - LEAST_COLUMNS;
    row = fits ? prefix : '';
    column = fits ? width : 0;
  };
  const wrap = (): void => {
    rows.push(row);
    row = '';
    column = 0;
  };
  const stop = (): void => {
    stops.push({ offset, row: rows.length, column });
  };
  const put = (shown: string, width: number): void => {
    row += shown;
    column += width;
  };

  begin(options.prompt);
  for (const character of graphemesOf(text)) {
    const label = options.labelOf(character);
    if (character === '\n') {
      if (column >= columns) wrap();
      stop();
      rows.push(row);
      begin(options.continuation);
    } else if (label === undefined) {
      const shown = character === '\t' ? TAB.slice(0, columns) : character;
      const width = widthOf(shown);
      if (column > 0 && column + Math.max(1, width) > columns) wrap();
      stop();
      put(shown, width);
    } else {
      if (column >= columns) wrap();
      stop();
      let rest = label;
      while (rest !== '') {
        if (column >= columns) wrap();
        const part = rest.slice(0, columns - column);
        put(options.styleLabel(part), part.length);
        rest = rest.slice(part.length);
      }
    }
    offset += character.length;
  }
  if (column >= columns) wrap();
  stop();
  rows.push(row);
  const place = stops.findLast((candidate) => candidate.offset <= cursor);
  return { rows, stops, cursor: { row: place?.row ?? 0, column: place?.column ?? 0 } };
}

/**
 * The stop a row above or below the cursor that is nearest to a column from the left; undefined
 * where there is no row.
 */
export function stopBeside(layout: Layout, step: 1 | -1, column: number): Stop | undefined {
  const { cursor, stops } = layout;
  const beyond = stops.filter(({ row }) => (step === 1 ? row > cursor.row : row < cursor.row));
  const row = step === 1 ? beyond[0]?.row : beyond.at(-1)?.row;
  const inRow = beyond.filter((stop) => stop.row === row);
  return inRow.findLast((stop) => stop.column <= column) ?? inRow[0];
}
