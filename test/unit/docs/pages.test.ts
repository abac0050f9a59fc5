import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { type Manifest, shownCommands } from '../../../scripts/docs/manifest.ts';
import { ERROR_CODES, EXIT_CODES } from '../../../src/lib/errors.ts';
import { findCalls, problemOf } from '../../support/docs/commands.ts';
import { readTranscripts } from '../../support/docs/transcript.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

let manifest: Manifest;
let pages: ReadonlyMap<string, string>;

beforeAll(async () => {
  manifest = JSON.parse(await read('oclif.manifest.json')) as Manifest;
  const names = await readdir(path.join(ROOT, 'docs'), { recursive: true });
  const files = ['README.md', ...names.filter((name) => name.endsWith('.md')).map(inDocs)];
  pages = new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
  expect(pages.size).toBeGreaterThan(30);
});

function inDocs(name: string): string {
  return `docs/${name.replaceAll(path.sep, '/')}`;
}

async function read(file: string): Promise<string> {
  return readFile(path.join(ROOT, file), 'utf8');
}

test('every command and flag that the documents name exists', () => {
  const problems: string[] = [];
  let count = 0;
  for (const [file, page] of pages) {
    for (const call of findCalls(page)) {
      count++;
      const problem = problemOf(call, manifest);
      if (problem !== undefined) problems.push(`${file}: ${call.line}: ${problem}`);
    }
  }
  expect(problems).toEqual([]);
  expect(count).toBeGreaterThan(200);
});

test('every link within the documents leads somewhere', async () => {
  const broken: string[] = [];
  for (const [file, page] of pages) {
    for (const [, target = ''] of page.matchAll(/\]\(([^)\s]+)\)/gu)) {
      if (/^[a-z]+:/u.test(target)) continue;
      const [name = '', anchor] = target.split('#');
      const linked = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
      const isThere = await exists(linked);
      if (!isThere || (anchor !== undefined && !anchorsOf(pages.get(linked) ?? '').has(anchor))) {
        broken.push(`${file}: ${target}`);
      }
    }
  }
  expect(broken).toEqual([]);
});

async function exists(file: string): Promise<boolean> {
  const folder = await readdir(path.join(ROOT, path.dirname(file))).catch(() => undefined);
  return folder?.includes(path.basename(file)) === true;
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('the index lists every page', () => {
  const index = pages.get('docs/README.md') ?? '';
  for (const file of pages.keys()) {
    const name = /^docs\/([a-z-]+\.md)$/u.exec(file)?.[1];
    if (name !== undefined) expect(index).toContain(`(${name})`);
  }
});

test('the catalogue of errors has every error code under its exit code, and no other', () => {
  const page = pages.get('docs/troubleshooting.md') ?? '';
  const found: string[] = [];
  for (const section of page.split(/^## /gmu).slice(1)) {
    const exit = /^(\d+):/u.exec(section)?.[1] ?? 'none';
    for (const [, code = ''] of section.matchAll(/^### (\S+)$/gmu)) found.push(`${code} ${exit}`);
  }
  const expected = Object.entries(ERROR_CODES)
    // How a reader ended us in silence is nothing to be told, a signal has no number in the table.
    .filter(([, exit]) => exit !== 0)
    .map(([code, exit]) => `${code} ${exit >= 128 ? 'none' : exit}`);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test('transcripts that are not run say why', () => {
  for (const [file, page] of pages) {
    for (const { notRun, steps } of readTranscripts(page)) {
      expect(steps.length, file).toBeGreaterThan(0);
      if (notRun !== undefined) expect(notRun.length).toBeGreaterThan(10);
    }
  }
});

describe('the help of every command', () => {
  test('says what it does, gives examples that exist, and its exit codes', () => {
    const problems: string[] = [];
    for (const command of shownCommands(manifest)) {
      const { description = '', examples = [], id, summary = '' } = command;
      if (summary === '' || summary.endsWith('.')) problems.push(`${id}: summary`);
      if (examples.length === 0) problems.push(`${id}: examples`);
      const codes = /(?:^|\n\n)Exit codes: ([^\n]+)$/u.exec(description)?.[1];
      if (codes === undefined) problems.push(`${id}: exit codes`);
      const known = Object.keys(EXIT_CODES);
      for (const [number] of (codes ?? '').matchAll(/\b\d+\b/gu)) {
        if (!known.includes(number)) problems.push(`${id}: exit code ${number}`);
      }
      for (const example of examples) {
        const text = typeof example === 'string' ? example : example.command;
        const line = text.replaceAll('<%= config.bin %>', 'llamero');
        for (const call of findCalls(`\`\`\`sh\n${line}\n\`\`\`\n`)) {
          const problem = problemOf(call, manifest);
          if (problem !== undefined) problems.push(`${id}: ${line}: ${problem}`);
        }
      }
    }
    expect(problems).toEqual([]);
  });
});
