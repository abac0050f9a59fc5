import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import type { Manifest } from '../../../scripts/docs/manifest.ts';
import { commandPages } from '../../../scripts/docs/commands.ts';
import { type Package, manPages } from '../../../scripts/man/pages.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

let man: ReadonlyMap<string, string>;
let docs: ReadonlyMap<string, string>;

beforeAll(async () => {
  const [manifest = '', pjson = ''] = await Promise.all(
    ['oclif.manifest.json', 'package.json'].map((file) => readFile(path.join(ROOT, file), 'utf8')),
  );
  man = manPages(JSON.parse(manifest) as Manifest, JSON.parse(pjson) as Package);
  docs = commandPages(JSON.parse(manifest) as Manifest);
});

/** A manual page as a reader sees its words. */
function pageOf(name: string): string {
  return (man.get(`${name}.1`) ?? '').replaceAll(/\\f[BIP]/gu, '').replaceAll('\\-', '-');
}

describe('a manual page', () => {
  test.each([
    ['llamero-search', 'Default: 20'],
    ['llamero-search', 'Default: 1'],
    ['llamero-info', 'Also called llamero show'],
    ['llamero-list', 'Also called llamero ls'],
    ['llamero-run', 'Also called llamero chat'],
    ['llamero-rm', 'Also called llamero remove, llamero delete'],
    ['llamero-completion', 'One of: bash, zsh, fish, powershell'],
  ])('%s says «%s»', (name, part) => {
    expect(pageOf(name)).toContain(part);
  });

  test.each([
    ['llamero-config', 'Show and change the settings', 'llamero-config-get(1)'],
    ['llamero-engine', 'Show and choose the builds of llama.cpp', 'llamero-engine-use(1)'],
    ['llamero-tag', 'Give models tags', 'llamero-tag-add(1)'],
  ])('%s leads to its commands', (name, summary, page) => {
    expect(pageOf(name)).toContain(summary);
    expect(pageOf(name)).toContain(page);
  });

  test('refers to pages that exist alone', () => {
    for (const name of man.keys()) {
      for (const [, other = ''] of pageOf(name.slice(0, -2)).matchAll(/(llamero[a-z-]*)\(1\)/gu)) {
        expect(man.has(`${other}.1`), `${name}: ${other}`).toBe(true);
      }
    }
  });
});

describe('the page of a command', () => {
  test.each([
    ['completion', '`bash`, `zsh`, `fish`, `powershell`'],
    ['pull', '../schema/pull-event.json'],
    ['run', '../schema/run-event.json'],
  ])('%s has %s', (name, part) => {
    expect(docs.get(`docs/commands/${name}.md`)).toContain(part);
  });
});
