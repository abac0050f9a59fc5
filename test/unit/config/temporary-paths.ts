import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import { type Paths, resolvePaths } from '../../../src/lib/config/paths.ts';

/** Paths in a temporary folder, which is removed after the test; with a text, the file is there. */
export async function temporaryPaths(configText?: string | Uint8Array): Promise<Paths> {
  const folder = await mkdtemp(path.join(tmpdir(), 'llamero-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = resolvePaths({ LLAMERO_HOME: folder }, path.join(folder, 'user'));
  if (configText !== undefined) await writeFile(paths.configFile, configText);
  return paths;
}
