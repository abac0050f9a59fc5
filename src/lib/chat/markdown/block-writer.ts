import { CodeBlock } from './code-block.ts';
import { type CodePainter, HighlightPainter, PLAIN_PAINTER } from './code-painter.ts';
import { type Container, createItem, type ItemStart, type QuoteContainer } from './container.ts';
import { FormulaBlock } from './formula-block.ts';
import type { Highlighter } from './highlighter.ts';
import {
  type Content,
  type Fence,
  type LeafKind,
  type LineContext,
  type LinePlan,
  planLine,
} from './line-plan.ts';
import type { Page } from './page.ts';
import { type Marks, PLAIN } from './span.ts';
import { TableBlock } from './table-block.ts';
import { readAlignments, splitRow } from './table-layout.ts';
import { TextBlock } from './text-block.ts';
import { wrap } from './wrap.ts';

const LONGEST_RULE = 40;

/** The block that is being written. */
type Leaf =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly block: TextBlock }
  | { readonly kind: 'fence'; readonly block: CodeBlock; readonly fence: Fence }
  | { readonly kind: 'indented'; readonly block: CodeBlock }
  | { readonly kind: 'formula'; readonly block: FormulaBlock }
  | { readonly kind: 'table'; readonly block: TableBlock };

const NONE: Leaf = { kind: 'none' };

/** Does what the plans of the lines say: opens and closes containers, writes blocks on the page. */
export class BlockWriter {
  readonly #page: Page;
  readonly #highlighter: Highlighter | undefined;
  #stack: readonly Container[] = [];
  #leaf: Leaf = NONE;
  /** A line that is the header of a table if the next line says so, and text otherwise. */
  #header: string | undefined;
  /** Whether the open line is that of a heading. */
  #heading: TextBlock | undefined;

  /** Without a highlighter code stays plain. */
  constructor(page: Page, highlighter: Highlighter | undefined) {
    this.#page = page;
    this.#highlighter = highlighter;
  }

  /** What the next line is read in. */
  get context(): LineContext {
    const { kind } = this.#leaf;
    const leaf: LeafKind = this.#header !== undefined && kind === 'none' ? 'text' : kind;
    return {
      stack: this.#stack,
      leaf,
      fence: this.#leaf.kind === 'fence' ? this.#leaf.fence : undefined,
    };
  }

  /** Whether a line is held that may be the header of a table. */
  get holdsHeader(): boolean {
    return this.#header !== undefined;
  }

  /** A whole line. */
  line(plan: LinePlan): void {
    if (this.#header !== undefined && this.#settleHeader(plan)) return;
    this.begin(plan);
    this.endLine();
  }

  /** The beginning of a line; text and headings may go on with {@link addText}. */
  begin(plan: LinePlan): void {
    if (this.#header !== undefined) this.#headerAsText();
    const { content } = plan;
    if (content.kind === 'text' && content.lazy) {
      this.#text(content.text);
      return;
    }
    if (plan.matched < this.#stack.length || plan.opens.length > 0) this.#moveTo(plan);
    this.#content(content);
  }

  /** More of the text or heading that is open. */
  addText(text: string): void {
    if (this.#heading !== undefined) this.#heading.add(text);
    else if (this.#leaf.kind === 'text') this.#leaf.block.add(text);
  }

  /** The end of a line that was begun. */
  endLine(): void {
    if (this.#heading !== undefined) this.#heading.endHeading();
    else if (this.#leaf.kind === 'text' && this.#header === undefined) this.#leaf.block.endLine();
    this.#heading = undefined;
  }

  /** The end of the document. */
  close(): void {
    if (this.#header !== undefined) this.#headerAsText();
    this.#heading?.endHeading();
    this.#heading = undefined;
    this.#moveTo({ matched: 0, opens: [], content: { kind: 'blank' } });
  }

  /**
   * The lines that may still change.
   *
   * @param unfinished what there is of a line that cannot be planned yet
   */
  tail(unfinished: string): string[] {
    if (this.#heading !== undefined) return this.#heading.tail();
    const leaf = this.#leaf;
    switch (leaf.kind) {
      case 'fence':
      case 'indented':
        return this.#codeTail(leaf.block, unfinished);
      case 'table':
        return leaf.block.tail();
      case 'text':
        return [...leaf.block.tail(), ...this.#raw(unfinished)];
      case 'formula':
      case 'none':
        return this.#raw(unfinished);
    }
  }

  #codeTail(block: CodeBlock, unfinished: string): string[] {
    const content = planLine(unfinished, this.context, true)?.content;
    if (content?.kind !== 'verbatim' && content?.kind !== 'indented') return this.#raw(unfinished);
    // It may become the fence that ends the code.
    return /^[`~]+$/u.test(content.text.trim()) ? [] : block.tail(content.text);
  }

  /** Lines of which it is not known yet what they are, without marks that say nothing by themselves. */
  #raw(unfinished: string): string[] {
    const lines = [this.#header ?? '', unfinished].map((line) => line.trim());
    const shown = lines.filter((line) => !/^[-+*#>_`~=|$\\\s]*$/u.test(line));
    const spans = shown.flatMap((text) =>
      wrap([{ text, marks: PLAIN }], this.#page.room(this.#stack)),
    );
    return this.#page.preview(this.#stack, spans);
  }

  #content(content: Content): void {
    switch (content.kind) {
      case 'blank':
        this.#blank();
        break;
      case 'text':
        this.#text(content.text);
        break;
      case 'heading':
        this.#closeLeaf();
        this.#page.separate(this.#stack);
        this.#heading = this.#newText({ heading: content.depth });
        this.#heading.add(content.text);
        break;
      case 'rule':
        this.#closeLeaf();
        this.#rule(content.double ? '═' : '─');
        break;
      case 'fence':
        this.#closeLeaf();
        this.#leaf = {
          kind: 'fence',
          block: this.#newCode(content.language),
          fence: content.fence,
        };
        break;
      case 'formula':
        this.#formula(content.text, content.closer);
        break;
      case 'indented':
        this.#indented(content.text);
        break;
      case 'row':
        this.#row(content.text);
        break;
      case 'verbatim':
        this.#verbatim(content.text);
        break;
      case 'fence-end':
        this.#closeLeaf();
        break;
    }
  }

  #blank(): void {
    if (this.#leaf.kind === 'indented') {
      this.#leaf.block.addBlank();
      return;
    }
    this.#closeLeaf();
    this.#page.separate(this.#stack);
  }

  #text(text: string): void {
    if (this.#leaf.kind !== 'text') {
      this.#closeLeaf();
      this.#leaf = { kind: 'text', block: this.#newText(PLAIN) };
    }
    this.addText(text);
  }

  #rule(character: string): void {
    const text = character.repeat(Math.min(LONGEST_RULE, this.#page.room(this.#stack)));
    this.#page.line(this.#stack, [{ text, marks: { muted: true } }]);
  }

  #formula(text: string, closer: string): void {
    this.#closeLeaf();
    const block = new FormulaBlock(this.#page, this.#stack, closer);
    this.#leaf = { kind: 'formula', block };
    block.add(text);
  }

  #indented(text: string): void {
    if (this.#leaf.kind !== 'indented') {
      this.#closeLeaf();
      this.#leaf = { kind: 'indented', block: this.#newCode('') };
    }
    this.#leaf.block.add(text);
  }

  #row(text: string): void {
    if (this.#leaf.kind === 'table') {
      this.#leaf.block.add(text);
      return;
    }
    if (this.#leaf.kind !== 'text') this.#closeLeaf();
    this.#header = text;
  }

  #verbatim(text: string): void {
    if (this.#leaf.kind === 'fence') this.#leaf.block.add(text);
    if (this.#leaf.kind !== 'formula') return;
    this.#leaf.block.add(text);
    if (text.includes(this.#leaf.block.closer)) this.#closeLeaf();
  }

  #newText(marks: Marks): TextBlock {
    return new TextBlock(this.#page, this.#stack, marks);
  }

  #newCode(language: string): CodeBlock {
    const { theme } = this.#page.look;
    let painter: CodePainter = PLAIN_PAINTER;
    if (this.#highlighter !== undefined && !theme.plain) {
      this.#highlighter.request(language);
      painter = new HighlightPainter(this.#highlighter, language, theme);
    }
    return new CodeBlock(this.#page, this.#stack, painter, language);
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    this.#leaf = NONE;
    if (leaf.kind !== 'none' && leaf.kind !== 'formula') leaf.block.close();
  }

  /** Leaves the containers that a line does not go on with, and enters those it opens. */
  #moveTo({ matched, opens }: LinePlan): void {
    this.#closeLeaf();
    const before = this.#stack[matched];
    while (this.#stack.length > matched) {
      this.#page.markers(this.#stack);
      this.#stack = this.#stack.slice(0, -1);
    }
    for (const [index, start] of opens.entries()) {
      const container = this.#open(start, index === 0 ? before : undefined);
      this.#stack = [...this.#stack, container];
    }
  }

  #open(start: QuoteContainer | ItemStart, before: Container | undefined): Container {
    if (start.type === 'quote') return { type: 'quote' };
    const depth = this.#stack.filter(({ type }) => type === 'item').length;
    return createItem(start, depth, before);
  }

  /** Opens a table if the line says that the one before was its header. */
  #settleHeader({ content, matched, opens }: LinePlan): boolean {
    const goesOn = matched === this.#stack.length && opens.length === 0;
    const row = content.kind === 'row' || content.kind === 'text' ? content.text : '';
    const alignments = goesOn ? readAlignments(row) : undefined;
    const header = this.#header;
    if (header === undefined || alignments?.length !== splitRow(header).length) return false;
    this.#header = undefined;
    this.#closeLeaf();
    const block = new TableBlock(this.#page, this.#stack, header, alignments);
    this.#leaf = { kind: 'table', block };
    return true;
  }

  #headerAsText(): void {
    const text = this.#header ?? '';
    this.#header = undefined;
    this.#text(text);
    this.endLine();
  }
}
