import { Lexer, Marked, type MarkedToken, type Token } from 'marked';

import { oneLine, stripControls } from '../../plain-text.ts';
import { linkTarget } from './link-target.ts';
import { formulaAt } from './math.ts';
import { BREAK, type Marks, type Span } from './span.ts';

/** Nothing in it can be a mark, a link or a character reference. */
const ORDINARY = /^(?!.*(?::\/\/|www\.))[^\\`*_~[\]<&$@\n]*$/u;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  copy: '©',
  gt: '>',
  hellip: '…',
  larr: '←',
  lt: '<',
  mdash: '—',
  middot: '·',
  nbsp: '\u00A0',
  ndash: '–',
  quot: '"',
  rarr: '→',
  times: '×',
};

interface Formula {
  readonly type: 'formula';
  readonly raw: string;
}

/** marked with formulas as a kind of their own, and `~` for "about" rather than for crossing out. */
const DIALECT = new Marked({
  gfm: true,
  tokenizer: {
    del(source) {
      return source.startsWith('~~') ? false : undefined;
    },
  },
  extensions: [
    {
      name: 'formula',
      level: 'inline',
      start: (source) => {
        const place = source.search(/[$\\]/u);
        return place === -1 ? undefined : place;
      },
      tokenizer: (source): Formula | undefined => {
        const raw = formulaAt(source, 0);
        return raw === undefined ? undefined : { type: 'formula', raw };
      },
    },
  ],
}).defaults;

/** How inline text is read. */
export interface InlineOptions {
  /** Whether links may become hyperlinks of the terminal; else their address stands after them. */
  readonly links: boolean;
  /** Whether no styles can be shown, so that code keeps its backticks. */
  readonly plain: boolean;
}

/** Reads a piece of text with inline marks. */
export function inlineSpans(text: string, marks: Marks, options: InlineOptions): Span[] {
  if (ORDINARY.test(text)) return [{ text, marks }];
  return new Reader(options).read(Lexer.lexInline(text, DIALECT), marks);
}

class Reader {
  readonly #links: boolean;
  readonly #plain: boolean;

  constructor({ links, plain }: InlineOptions) {
    this.#links = links;
    this.#plain = plain;
  }

  read(tokens: readonly Token[], marks: Marks): Span[] {
    return tokens.flatMap((token) => this.#token(token as MarkedToken | Formula, marks));
  }

  #token(token: MarkedToken | Formula, marks: Marks): Span[] {
    switch (token.type) {
      case 'strong':
        return this.read(token.tokens, { ...marks, bold: true });
      case 'em':
        return this.read(token.tokens, { ...marks, italic: true });
      case 'del':
        return this.read(token.tokens, { ...marks, strike: true });
      case 'codespan':
        return [this.#code(stripControls(token.text), marks)];
      case 'br':
        return [BREAK];
      case 'link':
        return this.#link(this.read(token.tokens, marks), token.text, token.href, marks);
      case 'image':
        return this.#image(token.text, token.href, marks);
      case 'text':
        if (token.tokens !== undefined) return this.read(token.tokens, marks);
        return textSpans(decode(token.text), marks);
      case 'escape':
        return textSpans(token.text, marks);
      case 'html':
        return /^<br\s*\/?>$/iu.test(token.raw) ? [BREAK] : textSpans(token.raw, marks);
      default:
        return textSpans(token.raw, marks);
    }
  }

  #code(text: string, marks: Marks): Span {
    return { text: this.#plain ? `\`${text}\`` : text, marks: { ...marks, code: true } };
  }

  #link(label: readonly Span[], text: string, address: string, marks: Marks): Span[] {
    const target = linkTarget(address);
    const shown = label.map((span) =>
      span === BREAK ? span : { text: span.text, marks: { ...span.marks, underline: true } },
    );
    const says = saysAddress(text, address, target);
    if (target === undefined) return says ? [...label] : [...label, ...aside(address, marks)];
    if (!this.#links) return says ? shown : [...shown, ...aside(target, marks)];
    const linked = shown.map((span) =>
      span === BREAK ? span : { text: span.text, marks: { ...span.marks, link: target } },
    );
    // A label that looks like an address, but of another place, must not hide where it leads.
    return says || !looksLikeAddress(text) ? linked : [...linked, ...aside(target, marks)];
  }

  #image(text: string, address: string, marks: Marks): Span[] {
    const target = linkTarget(address);
    const label = `[image${text.trim() === '' ? '' : `: ${oneLine(text)}`}]`;
    if (target !== undefined && this.#links)
      return [{ text: label, marks: { ...marks, link: target } }];
    return [{ text: label, marks }, ...aside(target ?? address, marks)];
  }
}

/** Whether the label already shows where the link leads. */
function saysAddress(text: string, address: string, target: string | undefined): boolean {
  return (
    text === address ||
    address === `mailto:${text}` ||
    text === target ||
    `http://${text}` === address
  );
}

function looksLikeAddress(text: string): boolean {
  return /^\s*(?:https?:\/\/|www\.|[\w-]+(?:\.[\w-]+)+(?:\/|\s*$))/iu.test(text);
}

function aside(address: string, marks: Marks): Span[] {
  return [{ text: ` (${oneLine(address)})`, marks: { ...marks, muted: true } }];
}

/** Text on several lines as spans with breaks between them. */
function textSpans(text: string, marks: Marks): Span[] {
  const lines = stripControls(text).split('\n');
  return lines.flatMap((line, index) => [
    ...(index === 0 ? [] : [BREAK]),
    ...(line === '' ? [] : [{ text: line, marks }]),
  ]);
}

function decode(text: string): string {
  return text.replaceAll(/&([a-z]{2,6});/gu, (whole, name: string) => ENTITIES[name] ?? whole);
}
