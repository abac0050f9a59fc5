import { expect, test } from 'vitest';

import { readPlaceholder } from '../../../src/lib/completion/placeholder.ts';

test.each([
  ['<n>', [], ['n']],
  ['<on|off|auto>', ['on', 'off', 'auto'], []],
  ['stable|nightly', ['stable', 'nightly'], []],
  ['<file|off>', ['off'], ['file']],
  ['json|<file>', ['json'], ['file']],
  ['<ref|file>', [], ['ref', 'file']],
  ['b<n>|latest', ['latest'], []],
  ['[<id>]', [], ['id']],
  ['', [], ['']],
])('%s: words %j, kinds %j', (text, words, kinds) => {
  expect(readPlaceholder(text)).toEqual({ words, kinds });
});
