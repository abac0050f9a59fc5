import type { Container, ItemStart, QuoteContainer } from './container.ts';
import { expandIndent, indentOf } from './indent.ts';

/** The kind of block that is being written. */
export type LeafKind = 'none' | 'text' | 'fence' | 'formula' | 'indented' | 'table';

/** The fence that opened a block of code. */
export interface Fence {
  readonly mark: string;
  readonly length: number;
  readonly indent: number;
}

/** What a line is, within its containers. */
export type Content =
  | { readonly kind: 'blank' }
  | { readonly kind: 'text'; readonly text: string; readonly lazy: boolean }
  | { readonly kind: 'heading'; readonly depth: number; readonly text: string }
  | { readonly kind: 'rule'; readonly double: boolean }
  | { readonly kind: 'fence'; readonly fence: Fence; readonly language: string }
  | { readonly kind: 'fence-end' }
  /** A line of the block that is open, as it is. */
  | { readonly kind: 'verbatim'; readonly text: string }
  | { readonly kind: 'indented'; readonly text: string }
  | { readonly kind: 'formula'; readonly text: string; readonly closer: string }
  /** A line that begins with `|`, or goes on with a table. */
  | { readonly kind: 'row'; readonly text: string };

/** What a line does: goes on with some of the containers, opens others, has content. */
export interface LinePlan {
  readonly matched: number;
  readonly opens: readonly (QuoteContainer | ItemStart)[];
  readonly content: Content;
}

/** What a line is read in. */
export interface LineContext {
  readonly stack: readonly Container[];
  readonly leaf: LeafKind;
  /** With the leaf `fence`. */
  readonly fence: Fence | undefined;
}

/** Nobody nests deeper, and a line has to have room for its text. */
const MOST_CONTAINERS = 16;
const QUOTE = /^ {0,3}>/u;
const ITEM = /^ {0,3}(?:([-+*])|(\d{1,9})([.)]))(?=\s|$)/u;
const TASK = /^\[[ xX]\] /u;
const UNDECIDED_TASK = /^\[(?:[ xX]\]?)?$/u;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+|$)/u;
const RULE = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|(?:\*[ \t]*){3,})$/u;
const DOUBLE_RULE = /^ {0,3}=+[ \t]*$/u;
const FENCE = /^( {0,3})(?:(`{3,})[ \t]*([^`]*)|(~{3,})[ \t]*(.*))$/u;
const FORMULA = /^ {0,3}(?:(\$\$)|\\\[)/u;
/** The beginning of a line that may yet become something else than text. */
const UNDECIDED =
  /^(?:#{1,6}[ \t]*|[-+*][ \t]*|\d{1,9}[.)]?[ \t]*|`{1,2}|`{3}.*|~{1,2}|~{3}.*|(?:-[ \t]*)+|(?:\*[ \t]*)+|(?:_[ \t]*)+|=+[ \t]*|\$|\$\$.*|\\|\\\[.*|\|.*)$/u;

/**
 * Reads a line as CommonMark does, line by line (https://spec.commonmark.org/0.31.2/#phase-1-block-structure),
 * with the tables and tasks of GitHub. Differences: a line of `---` is a rule also below text, a
 * table begins with `|`, HTML is text, and `$$` or `\[` opens a formula.
 *
 * @param complete whether the line ended; if not, the answer is undefined as long as more characters
 *   could make it something else, and otherwise text or a heading
 */
export function planLine(
  line: string,
  context: LineContext,
  complete: boolean,
): LinePlan | undefined {
  const start = matchContainers(line, context.stack);
  if (start.rest.trim() === '') return complete ? blankPlan(start, context) : undefined;
  const all = start.matched === context.stack.length;
  if (all && (context.leaf === 'fence' || context.leaf === 'formula')) {
    if (!complete) return undefined;
    return { matched: start.matched, opens: [], content: verbatim(line, start.rest, context) };
  }
  return new Starts(start, context, complete).plan();
}

interface Position {
  readonly matched: number;
  readonly rest: string;
  /** The column at which the rest begins; tab stops count from it. */
  readonly column: number;
}

function matchContainers(line: string, stack: readonly Container[]): Position {
  let rest = expandIndent(line, 0);
  let column = 0;
  let matched = 0;
  for (const container of stack) {
    if (container.type === 'quote') {
      const inside = afterQuote(rest, column);
      if (inside === undefined) break;
      ({ column, rest } = inside);
    } else if (rest.trim() !== '') {
      if (indentOf(rest) < container.indent) break;
      rest = rest.slice(container.indent);
      column += container.indent;
    }
    matched += 1;
  }
  return { matched, rest, column };
}

function afterQuote(text: string, column: number): { rest: string; column: number } | undefined {
  const mark = QUOTE.exec(text)?.[0];
  if (mark === undefined) return undefined;
  const inside = column + mark.length;
  const rest = expandIndent(text.slice(mark.length), inside);
  return rest.startsWith(' ')
    ? { rest: rest.slice(1), column: inside + 1 }
    : { rest, column: inside };
}

function blankPlan(start: Position, context: LineContext): LinePlan {
  const inside = start.matched === context.stack.length && context.leaf === 'fence';
  const content: Content = inside ? { kind: 'verbatim', text: '' } : { kind: 'blank' };
  return { matched: start.matched, opens: [], content };
}

function verbatim(line: string, rest: string, { fence, leaf, stack }: LineContext): Content {
  // Outside containers tabs stay: a Makefile needs them.
  const raw = stack.length === 0 ? line : rest;
  if (leaf !== 'fence' || fence === undefined) return { kind: 'verbatim', text: raw };
  const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/u.exec(rest)?.[1];
  if (closing?.startsWith(fence.mark) === true && closing.length >= fence.length) {
    return { kind: 'fence-end' };
  }
  return { kind: 'verbatim', text: raw.slice(Math.min(fence.indent, indentOf(raw))) };
}

/** Looks for what begins on a line. */
class Starts {
  readonly #context: LineContext;
  readonly #complete: boolean;
  readonly #matched: number;
  readonly #opens: (QuoteContainer | ItemStart)[] = [];
  #rest: string;
  #column: number;

  constructor(start: Position, context: LineContext, complete: boolean) {
    this.#matched = start.matched;
    this.#rest = start.rest;
    this.#column = start.column;
    this.#context = context;
    this.#complete = complete;
  }

  plan(): LinePlan | undefined {
    for (;;) {
      if (this.#rest.trim() === '') return this.#blank();
      if (indentOf(this.#rest) >= 4) return this.#deep();
      if (this.#undecided()) return undefined;
      const block = this.#block();
      if (block !== undefined) return this.#done(block);
      if (!this.#container()) return this.#done(this.#text());
    }
  }

  /** Whether the line goes on with the containers and the block that are open. */
  get #continues(): boolean {
    return this.#opens.length === 0 && this.#matched === this.#context.stack.length;
  }

  #done(content: Content): LinePlan {
    return { matched: this.#matched, opens: this.#opens, content };
  }

  #blank(): LinePlan | undefined {
    return this.#complete ? this.#done({ kind: 'blank' }) : undefined;
  }

  /** Deeper than any mark may stand: code, or one more line of text. */
  #deep(): LinePlan | undefined {
    if (this.#context.leaf === 'text' && this.#opens.length === 0) return this.#done(this.#text());
    if (!this.#complete) return undefined;
    return this.#done({ kind: 'indented', text: this.#rest.slice(4) });
  }

  #undecided(): boolean {
    if (this.#complete) return false;
    const text = this.#rest.trimStart();
    if (UNDECIDED.test(text)) return true;
    if (this.#context.leaf === 'table' && this.#continues) return true;
    return this.#opens.at(-1)?.type === 'item' && UNDECIDED_TASK.test(text);
  }

  #block(): Content | undefined {
    const rest = this.#rest;
    const heading = HEADING.exec(rest);
    if (heading !== null) {
      const text = rest.slice(heading[0].length);
      return { kind: 'heading', depth: heading[1]?.length ?? 1, text };
    }
    // Whether the rest holds for the whole line is only known at its end.
    if (!this.#complete) return undefined;
    if (RULE.test(rest)) return { kind: 'rule', double: false };
    if (this.#context.leaf === 'text' && this.#continues && DOUBLE_RULE.test(rest)) {
      return { kind: 'rule', double: true };
    }
    const fence = FENCE.exec(rest);
    if (fence !== null) return fenceStart(fence);
    if (rest.trimStart().startsWith('|')) return { kind: 'row', text: rest.trim() };
    if (this.#context.leaf === 'table' && this.#continues && rest.includes('|')) {
      if (QUOTE.test(rest) || ITEM.test(rest)) return undefined;
      return { kind: 'row', text: rest.trim() };
    }
    return formulaStart(rest);
  }

  /** Opens a quote or an item, if one begins here. */
  #container(): boolean {
    if (this.#matched + this.#opens.length >= MOST_CONTAINERS) return false;
    const quoted = afterQuote(this.#rest, this.#column);
    if (quoted !== undefined) {
      this.#opens.push({ type: 'quote' });
      this.#rest = quoted.rest;
      this.#column = quoted.column;
      return true;
    }
    const mark = ITEM.exec(this.#rest);
    if (mark === null) return false;
    const [marker, bullet, digits, delimiter] = mark;
    const after = expandIndent(this.#rest.slice(marker.length), this.#column + marker.length);
    const empty = after.trim() === '';
    const number = digits === undefined ? undefined : Number(digits);
    // Text may contain what looks like an item, above all a number at the beginning of a line.
    const interrupts = this.#context.leaf === 'text' && this.#continues;
    if (interrupts && (empty || (number !== undefined && number !== 1))) return false;
    const blanks = indentOf(after);
    const gap = empty || blanks > 4 ? 1 : blanks;
    const inside = after.slice(gap);
    const task = TASK.exec(inside)?.[0];
    const indent = marker.length + gap;
    const kind = bullet ?? delimiter ?? '';
    this.#opens.push({ type: 'item', indent, kind, number, task: task?.toLowerCase() });
    this.#rest = task === undefined ? inside : inside.slice(task.length);
    this.#column += indent;
    return true;
  }

  #text(): Content {
    const lazy = !this.#continues && this.#opens.length === 0 && this.#context.leaf === 'text';
    return { kind: 'text', text: this.#rest.trimStart(), lazy };
  }
}

function fenceStart(match: RegExpExecArray): Content {
  const [, indent = '', ticks, ticksInfo, tildes, tildesInfo] = match;
  const marks = ticks ?? tildes ?? '';
  const language = /^[^\s{,:]*/u.exec((ticksInfo ?? tildesInfo ?? '').trim())?.[0] ?? '';
  const fence = { mark: marks.charAt(0), length: marks.length, indent: indent.length };
  return { kind: 'fence', fence, language };
}

function formulaStart(rest: string): Content | undefined {
  const opener = FORMULA.exec(rest);
  if (opener === null) return undefined;
  const closer = opener[1] === undefined ? '\\]' : '$$';
  if (rest.includes(closer, opener[0].length)) return undefined;
  return { kind: 'formula', text: rest.trim(), closer };
}
