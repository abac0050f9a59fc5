/**
 * Runs a program until a file of a certain size lies somewhere below a folder, and ends it then.
 *
 *   node bench/until-file.ts <folder> <bytes> <program> [argument…]
 */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, bytes, program, ...words] = process.argv.slice(2);
if (folder === undefined || program === undefined) throw new Error('usage: until-file.ts …');
const child = spawn(program, words, { stdio: 'ignore' });
// The unfinished file has the name of the whole one with a suffix.
while (child.exitCode === null && !(await isThere(folder))) await sleep(20);
child.kill('SIGKILL');

async function isThere(place: string): Promise<boolean> {
  const names = await readdir(place, { recursive: true });
  for (const name of names) {
    if (name.endsWith('.downloadInProgress')) continue;
    const figures = await stat(path.join(place, name)).catch(() => undefined);
    if (figures?.isFile() === true && figures.size === Number(bytes)) return true;
  }
  return false;
}
