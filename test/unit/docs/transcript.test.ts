import { describe, expect, test } from 'vitest';

import { isAsShown, readTranscripts } from '../../support/docs/transcript.ts';

describe('the transcripts of a page', () => {
  test('are its console blocks, commands with their output', () => {
    const page = [
      'Text',
      '',
      '```console',
      '$ one \\',
      '  --more',
      'output',
      '',
      'more',
      '$ two',
      '```',
      '',
      '```sh',
      '$ none',
      '```',
    ].join('\n');
    expect(readTranscripts(page)).toEqual([
      {
        steps: [
          { command: 'one \\\n  --more', output: ['output', '', 'more'], line: 4 },
          { command: 'two', output: [], line: 9 },
        ],
      },
    ]);
  });

  test('may say why they are not run', () => {
    const page = '<!-- not run: it needs a network -->\n\n```console\n$ one\n```\n';
    expect(readTranscripts(page)).toMatchObject([{ notRun: 'it needs a network' }]);
  });

  test.each([
    ['output before any command', '```console\nprinted\n```'],
    ['a block without an end', '```console\n$ one'],
  ])('%s is a mistake', (_name, page) => {
    expect(() => readTranscripts(page)).toThrow();
  });
});

describe('what is printed is as shown', () => {
  test.each<[name: string, shown: string[], printed: string, same: boolean]>([
    ['the same', ['a b'], 'a b', true],
    ['another word', ['a b'], 'a c', false],
    ['a line more', ['a'], 'a\nb', false],
    ['a line less', ['a', 'b'], 'a', false],
    ['nothing and nothing', [], '', true],
    ['nothing and something', [], 'a', false],
    ['other sizes', ['808 MB, 1.2 GiB'], '332 kB, 14 MiB', true],
    ['a size and none', ['808 MB'], 'none', false],
    ['other durations', ['in 3 s'], 'in 29 min', true],
    ['other ages', ['just now'], '2 minutes ago', true],
    ['a number that is none of these', ['exit code 3'], 'exit code 4', false],
    ['wider columns', ['A  B', '1  2'], 'A        B\n1        2', true],
    ['anything in a line', ['a … b'], 'a whatever it is b', true],
    ['the rest of a line alone', ['a …'], 'a b\nc', false],
    ['any lines', ['a', '…', 'z'], 'a\nb\nc\nz', true],
    ['no lines for any lines', ['a', '…', 'z'], 'a\nz', true],
    ['signs of regular expressions', ['a.b (c) [d]'], 'a.b (c) [d]', true],
    ['a point is no wildcard', ['a.b'], 'axb', false],
  ])('%s', (_name, shown, printed, same) => {
    expect(isAsShown(shown, printed)).toBe(same);
  });
});
