import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { withLock } from '../../../src/lib/lock.ts';
import { folderNames } from '../engine/folder-names.ts';

const PROJECT_ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The shells that a machine may lack, as Debian and Ubuntu pack them, with what they alone need. */
const PACKAGES = ['zsh', 'zsh-common', 'fish', 'fish-common', 'libpcre2-32-0'];

/**
 * The folder with the unpacked packages of zsh and fish, fetched into the cache where it is not there
 * yet, from the mirrors that the machine's own apt uses. Nothing is installed and root is not
 * needed.
 *
 * @throws Error when apt does not give them
 */
export async function shellPackages(): Promise<string> {
  const cache = path.join(
    process.env['LLAMERO_TEST_CACHE'] || path.join(PROJECT_ROOT, '.cache'),
    'shells',
  );
  const root = path.join(cache, 'root');
  return withLock(
    path.join(cache, 'shells.lock'),
    { purpose: 'fetching the shells of the tests', waitSeconds: 300 },
    async () => {
      if ((await folderNames(root)).length === 0) await fetchInto(cache, root);
      return root;
    },
  );
}

async function fetchInto(cache: string, root: string): Promise<void> {
  const work = await mkdtemp(path.join(cache, 'unfinished-'));
  try {
    const lists = path.join(work, 'lists');
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    // The machine's own lists may be old or, in a container, not there.
    const options = ['-q', '-o', `Dir::State::lists=${lists}`, '-o', 'APT::Sandbox::User=root'];
    const apt = (...words: string[]) =>
      execa('apt-get', [...options, '-o', `Dir::Cache=${work}`, ...words], {
        cwd: work,
        stdin: 'ignore',
        env: { LC_ALL: 'C' },
      });
    await apt('update');
    await apt('download', ...PACKAGES);
    const unpacked = path.join(work, 'root');
    for (const name of await readdir(work)) {
      if (name.endsWith('.deb')) await execa('dpkg', ['-x', path.join(work, name), unpacked]);
    }
    // fish looks for its settings beside its program, if it is not where it was built to be.
    await symlink('../etc', path.join(unpacked, 'usr', 'etc'));
    await rename(unpacked, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
