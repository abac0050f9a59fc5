import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

import { makeDocuments } from './docs/documents.ts';
import type { Manifest } from './docs/manifest.ts';
import { makeSchemas } from './schema/documents.ts';

/** Folders in which nothing but what is made here may lie. */
const FOLDERS = ['docs/schema', 'docs/commands'];

/**
 * Everything that is made from the sources and kept in the repository beside the manifest: the JSON
 * Schemas and the parts of the documentation that say what the code says. Text by path.
 */
async function makeGenerated(): Promise<Map<string, string>> {
  const root = process.cwd();
  const manifest = JSON.parse(await readFile('oclif.manifest.json', 'utf8')) as Manifest;
  const files = await makeDocuments(root, manifest);
  for (const [name, schema] of makeSchemas(root, Object.values(manifest.commands))) {
    files.set(`docs/schema/${name}.json`, JSON.stringify(schema));
  }
  const settings = await resolveConfig('docs/README.md');
  for (const [file, text] of files) {
    files.set(file, await format(text, { ...settings, filepath: file }));
  }
  return files;
}

/** Writes what has changed, and removes what is made no longer. */
export async function writeGenerated(): Promise<void> {
  const files = await makeGenerated();
  for (const file of await stale(files)) {
    const text = files.get(file);
    if (text === undefined) {
      await rm(file);
    } else {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
}

/** The files that are not as they would be made now; none when all is current. */
export async function staleFiles(): Promise<string[]> {
  return stale(await makeGenerated());
}

async function stale(files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [file, text] of files) if ((await textOf(file)) !== text) stale.push(file);
  for (const folder of FOLDERS) {
    const names = await readdir(folder).catch(() => []);
    stale.push(...names.map((name) => `${folder}/${name}`).filter((file) => !files.has(file)));
  }
  return stale;
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
