import type { ChalkInstance } from 'chalk';

import { type Marks, sameMarks, type Span } from './span.ts';

type Paint = (text: string) => string;

/** How the parts of a document look on this terminal. */
export interface Theme {
  /** Whether the terminal shows no styles, so that marks which carry meaning have to stay. */
  readonly plain: boolean;
  /** Whether a link may be written as an OSC 8 hyperlink. */
  readonly links: boolean;
  readonly muted: Paint;
  readonly strong: Paint;
  /** A stretch of code, by the scope highlight.js found. */
  readonly code: (text: string, scope: string) => string;
}

const RESET_LINK = '\u001B]8;;\u001B\\';

/** The theme of a terminal: restrained, in its own sixteen colours. */
export function createTheme(style: ChalkInstance, links: boolean): Theme {
  const scopes = codeScopes(style);
  return {
    plain: style.level === 0,
    links,
    muted: style.dim,
    strong: style.bold,
    code: (text, scope) => scopes.get(scope)?.(text) ?? text,
  };
}

/** Draws spans that have no line breaks in them. */
export type SpanPainter = (spans: readonly Span[]) => string;

/** A painter of spans in these colours. */
export function createSpanPainter(style: ChalkInstance): SpanPainter {
  const one = (text: string, marks: Marks): string => {
    let painted = text;
    if (marks.code === true) painted = style.cyan(painted);
    if (marks.strike === true) painted = style.strikethrough(painted);
    if (marks.italic === true) painted = style.italic(painted);
    if (marks.underline === true || marks.heading === 1) painted = style.underline(painted);
    if (marks.muted === true) painted = style.dim(painted);
    if (marks.bold === true || marks.heading !== undefined) painted = style.bold(painted);
    if (marks.link === undefined) return painted;
    return `\u001B]8;;${marks.link}\u001B\\${painted}${RESET_LINK}`;
  };
  return (spans) => {
    let drawn = '';
    let text = '';
    let marks: Marks | undefined;
    for (const span of spans) {
      if (marks !== undefined && sameMarks(marks, span.marks)) {
        text += span.text;
        continue;
      }
      if (marks !== undefined) drawn += one(text, marks);
      ({ text, marks } = span);
    }
    if (marks !== undefined) drawn += one(text, marks);
    return drawn.toWellFormed();
  };
}

/**
 * Scopes: https://highlightjs.readthedocs.io/en/latest/css-classes-reference.html. What is not here
 * stays as it is.
 */
function codeScopes(style: ChalkInstance): ReadonlyMap<string, Paint> {
  const groups: readonly (readonly [Paint, readonly string[]])[] = [
    [style.magenta, ['keyword', 'selector-tag', 'meta keyword', 'operator keyword']],
    [style.green, ['string', 'regexp', 'addition', 'char', 'template-tag']],
    [style.yellow, ['number', 'literal', 'symbol', 'bullet', 'link']],
    [
      style.cyan,
      ['built_in', 'type', 'title class_', 'title class_ inherited__', 'selector-class'],
    ],
    [style.blue, ['title', 'title function_', 'name', 'section', 'selector-id', 'attr']],
    [style.dim, ['comment', 'quote', 'doctag', 'meta', 'meta prompt_']],
    [style.red, ['deletion']],
    [style.italic, ['emphasis']],
    [style.bold, ['strong']],
  ];
  return new Map(groups.flatMap(([paint, names]) => names.map((name) => [name, paint] as const)));
}
