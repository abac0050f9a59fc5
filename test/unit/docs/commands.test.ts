import { describe, expect, test } from 'vitest';

import type { Manifest } from '../../../scripts/docs/manifest.ts';
import { findCalls, problemOf } from '../../support/docs/commands.ts';

const common = { aliases: [], args: {}, hiddenAliases: [], strict: true };
const manifest: Manifest = {
  commands: {
    list: {
      ...common,
      id: 'list',
      hiddenAliases: ['ls'],
      flags: {
        json: { name: 'json', type: 'boolean' },
        reuse: { name: 'reuse', type: 'boolean', allowNo: true },
        size: { name: 'size', type: 'option', char: 's', aliases: ['largeness'] },
      },
    },
    'config:get': { ...common, id: 'config:get', flags: {} },
  },
};

describe('the calls of llamero in a page', () => {
  test.each<[name: string, page: string, words: string[][]]>([
    ['in code within a line', 'Run `llamero list --json`.', [['list', '--json']]],
    ['in a block', '```sh\n# llamero none\nllamero list\n```', [['list']]],
    [
      'in a transcript, without what was printed',
      '```console\n$ llamero list\nno llamero\n```',
      [['list']],
    ],
    ['behind a pipe and before one', '`cat x | llamero list | wc -l`', [['list']]],
    ['behind a variable', '`LLAMERO_DEBUG=1 llamero list`', [['list']]],
    ['within another command', '`cd "$(llamero config get x)"`', [['config', 'get', 'x']]],
    ['with quotes', '`llamero list "a b"`', [['list', 'a b']]],
    ['without what is redirected', '`llamero list < file > other`', [['list']]],
    ['not in prose, not in other code', 'llamero list\n\n```ts\nllamero list\n```', []],
  ])('%s', (_name, page, words) => {
    expect(findCalls(`${page}\n`).map((call) => call.words)).toEqual(words);
  });
});

describe('a call is well when command and flags exist', () => {
  test.each<[call: string, problem: string | undefined]>([
    ['llamero list --json', undefined],
    ['llamero ls -s 3 --largeness=4 --no-reuse', undefined],
    ['llamero config get x --help', undefined],
    ['llamero list -- --mlock', undefined],
    ['llamero --version', undefined],
    ['llamero <command> --help', undefined],
    ['llamero config', undefined],
    ['llamero lst', 'no command «lst»'],
    ['llamero list --no-json', 'list has no --no-json'],
    ['llamero list -x', 'list has no -x'],
    ['llamero config get --json', 'config:get has no --json'],
  ])('%s', (line, problem) => {
    const [call] = findCalls(`\`${line}\`\n`);
    expect(call && problemOf(call, manifest)).toBe(problem);
  });
});
