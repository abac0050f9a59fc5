import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Interfaces } from '@oclif/core';

import { bundle } from './bundle.ts';
import { makeNotices } from './notices.ts';

const FOLDER = 'dist';
const UNFINISHED = '.cache/dist';

/**
 * Makes all that the package ships but bin/ and the manifest. The old build stays until the new one
 * is whole.
 */
export async function makeDist(manifest: Interfaces.Manifest): Promise<void> {
  const { output } = await bundle(FOLDER, manifest);
  await rm(UNFINISHED, { recursive: true, force: true });
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const file = path.join(UNFINISHED, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  for (const file of output) {
    await write(file.fileName, file.type === 'chunk' ? file.code : file.source);
  }
  const chunks = output.filter((file) => file.type === 'chunk');
  await write('THIRD-PARTY.txt', makeNotices(chunks.flatMap(({ moduleIds }) => moduleIds)));
  await rm(FOLDER, { recursive: true, force: true });
  await rename(UNFINISHED, FOLDER);
}
