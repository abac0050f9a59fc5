import type { ChalkInstance } from 'chalk';

import { BlockWriter } from './block-writer.ts';
import type { Highlighter } from './highlighter.ts';
import { type LinePlan, planLine } from './line-plan.ts';
import { Page } from './page.ts';
import { createSpanPainter, createTheme } from './theme.ts';

/** A line that is longer and no plain text is broken here, so that nothing is held without bound. */
const LONGEST_LINE = 4096;

/** What a document is drawn with. */
export interface DocumentOptions {
  readonly style: ChalkInstance;
  readonly links: boolean;
  /** Without it code stays plain. */
  readonly highlighter: Highlighter | undefined;
}

/**
 * A Markdown document that grows. What it says is finished never changes, and depends on the text
 * alone, not on the pieces in which it came.
 */
export class MarkdownDocument {
  readonly #page: Page;
  readonly #writer: BlockWriter;
  /** What is not read yet: the beginning of a line. */
  #source = '';
  /** Whether the line at hand is read as it comes. */
  #open = false;

  constructor({ highlighter, links, style }: DocumentOptions) {
    this.#page = new Page({ theme: createTheme(style, links), paint: createSpanPainter(style) });
    this.#writer = new BlockWriter(this.#page, highlighter);
  }

  /**
   * Reads more of the text, which has to be free of control characters.
   *
   * @returns the lines that are finished by it, laid out for so many columns
   */
  add(text: string, columns: number): string[] {
    this.#page.columns = columns;
    const source = this.#source + text;
    let place = 0;
    for (;;) {
      const next = this.#read(source, place);
      if (next === undefined) break;
      place = next;
    }
    this.#source = source.slice(place);
    return this.#page.take();
  }

  /** Ends the document and returns its last lines. */
  end(columns: number): string[] {
    const lines = this.add('', columns);
    if (this.#open) this.#writer.endLine();
    else if (this.#source !== '') this.#whole(this.#source);
    this.#open = false;
    this.#source = '';
    this.#writer.close();
    return [...lines, ...this.#page.take()];
  }

  /** The lines that may still change, as they look now. */
  tail(columns: number): string[] {
    this.#page.columns = columns;
    return this.#writer.tail(this.#open ? '' : this.#source);
  }

  /** Reads a line or what there is of it, and returns the place after it. */
  #read(source: string, place: number): number | undefined {
    const end = source.indexOf('\n', place);
    if (this.#open) return this.#goOn(source, place, end);
    if (end !== -1 && end - place <= LONGEST_LINE) {
      this.#whole(source.slice(place, end));
      return end + 1;
    }
    const line = source.slice(place, cutBefore(source, place + LONGEST_LINE));
    if (line === '') return undefined;
    const plan = this.#plan(line, false);
    if (plan !== undefined) {
      this.#writer.begin(plan);
      this.#open = true;
      return place + line.length;
    }
    if (source.length - place < LONGEST_LINE) return undefined;
    this.#whole(line);
    return place + line.length;
  }

  #goOn(source: string, place: number, end: number): number | undefined {
    const stop = end === -1 ? source.length : end;
    if (stop > place) this.#writer.addText(source.slice(place, stop));
    if (end === -1) return stop > place ? stop : undefined;
    this.#writer.endLine();
    this.#open = false;
    return end + 1;
  }

  #whole(line: string): void {
    const plan = this.#plan(line, true);
    if (plan !== undefined) this.#writer.line(plan);
  }

  #plan(line: string, complete: boolean): LinePlan | undefined {
    // The line below what may be a table's header decides about it.
    if (!complete && this.#writer.holdsHeader && /^[\s>|:-]*$/u.test(line)) return undefined;
    return planLine(line, this.#writer.context, complete);
  }
}

/** A place that does not lie between the halves of a character. */
function cutBefore(source: string, place: number): number {
  return /[\uD800-\uDBFF]/.test(source.charAt(place - 1)) ? place - 1 : place;
}
