import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { checkDisk } from '../../../src/lib/doctor/disk.ts';
import { checkHome } from '../../../src/lib/doctor/home.ts';
import type { Finding } from '../../../src/lib/doctor/types.ts';

const DOCTOR = path.resolve(import.meta.dirname, '../../../src/lib/doctor');
const NOBODY = 65_534;

/** Looks at a home and its disk in a process of its own, which may see other disks than this one. */
const PROGRAM = `
  import { checkDisk } from '${DOCTOR}/disk.ts';
  import { checkHome } from '${DOCTOR}/home.ts';
  const home = process.env.FOLDER;
  const { platform } = process;
  console.log(JSON.stringify({
    home: await checkHome({ home, folders: [home + '/models'], platform }),
    disk: await checkDisk({ folder: home, reserve: 0 }),
  }));
`;

interface Looks {
  readonly home: readonly Finding[];
  readonly disk: readonly Finding[];
}

async function lookElsewhere(
  words: readonly [string, ...string[]],
  options: { readonly uid?: number } = {},
): Promise<Looks> {
  const [file, ...rest] = words;
  const { stdout } = await execa(file, rest, {
    ...options,
    cwd: '/',
    env: { FOLDER: home, NODE: process.execPath, PROGRAM },
  });
  return JSON.parse(stdout) as Looks;
}

/** Where the home is the mount point of a file system in memory. */
async function lookOnDisk(mountOptions: string): Promise<Looks> {
  await mkdir(home);
  const script = `mount -t tmpfs -o ${mountOptions} tmpfs "$FOLDER" && exec "$NODE" --input-type=module -e "$PROGRAM"`;
  return lookElsewhere(['unshare', '-rm', 'sh', '-c', script]);
}

let folder: string;
let home: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-doctor-'));
  home = path.join(folder, 'home');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function look(platform: NodeJS.Platform = 'linux'): Promise<Finding[]> {
  return checkHome({ home, folders: [path.join(home, 'models')], platform });
}

describe('a home', () => {
  test('that can be written to is as it should be, and nothing is written', async () => {
    await mkdir(path.join(home, 'models'), { recursive: true });
    expect(await look()).toEqual([
      { id: 'home', severity: 'ok', message: `${home} can be written to` },
    ]);
    expect(await readdir(home)).toEqual(['models']);
  });

  test('that is not there yet can be made, and is not', async () => {
    expect(await look()).toMatchObject([
      { severity: 'ok', message: expect.stringMatching(/can be made/u) as string },
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is a file is told as such', async () => {
    await writeFile(home, '');
    expect(await look()).toMatchObject([
      { code: 'DISK_NOT_WRITABLE', message: `${home} is a file, and has to be a folder` },
    ]);
  });

  test('below a file names that file', async () => {
    await writeFile(path.join(folder, 'f'), '');
    home = path.join(folder, 'f/deep/home');
    expect(await look()).toMatchObject([
      { message: `${folder}/f is a file, and has to be a folder` },
    ]);
  });

  test.each(['home', 'models'])('of which %s is a link to nothing says so', async (part) => {
    if (part === 'models') await mkdir(home);
    await symlink(path.join(folder, 'gone'), part === 'home' ? home : path.join(home, part));
    expect(await look('win32')).toMatchObject([
      {
        severity: 'error',
        message: expect.stringMatching(/is a link to what is not there/u) as string,
        fix: '$env:LLAMERO_HOME = "<another folder>"',
      },
    ]);
  });
});

describe.runIf(process.platform === 'linux')('a home that may not be written to', () => {
  async function lookAsNobody(): Promise<readonly Finding[]> {
    await chmod(folder, 0o755);
    const who = process.getuid?.() === 0 ? { uid: NOBODY } : {};
    const words = [process.execPath, '--input-type=module', '-e', PROGRAM] as const;
    return (await lookElsewhere([...words], who)).home;
  }

  test('is made ours by a command', async () => {
    await mkdir(path.join(home, 'models'), { recursive: true });
    await chmod(home, 0o555);
    expect(await lookAsNobody()).toEqual([
      {
        id: 'home',
        severity: 'error',
        code: 'DISK_NOT_WRITABLE',
        message: `${home} may not be written to`,
        fix: `sudo chown -R "$(id -un)" ${home}`,
      },
    ]);
  });

  test('because of what lies above it is to be moved', async () => {
    await chmod(folder, 0o555);
    expect(await lookAsNobody()).toMatchObject([
      { message: `${folder} may not be written to`, fix: 'export LLAMERO_HOME=<another folder>' },
    ]);
  });

  test('because its disk can only be read is to be moved', async () => {
    expect((await lookOnDisk('ro')).home).toMatchObject([
      { message: `${home} lies on a disk that can only be read` },
    ]);
  });
});

describe('the disk of the models', () => {
  test('with room says how much', async () => {
    const [finding] = await checkDisk({ folder: home, reserve: 0 });
    expect(finding?.message).toContain(`free on the disk of ${home}`);
  });

  test('that a pull would have to leave alone is nearly full', async () => {
    expect(await checkDisk({ folder: home, reserve: 2 ** 60 })).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringMatching(
          /^The disk is nearly full: .* of which a pull leaves \d+ PB$/u,
        ) as string,
      },
    ]);
  });

  test.runIf(process.platform === 'linux')('that is full is an error', async () => {
    expect((await lookOnDisk('size=1m')).disk).toMatchObject([
      {
        severity: 'error',
        code: 'DISK_FULL',
        message: expect.stringMatching(/^The disk is full: 1\.05 MB free/u) as string,
      },
    ]);
  });
});
