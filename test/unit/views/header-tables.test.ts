import { PassThrough } from 'node:stream';

import { expect, test } from 'vitest';

import type { GgufHeader } from '../../../src/lib/gguf/header.ts';
import { type StandardStreams, Terminal } from '../../../src/lib/ui/terminal.ts';
import { renderMetadata, renderTensors } from '../../../src/views/info-details.ts';

const MEGABYTE = 1_000_000;
const long = 'k'.repeat(MEGABYTE);

const header = {
  metadata: new Map<string, string | number>([
    [long, 1],
    ...Array.from({ length: 2000 }, (_, index) => [`general.key-${index}`, 'value'] as const),
  ]),
  arrays: new Map(),
  tensors: [long, 'output.weight'].map((name) => ({ name, dimensions: [32, 32], type: 0 })),
} as unknown as GgufHeader;

function terminal(columns?: number): Terminal {
  const stdout = Object.assign(new PassThrough(), { isTTY: columns !== undefined, columns });
  const streams = { stdin: new PassThrough(), stdout, stderr: new PassThrough() };
  return new Terminal(streams as unknown as StandardStreams, 'normal', { NO_COLOR: '1' });
}

test('a name that is as long as a text can be widens no table', () => {
  const pipe = terminal();
  expect(renderMetadata(header, pipe).length).toBeLessThan(MEGABYTE);
  expect(renderTensors([header], pipe).length).toBeLessThan(1000);
  expect(renderMetadata(header, pipe)).toMatch(/^k+… +1$/mu);
});

test('on a narrow terminal a key leaves room for its value', () => {
  const lines = renderMetadata(header, terminal(40)).split('\n');
  expect(lines.every(({ length }) => length <= 40)).toBe(true);
  expect(lines.at(-1)).toMatch(/^general\.key-1999 +value$/u);
});
