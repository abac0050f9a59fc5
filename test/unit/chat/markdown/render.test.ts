import { stripVTControlCharacters } from 'node:util';

import { Chalk } from 'chalk';
import { describe, expect, test } from 'vitest';

import { loadHighlighter, renderMarkdown } from '../../../../src/lib/chat/markdown/render.ts';

const plain = new Chalk({ level: 0 });
const coloured = new Chalk({ level: 1 });

function lines(text: string, columns = 40): string[] {
  return renderMarkdown(text, { columns, style: plain }).split('\n');
}

function styled(text: string): string {
  return renderMarkdown(text, { columns: 80, style: coloured });
}

describe('text', () => {
  test.each<[name: string, text: string, shown: readonly string[]]>([
    [
      'breaks at words',
      'one two three four five six seven eight',
      ['one two three four five six seven eight'],
    ],
    ['breaks a longer line', `${'word '.repeat(9)}end`, ['word '.repeat(8).trim(), 'word end']],
    [
      'keeps the line breaks of the model',
      'Roses are red,\nviolets are blue',
      ['Roses are red,', 'violets are blue'],
    ],
    ['ends a line at a backslash or two blanks', 'one\\\ntwo  \nthree', ['one', 'two', 'three']],
    ['makes many blank lines one', 'a\n\n\n\nb', ['a', '', 'b']],
    [
      'leaves what is no mark',
      '2 * 3 * 4, snake_case_name, ~5, a < b, C:\\dir',
      ['2 * 3 * 4, snake_case_name, ~5, a < b,', 'C:\\dir'],
    ],
    [
      'leaves prices and formulas',
      '$5 or $10, $a_b * c_d$, \\(x_1 _ y\\)',
      ['$5 or $10, $a_b * c_d$, \\(x_1 _ y\\)'],
    ],
    ['shows HTML as text', '<b>bold</b> <!-- no -->', ['<b>bold</b> <!-- no -->']],
    [
      'reads character references',
      '&lt;tag&gt; &amp;amp; &copy; &nosuch;',
      ['<tag> &amp; © &nosuch;'],
    ],
    [
      'shows what a link leads to',
      '[here](https://a.example/b "title") and <https://c.example>',
      ['here (https://a.example/b) and', 'https://c.example'],
    ],
    [
      'shows an image as a link',
      '![a *cat*](https://a.example/c.png)',
      ['[image: a *cat*]', '(https://a.example/c.png)'],
    ],
    ['shows marks that nothing closes', 'an **open mark and `code', ['an **open mark and `code']],
    ['closes marks across lines', '**one\ntwo** three', ['one', 'two three']],
  ])('%s', (_name, text, shown) => {
    expect(lines(text)).toStrictEqual(shown);
  });

  test('is broken between ideographs, but not before a full stop', () => {
    expect(lines('日本語の文章は、分かち書きをしない。', 34)).toStrictEqual([
      '日本語の文章は、分かち書きをしな',
      'い。',
    ]);
  });

  test('has styles, nested ones too', () => {
    expect(styled('**bold *both* `code`** ~~gone~~')).toBe(
      '\u001B[1mbold \u001B[22m\u001B[1m\u001B[3mboth\u001B[23m\u001B[22m\u001B[1m \u001B[22m' +
        '\u001B[1m\u001B[36mcode\u001B[39m\u001B[22m \u001B[9mgone\u001B[29m',
    );
  });

  test('has hyperlinks where the terminal knows them', () => {
    const shown = renderMarkdown('[here](https://a.example/)', {
      columns: 80,
      style: plain,
      links: true,
    });
    expect(shown).toBe('\u001B]8;;https://a.example/\u001B\\here\u001B]8;;\u001B\\');
  });
});

describe('headings and rules', () => {
  test('headings are bold, and keep their marks where nothing can be bold', () => {
    expect(styled('## Two ##\ntext')).toBe('\u001B[1mTwo\u001B[22m\ntext');
    expect(lines('text\n# One *two* #')).toStrictEqual(['text', '', '# One two']);
  });

  test('a line below text is a line', () => {
    expect(lines('Title\n===\n\nOther\n---\n***', 20)).toStrictEqual([
      'Title',
      '═'.repeat(20),
      '',
      'Other',
      '─'.repeat(20),
      '─'.repeat(20),
    ]);
  });
});

describe('lists', () => {
  test.each<[name: string, text: string, shown: readonly string[]]>([
    [
      'with bold and code inside',
      '- **Key**: `value` and *more*\n- [a](https://b.example/c)',
      ['• Key: `value` and more', '• a (https://b.example/c)'],
    ],
    [
      'with long items',
      `- ${'word '.repeat(9)}end`,
      [`• ${'word '.repeat(7).trim()}`, '  word word end'],
    ],
    ['nested and back', '- a\n  - **b**\n    - c\n- d', ['• a', '  ◦ b', '    • c', '• d']],
    ['with numbers', '9. nine\n1. ten\n1. eleven', ['9. nine', '10. ten', '11. eleven']],
    ['loose as they are written', '- a\n\n- b\n- c', ['• a', '', '• b', '• c']],
    ['with paragraphs', '1. a\n\n   more of a\n2. b', ['1. a', '', '   more of a', '2. b']],
    [
      'of tasks',
      '- [ ] open `x`\n- [X] **done**\n1. [x] third',
      ['[ ] open `x`', '[x] done', '1. [x] third'],
    ],
    ['bullets below numbers', '1. a\n   * b\n2. c', ['1. a', '   ◦ b', '2. c']],
    ['in quotes', '> - a\n>   - b\n>\n> end', ['│ • a', '│   ◦ b', '│', '│ end']],
    ['with quotes', '- a\n  > b\n- c', ['• a', '  │ b', '• c']],
    ['with lazy lines', '- a\nb\n> c\nd', ['• a', '  b', '│ c', '│ d']],
    ['interrupted by text', '1. a\n\ntext\n\n2. b', ['1. a', '', 'text', '', '2. b']],
    [
      'that are none',
      'in the year\n1986. A good year\n-',
      ['in the year', '1986. A good year', '-'],
    ],
    ['with tabs', '-\ta\n\t- b', ['• a', '  ◦ b']],
    ['with an empty item', '- a\n-\n- c', ['• a', '•', '• c']],
    ['with a heading', '- # a\n- b', ['• # a', '• b']],
  ])('%s', (_name, text, shown) => {
    expect(lines(text)).toStrictEqual(shown);
  });
});

describe('code', () => {
  test('has its language above it, nothing before its lines, and blank lines around it', () => {
    const text = 'Run:\n```sh\nls | wc\n\n  indented *x*\n```\nthen';
    expect(lines(text)).toStrictEqual([
      'Run:',
      '',
      'sh',
      'ls | wc',
      '',
      '  indented *x*',
      '',
      'then',
    ]);
  });

  test('can be copied from a list, too', () => {
    const text = '1. Do:\n   ```\n   ls\n     deeper\n   ```\n2. Done';
    expect(lines(text)).toStrictEqual(['1. Do:', '', 'ls', '  deeper', '', '2. Done']);
  });

  test.each([
    ['tabs stay', '```make\nall:\n\tcc\n```', ['make', 'all:', '\tcc']],
    ['a longer fence holds a shorter one', '````md\n```\nx\n```\n````', ['md', '```', 'x', '```']],
    ['a fence that never ends', '```\na\n\nb', ['a', '', 'b']],
    ['tildes', '~~~ py\na\n```\n~~~', ['py', 'a', '```']],
    ['four blanks', '    a\n\n      b\n\nc', ['a', '', '  b', '', 'c']],
    ['a long line is left to the terminal', `\`\`\`\n${'x'.repeat(90)}\n\`\`\``, ['x'.repeat(90)]],
    ['backticks within text are no fence', '```x``` y', ['`x` y']],
  ])('%s', (_name, text, shown) => {
    expect(lines(text)).toStrictEqual(shown);
  });

  test('is coloured line by line, with what is open carried over', async () => {
    const text = '```js\nlet a; /* one\ntwo */ let b = `x\ny`; const c\n```';
    const highlighter = await loadHighlighter(text);
    const shown = renderMarkdown(text, { columns: 80, style: coloured, highlighter }).split('\n');
    expect(shown).toStrictEqual([
      '\u001B[2mjs\u001B[22m',
      '\u001B[35mlet\u001B[39m a; \u001B[2m/* one\u001B[22m',
      '\u001B[2mtwo */\u001B[22m \u001B[35mlet\u001B[39m b = \u001B[32m`x\u001B[39m',
      '\u001B[32my`\u001B[39m; \u001B[35mconst\u001B[39m c',
    ]);
  });

  test('keeps every character when it is coloured', async () => {
    const code = 'if (a < b && c > "d") { return `&lt; ${e} &amp;`; } // \'f\' &#x27;';
    const text = `\`\`\`ts\n${code}\n\`\`\``;
    const highlighter = await loadHighlighter(text);
    const shown = renderMarkdown(text, { columns: 80, style: coloured, highlighter });
    expect(stripVTControlCharacters(shown)).toBe(`ts\n${code}`);
  });
});

describe('tables', () => {
  const table =
    '| Name | Size | 説明 |\n|:-----|----:|:--:|\n| **a** | 4 GB | 日本 |\n| `b|c` \\| d | 12 GB | x |';

  test('are as wide as their cells', () => {
    expect(lines(table)).toStrictEqual([
      'Name      │  Size │ 説明',
      '──────────┼───────┼─────',
      'a         │  4 GB │ 日本',
      '`b|c` | d │ 12 GB │  x',
    ]);
  });

  test('wrap their cells where it is narrow', () => {
    const wide = '| a | b |\n|---|---|\n| one | a long cell of words |\n| two | x<br>y |';
    expect(lines(wide, 20)).toStrictEqual([
      'a   │ b',
      '────┼───────────────',
      'one │ a long cell of',
      '    │ words',
      '────┼───────────────',
      'two │ x',
      '    │ y',
    ]);
  });

  test('are lists of their cells where there is no room for columns', () => {
    const many = '| a | b | c | d |\n|---|---|---|---|\n| one | two | three | a longer one |';
    expect(lines(many, 18)).toStrictEqual([
      'a: one',
      'b: two',
      'c: three',
      'd: a longer one',
      '──────────',
    ]);
  });

  test.each([
    [
      'right below text',
      'Here:\n| a |\n|---|\n| b |\nend',
      ['Here:', '', 'a', '─', 'b', '', 'end'],
    ],
    [
      'in an item',
      '- x\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |',
      ['• x', '', '  a │ b', '  ──┼──', '  1 │ 2'],
    ],
    [
      'with rows that are short or long',
      '| a | b |\n|--|--|\n| 1 |\n| 1 | 2 | 3 |',
      ['a │ b', '──┼──', '1 │', '1 │ 2'],
    ],
    ['that are none', '| a | b |\n| c | d |', ['| a | b |', '| c | d |']],
    ['whose second line has other columns', '| a | b |\n|---|', ['| a | b |', '|---|']],
  ])('%s', (_name, text, shown) => {
    expect(lines(text)).toStrictEqual(shown);
  });

  test('of many rows settle their widths and go on', () => {
    const rows = Array.from(
      { length: 250 },
      (_, index) => `| ${index} | ${index > 240 ? 'much longer' : 'x'} |`,
    );
    const shown = lines(['| n | v |', '|---|---|', ...rows].join('\n'));
    expect(shown).toHaveLength(2 + 250);
    expect(shown.at(2)).toBe('0   │ x');
    expect(shown.at(-1)).toBe('249 │ much longer');
  });
});

test.each([
  ['$$ … $$', '$$\n\\int_0^1 x_1 * y_1\n$$\ntext', ['$$', '\\int_0^1 x_1 * y_1', '$$', 'text']],
  ['\\[ … \\]', 'So\n\\[\na_b _c_\n\\]', ['So', '\\[', 'a_b _c_', '\\]']],
])('a formula over lines is left alone: %s', (_name, text, shown) => {
  expect(lines(text)).toStrictEqual(shown);
});
