import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Manifest } from './docs/manifest.ts';
import { type Package, manPages } from './man/pages.ts';

const FOLDER = 'man';

/** Writes the manual pages, which npm installs where man finds them. Made anew by every build. */
export async function writeManPages(): Promise<void> {
  const [manifest, pjson] = await Promise.all(
    ['oclif.manifest.json', 'package.json'].map(async (file) => readFile(file, 'utf8')),
  );
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  const pages = manPages(
    JSON.parse(manifest ?? '') as Manifest,
    JSON.parse(pjson ?? '') as Package,
  );
  for (const [file, text] of pages) await writeFile(path.join(FOLDER, file), text);
}
