/** What a stretch of text is, apart from its characters. */
export interface Marks {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly strike?: boolean;
  readonly code?: boolean;
  /** Aside from the text: an address in brackets, the language of a code block. */
  readonly muted?: boolean;
  readonly underline?: boolean;
  /** The level of the heading it belongs to, 1 to 6. */
  readonly heading?: number;
  /** The checked address it leads to. */
  readonly link?: string;
}

/** A stretch of text of one kind. A line break is a span of its own, {@link BREAK}. */
export interface Span {
  readonly text: string;
  readonly marks: Marks;
}

export const PLAIN: Marks = {};
export const BREAK: Span = { text: '\n', marks: PLAIN };

/** Whether two stretches look the same. */
export function sameMarks(one: Marks, other: Marks): boolean {
  return (
    one === other ||
    (one.bold === other.bold &&
      one.italic === other.italic &&
      one.strike === other.strike &&
      one.code === other.code &&
      one.muted === other.muted &&
      one.underline === other.underline &&
      one.heading === other.heading &&
      one.link === other.link)
  );
}
