import { readFile, writeFile } from 'node:fs/promises';

import { type Interfaces, Plugin } from '@oclif/core';

const FILE = 'oclif.manifest.json';

/** The table of all commands with what their help says, made from the sources. */
export async function makeManifest(): Promise<Interfaces.Manifest> {
  const pjson = JSON.parse(await readFile('package.json', 'utf8')) as Interfaces.PJSON;
  const plugin = new Plugin({
    root: process.cwd(),
    pjson,
    type: 'core',
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  const { commands, ...rest } = plugin.manifest;
  // They come in the order of the file system, which is another in every clone.
  const sorted = Object.entries(commands).sort(([one], [other]) => (one < other ? -1 : 1));
  return { ...rest, commands: Object.fromEntries(sorted) };
}

/** Writes the manifest beside package.json. */
export async function writeManifest(manifest: Interfaces.Manifest): Promise<void> {
  await writeFile(FILE, textOf(manifest));
}

/** Whether the manifest that is kept is the one that the sources make. */
export async function manifestIsCurrent(): Promise<boolean> {
  return (await readFile(FILE, 'utf8')) === textOf(await makeManifest());
}

function textOf(manifest: Interfaces.Manifest): string {
  return `${JSON.stringify(manifest, withoutPlaces, 2)}\n`;
}

/** Where the sources of the commands lie is of no use to a build. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'relativePath' || key === 'isESM' ? undefined : value;
}
