import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ExampleHome } from '../support/docs/example-home.ts';
import { startExampleHub } from '../support/docs/example-hub.ts';
import { isAsShown, readTranscripts } from '../support/docs/transcript.ts';
import type { TestHub } from '../support/hub/hub.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');

const pages = new Map(
  await Promise.all(
    (await readdir(DOCS))
      .filter((name) => name.endsWith('.md'))
      .map(async (name) => [name, await readFile(path.join(DOCS, name), 'utf8')] as const),
  ),
);
const withExamples = [...pages].filter(([, page]) =>
  readTranscripts(page).some(({ notRun }) => notRun === undefined),
);

let folder: string;
let hub: TestHub;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-docs-'));
  hub = await startExampleHub(folder);
});

afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

test('some pages have examples', () => {
  expect(withExamples.map(([name]) => name)).toContain('getting-started.md');
});

test.each(withExamples)('the examples of %s print what they show', async (name, page) => {
  await using home = await ExampleHome.begin(hub);
  for (const { notRun, steps } of readTranscripts(page)) {
    if (notRun !== undefined) continue;
    for (const { command, line, output } of steps) {
      const printed = await home.type(command);
      expect(
        isAsShown(output, printed),
        `docs/${name}:${line}: ${command}\n--- shown\n${output.join('\n')}\n--- printed\n${printed}`,
      ).toBe(true);
    }
  }
});
