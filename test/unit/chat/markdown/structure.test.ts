import { Chalk } from 'chalk';
import * as fc from 'fast-check';
import { Lexer, type Token } from 'marked';
import { expect, test } from 'vitest';

import { renderMarkdown } from '../../../../src/lib/chat/markdown/render.ts';

// What models write, put together in any order: blocks that both read by the same rules.
const blocks = fc.constantFrom(
  'A paragraph of words.',
  'Two lines\nof a paragraph.',
  '# Heading',
  '### Third',
  '- one\n- two\n  - inner\n  - inner two\n- three',
  '1. first\n2. second\n   more of second\n3. third',
  '- loose\n\n- items\n\n  with a paragraph',
  '* star\n  1. number\n     - deep\n* star',
  '> quoted\n> lines',
  '> - list in quote\n>   more\n>\n> end',
  '```\ncode\n\n  more\n```',
  '- item\n\n  ```\n  code in item\n  ```\n- item',
  '~~~\n```\n~~~',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '***',
  '- > quote in item\n  > goes on\n- item',
);

test('the words of a document come out in the order and with the marks that marked finds', () => {
  fc.assert(
    fc.property(fc.array(blocks, { minLength: 1, maxLength: 6 }), (parts) => {
      const text = parts.join('\n\n');
      const drawn = renderMarkdown(text, { columns: 200, style: new Chalk({ level: 0 }) });
      expect(
        drawn
          .split('\n')
          .filter((line) => line.replaceAll(/[│\s]/gu, '') !== '')
          .map(squeeze),
      ).toStrictEqual(expected(Lexer.lex(text), '').map(squeeze));
    }),
    { numRuns: 500 },
  );
});

/** Indentation and the choice of bullets are our own. */
function squeeze(line: string): string {
  return line.replaceAll(/[◦•]/gu, '•').replaceAll(/\s+/gu, ' ').trim();
}

/** The lines of a document by marked's own blocks. */
function expected(tokens: readonly Token[], prefix: string): string[] {
  return tokens.flatMap((token): string[] => {
    switch (token.type) {
      case 'heading':
        return [`${prefix}${'#'.repeat(Number(token['depth']))} ${String(token['text'])}`];
      case 'paragraph':
      case 'text':
        return String(token['text'])
          .split('\n')
          .map((line) => prefix + line.trim());
      case 'code':
        return String(token['text'])
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => prefix + line);
      case 'blockquote':
        return expected(token.tokens ?? [], `${prefix}│ `);
      case 'hr':
        return [prefix + '─'.repeat(40)];
      case 'table':
        return [`${prefix}a │ b`, `${prefix}──┼──`, `${prefix}1 │ 2`];
      case 'list':
        return listLines(token as Extract<Token, { items: unknown }>, prefix);
      default:
        return [];
    }
  });
}

function listLines(list: Extract<Token, { items: unknown }>, prefix: string): string[] {
  const items = list['items'] as { readonly tokens: Token[] }[];
  return items.flatMap(({ tokens }, index) => {
    const marker = list['ordered'] ? `${Number(list['start']) + index}.` : '•';
    const [first = '', ...rest] = expected(tokens, '');
    return [`${prefix}${marker} ${first}`, ...rest.map((line) => prefix + line)];
  });
}
