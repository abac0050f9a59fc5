import { readFile, writeFile } from 'node:fs/promises';

import { Plugin } from '@oclif/core';

const FILE = 'oclif.manifest.json';

/** The table of all commands as oclif reads it at start-up, made from the build. */
async function makeManifest(): Promise<string> {
  const plugin = new Plugin({
    root: process.cwd(),
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  return `${JSON.stringify(plugin.manifest, undefined, 2)}\n`;
}

/** Writes the manifest beside package.json. */
export async function writeManifest(): Promise<void> {
  await writeFile(FILE, await makeManifest());
}

/** Whether the manifest that is kept is the one that the build makes. */
export async function manifestIsCurrent(): Promise<boolean> {
  return (await readFile(FILE, 'utf8')) === (await makeManifest());
}
