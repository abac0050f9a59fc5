import { chmod, chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Environment } from '../../../src/lib/config/environment.ts';
import { checkDisk } from '../../../src/lib/doctor/disk.ts';
import { checkHome, isRefusedIn } from '../../../src/lib/doctor/home.ts';
import type { Finding } from '../../../src/lib/doctor/types.ts';
import { LlameroError } from '../../../src/lib/errors.ts';
import { readTextIfExists } from '../../../src/lib/files.ts';

const DOCTOR = path.resolve(import.meta.dirname, '../../../src/lib/doctor');
const NOBODY = 65_534;

/** Looks at a home and its disk in a process of its own, which may see other disks than this one. */
const PROGRAM = `
  import { checkDisk } from '${DOCTOR}/disk.ts';
  import { checkHome } from '${DOCTOR}/home.ts';
  const home = process.env.FOLDER;
  const { platform } = process;
  console.log(JSON.stringify({
    home: await checkHome({ home, isNamed: process.env.NAMED !== undefined, folders: [], models: home + '/models', platform }),
    disk: await checkDisk({ folder: home, reserve: 0 }).catch(() => []),
  }));
`;

interface Looks {
  readonly home: readonly Finding[];
  readonly disk: readonly Finding[];
}

async function lookElsewhere(
  words: readonly [string, ...string[]],
  { env, ...options }: { readonly env?: Environment; readonly uid?: number } = {},
): Promise<Looks> {
  const [file, ...rest] = words;
  const { stdout } = await execa(file, rest, {
    ...options,
    cwd: '/',
    env: { ...env, FOLDER: home, NODE: process.execPath, PROGRAM },
  });
  return JSON.parse(stdout) as Looks;
}

/** Where the home is the mount point of a file system in memory. */
async function lookOnDisk(mountOptions: string, env: Environment = {}): Promise<Looks> {
  await mkdir(home, { recursive: true });
  const script = `mount -t tmpfs -o ${mountOptions} tmpfs "$FOLDER" && exec "$NODE" --input-type=module -e "$PROGRAM"`;
  return lookElsewhere(['unshare', '-rm', 'sh', '-c', script], { env });
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

async function look(isNamed = false): Promise<Finding[]> {
  const models = path.join(home, 'models');
  const folders = [path.join(home, 'run')];
  return checkHome({ home, isNamed, folders, models, platform: 'linux' });
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
    expect(await look()).toEqual([
      {
        id: 'home',
        severity: 'error',
        code: 'DISK_NOT_WRITABLE',
        message: `${home} is a file, and has to be a folder; set LLAMERO_HOME to another folder`,
      },
    ]);
  });

  test('below a file names that file', async () => {
    await writeFile(path.join(folder, 'f'), '');
    home = path.join(folder, 'f/deep/home');
    expect(await look()).toMatchObject([
      { message: expect.stringContaining(`${folder}/f is a file`) as string },
    ]);
  });

  test.each(['home', 'models', 'run'])('of which %s is a link to nothing says so', async (part) => {
    if (part !== 'home') await mkdir(home);
    const link = part === 'home' ? home : path.join(home, part);
    await symlink(path.join(folder, 'gone'), link);
    expect(await look()).toEqual([
      {
        id: 'home',
        severity: 'error',
        code: 'DISK_NOT_WRITABLE',
        message: `${link} is a link to what is not there; mount the disk it is on, or set LLAMERO_HOME to another folder`,
      },
    ]);
  });

  const fix = 'unset LLAMERO_HOME';

  test('that LLAMERO_HOME names and is no folder is mended by unsetting that', async () => {
    await writeFile(home, '');
    expect(await look(true)).toMatchObject([{ code: 'DISK_NOT_WRITABLE', fix }]);
    await rm(home);
    await symlink(path.join(folder, 'gone'), home);
    expect(await look(true)).toMatchObject([{ code: 'DISK_NOT_WRITABLE', fix }]);
  });

  test('may have files and links among its models', async () => {
    await mkdir(path.join(home, 'models/a/b'), { recursive: true });
    await writeFile(path.join(home, 'models/a/.DS_Store'), '');
    await writeFile(path.join(home, 'models/README'), '');
    await symlink(path.join(folder, 'gone'), path.join(home, 'models/c'));
    expect(await look()).toMatchObject([{ severity: 'ok' }]);
  });
});

describe.runIf(process.platform === 'linux')('a home that may not be written to', () => {
  const isRoot = process.getuid?.() === 0;

  async function lookAsNobody(env: Environment = {}): Promise<readonly Finding[]> {
    await chmod(folder, 0o755);
    const options = isRoot ? { env, uid: NOBODY } : { env };
    const words = [process.execPath, '--input-type=module', '-e', PROGRAM] as const;
    return (await lookElsewhere([...words], options)).home;
  }

  async function ownedByNobody(...folders: readonly string[]): Promise<void> {
    if (isRoot) for (const one of folders) await chown(one, NOBODY, NOBODY);
  }

  const refused = (message: string, fix: string) => ({
    id: 'home',
    severity: 'error',
    code: 'DISK_NOT_WRITABLE',
    message,
    fix,
  });

  test.runIf(isRoot)('because it is somebody else’s is made ours by a command', async () => {
    await mkdir(path.join(home, 'models'), { recursive: true });
    await chmod(home, 0o555);
    expect(await lookAsNobody()).toEqual([
      refused(`${home} may not be written to`, `sudo chown -R "$(id -un)" ${home}`),
    ]);
  });

  test.each([
    [0o555, 'written to'],
    [0o333, 'read'],
    [0o666, 'entered'],
    [0o000, 'entered'],
  ])('because of its own mode %o is given a better one', async (mode, what) => {
    await mkdir(path.join(home, 'models'), { recursive: true });
    await ownedByNobody(home, path.join(home, 'models'));
    await chmod(home, mode);
    expect(await lookAsNobody()).toEqual([
      refused(`${home} may not be ${what}`, `chmod -R u+rwX ${home}`),
    ]);
    await chmod(home, 0o755);
  });

  test.each(['models/a', 'models/a/b', 'models/a/b/Q4_K_M'])(
    'in one folder, %s, is told of that folder',
    async (part) => {
      const places = ['', 'models', 'models/a', 'models/a/b', 'models/a/b/Q4_K_M'];
      await mkdir(path.join(home, 'models/a/b/Q4_K_M'), { recursive: true });
      await ownedByNobody(...places.map((place) => path.join(home, place)));
      const place = path.join(home, part);
      await chmod(place, 0o555);
      expect(await lookAsNobody()).toEqual([
        refused(`${place} may not be written to`, `chmod -R u+rwX ${place}`),
      ]);
    },
  );

  test.runIf(isRoot)('behind a link out of it is not taken over', async () => {
    const other = path.join(folder, 'other');
    await mkdir(home);
    await mkdir(other);
    await symlink(other, path.join(home, 'models'));
    await ownedByNobody(home);
    const [finding] = await lookAsNobody();
    expect(finding?.message).toMatch(/models may not be written to; set LLAMERO_HOME to another/u);
    expect(finding).not.toHaveProperty('fix');
  });

  test.each([
    [0o555, 'written to'],
    [0o666, 'entered'],
  ])('because of what lies above it, of mode %o, is to be moved', async (mode, what) => {
    const above = path.join(folder, 'above');
    home = path.join(above, 'home');
    await mkdir(above);
    await chmod(above, mode);
    const [finding] = await lookAsNobody();
    expect(finding?.message).toBe(
      `${above} may not be ${what}; set LLAMERO_HOME to another folder`,
    );
    expect(finding).not.toHaveProperty('fix');
  });

  test('because its disk can only be read is to be moved', async () => {
    const message = `${home} lies on a disk that can only be read; set LLAMERO_HOME to another folder`;
    expect((await lookOnDisk('ro')).home).toEqual([
      { id: 'home', severity: 'error', code: 'DISK_NOT_WRITABLE', message },
    ]);
    expect((await lookOnDisk('ro', { NAMED: '1' })).home).toMatchObject([
      { message, fix: 'unset LLAMERO_HOME' },
    ]);
  });

  test('though it was named and is ours has its mode mended all the same', async () => {
    await mkdir(home);
    await ownedByNobody(home);
    await chmod(home, 0o555);
    expect(await lookAsNobody({ NAMED: '1' })).toMatchObject([{ fix: `chmod -R u+rwX ${home}` }]);
    await chmod(home, 0o755);
  });

  test('because of what lies above the one that was named is left', async () => {
    const above = path.join(folder, 'above');
    home = path.join(above, 'home');
    await mkdir(above, { mode: 0o555 });
    expect(await lookAsNobody({ NAMED: '1' })).toMatchObject([{ fix: 'unset LLAMERO_HOME' }]);
  });
});

async function failureOf(file: string): Promise<unknown> {
  return readTextIfExists(file).catch((error: unknown) => error);
}

test('a failure is one of the home where it is of a path in it', async () => {
  await writeFile(home, '');
  const inside = await failureOf(path.join(home, 'run/server.json'));
  const told = new LlameroError('CONFIG_DAMAGED', 'No use', { cause: inside });
  const history = new LlameroError('DISK_NOT_WRITABLE', 'The history could not be used');
  expect([inside, told, history].every((error) => isRefusedIn(home, error))).toBe(true);
  const elsewhere = await failureOf(folder);
  const own = new LlameroError('CONFIG_INVALID', 'No port');
  expect([elsewhere, own, 'x'].some((error) => isRefusedIn(home, error))).toBe(false);
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
        fix: 'llamero list --sort size',
      },
    ]);
  });

  test.runIf(process.platform === 'linux')('that is full is an error', async () => {
    expect((await lookOnDisk('size=1m')).disk).toMatchObject([
      {
        severity: 'error',
        code: 'DISK_FULL',
        message: expect.stringMatching(/^The disk is full: 1\.05 MB free/u) as string,
        fix: 'llamero list --sort size',
      },
    ]);
  });
});
