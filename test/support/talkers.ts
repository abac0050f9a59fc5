import { readFile, readdir } from 'node:fs/promises';

import type { CliHome } from './cli.ts';

/**
 * Sends a signal to the programs of a home that talk, and not to its server; answers how many there
 * are.
 *
 * @param signal 0 to count them only
 */
export async function signalTalkers(
  home: Pick<CliHome, 'folder'>,
  signal: NodeJS.Signals | 0,
): Promise<number> {
  let signalled = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const [words, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) =>
        readFile(`/proc/${name}/${file}`, 'utf8').catch(() => ''),
      ),
    );
    const talks = words?.startsWith(`${process.execPath}\0`) === true && words.includes('run.js\0');
    if (!talks || environment?.includes(home.folder) !== true) continue;
    process.kill(Number(name), signal);
    signalled += 1;
  }
  return signalled;
}
