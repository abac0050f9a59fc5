import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { EXIT_CODES } from '../../src/lib/errors.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

async function read(name: string): Promise<string> {
  return readFile(path.join(ROOT, name), 'utf8');
}

test('README lists the exit codes as the program has them', async () => {
  const rows = Object.entries(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  const readme = (await read('README.md')).replaceAll(/ +/gu, ' ');
  expect(readme).toContain(rows.join('\n'));
});

test('README names every command', async () => {
  const readme = await read('README.md');
  const manifest = JSON.parse(await read('oclif.manifest.json')) as { commands: object };
  for (const id of Object.keys(manifest.commands)) {
    const [first = ''] = id.split(':');
    expect(readme).toContain(`| \`llamero ${first}`);
  }
});

test('every path that AGENTS.md names exists', async () => {
  const map = await read('AGENTS.md');
  const paths = map.match(/(?<![./\w])(?:src|test|bin)\/[\w./-]*\w/gu) ?? [];
  expect(paths.length).toBeGreaterThan(25);
  for (const name of paths) {
    await expect(readdir(path.join(ROOT, path.dirname(name)))).resolves.toContain(
      path.basename(name),
    );
  }
});

test('the commands that the documents tell to run are in package.json', async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: object };
  for (const name of ['README.md', 'AGENTS.md', 'CONTRIBUTING.md']) {
    for (const [, script] of (await read(name)).matchAll(
      /npm (?:run )?(test|check|demo|build)\b/gu,
    )) {
      expect(Object.keys(scripts)).toContain(script);
    }
  }
});
