import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { commandPages } from './commands.ts';
import { exitCodePage } from './exit-codes.ts';
import type { Manifest } from './manifest.ts';
import { fillSections } from './markdown.ts';
import { makeSections } from './sections.ts';

/** All pages that are made from the code, wholly or in parts: text by path. */
export async function makeDocuments(
  root: string,
  manifest: Manifest,
): Promise<Map<string, string>> {
  const pages = commandPages(manifest);
  pages.set('docs/exit-codes.md', exitCodePage());
  const sections = makeSections();
  const names = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  for (const file of names.map((name) => `docs/${name}`)) {
    const page = await readFile(path.join(root, file), 'utf8');
    if (pages.has(file) || !page.includes('<!-- generated: ')) continue;
    pages.set(file, fillSections(page, sections));
  }
  return pages;
}
