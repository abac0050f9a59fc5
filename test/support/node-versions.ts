import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

const CACHE = path.resolve(import.meta.dirname, '../../.cache/node');

/** A Node.js of another version, or why there is none. */
export type OtherNode = { readonly executable: string } | { readonly missing: string };

/**
 * Fetches the newest Node.js of a major version with npm, as the user has set npm up; kept in .cache.
 * Its package for the platform is taken by itself, because it runs nothing when it is installed.
 */
export async function otherNode(major: number): Promise<OtherNode> {
  const { arch, platform } = process;
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const folder = path.join(CACHE, `${major}`);
  const executable = path.join(
    folder,
    'node_modules',
    name,
    'bin',
    platform === 'win32' ? 'node.exe' : 'node',
  );
  if (await exists(executable)) return { executable };
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(path.join(CACHE, 'unfinished-'));
  try {
    const words = ['install', '--no-save', '--no-package-lock', '--ignore-scripts'];
    const { exitCode, stderr } = await execa(
      'npm',
      [...words, '--prefix', unfinished, `${name}@${major}`],
      { cwd: unfinished, reject: false },
    );
    if (exitCode !== 0) return { missing: `npm could not fetch ${name}@${major}: ${stderr}` };
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    return { executable };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
