import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { loadHighlighter } from '../../../../src/lib/chat/markdown/render.ts';
import { screenText } from '../../../support/screen.ts';
import { stream } from './streaming.ts';

const sample = await readFile(new URL('sample.txt', import.meta.url), 'utf8');

test.each([60, 80, 200])('an answer as it looks at %i columns', async (columns) => {
  const highlighter = await loadHighlighter(sample);
  const pieces = sample.match(/[^]{1,7}/gu) ?? [];
  const output = stream(pieces, { columns, rows: 30, level: 1, links: true, highlighter });
  const shown = await screenText(output.replaceAll('\n', '\r\n'), { columns, rows: 30 });
  expect(shown).toMatchSnapshot();
});
