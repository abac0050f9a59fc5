import { lstat, open, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import { buildNumber } from '../engine/probe.ts';

// common/build-info.cpp.in keeps the number as an int among the data of the library that all programs
// share, and of those programs that are linked with it on their own.
const HOLDERS = /^(?:llama(?:-.+)?|libllama-common\..+)$/u;

/**
 * Makes every program in a folder say another build number: the four bytes that hold it are changed.
 *
 * @throws Error when llama-server does not say the new number afterwards
 */
export async function changeBuild(folder: string, from: number, to: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (HOLDERS.test(name) && (await lstat(file)).isFile()) await changeIn(file, from, to);
  }
  const said = await buildOf(folder);
  if (said !== to) {
    throw new Error(`llama-server was changed from build ${from} to ${to}, but says ${said}`);
  }
}

/** The build number that the llama-server in a folder says. */
export async function buildOf(folder: string): Promise<number | undefined> {
  const { all } = await execa(path.join(folder, 'llama-server'), ['--version'], {
    all: true,
    cwd: folder,
  });
  return buildNumber(all);
}

async function changeIn(file: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(file);
  const number = Buffer.alloc(4);
  number.writeInt32LE(from);
  const found: number[] = [];
  for (let at = bytes.indexOf(number); at !== -1; at = bytes.indexOf(number, at + 1)) {
    if (at % 4 === 0) found.push(at);
  }
  const [only, ...others] = found;
  if (only === undefined) return;
  if (others.length > 0) {
    throw new Error(`${path.basename(file)} holds ${from} in ${found.length} places, not in one`);
  }
  number.writeInt32LE(to);
  const handle = await open(file, 'r+');
  try {
    await handle.write(number, 0, number.length, only);
  } finally {
    await handle.close();
  }
}
