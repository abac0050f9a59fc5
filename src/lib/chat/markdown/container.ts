/** What a block may stand in. */
export type Container = QuoteContainer | ItemContainer;

export interface QuoteContainer {
  readonly type: 'quote';
}

export interface ItemContainer {
  readonly type: 'item';
  /** The columns by which the lines of the item are indented in the source. */
  readonly indent: number;
  readonly list: ListState;
  /** What is shown before the first line; the lines after it are indented by its width. */
  marker: string;
  markerShown: boolean;
}

/** What the items of one list share. */
export interface ListState {
  /** The character that its markers have in common: `-`, `+`, `*`, `.` or `)`. */
  readonly kind: string;
  /** The number of the next item. */
  next: number;
}

/** The beginning of a list item as it stands in the source. */
export interface ItemStart {
  readonly type: 'item';
  readonly indent: number;
  readonly kind: string;
  /** The number it was given; undefined with a bullet. */
  readonly number: number | undefined;
  /** `[x] ` or `[ ] ` of a task. */
  readonly task: string | undefined;
}

const BULLETS = ['•', '◦'];

/**
 * Makes an item: one more of the list that stood in its place before, or the first of a new one.
 *
 * @param depth how many items it stands in
 */
export function createItem(
  start: ItemStart,
  depth: number,
  before: Container | undefined,
): ItemContainer {
  const goesOn = before?.type === 'item' && before.list.kind === start.kind;
  const list = goesOn ? before.list : { kind: start.kind, next: start.number ?? 0 };
  const bullet = `${BULLETS[depth % BULLETS.length] ?? '•'} `;
  const ordinal = start.number === undefined ? '' : `${list.next}${start.kind} `;
  list.next += 1;
  const marker = start.task === undefined ? ordinal || bullet : ordinal + start.task;
  return { type: 'item', indent: start.indent, list, marker, markerShown: false };
}
