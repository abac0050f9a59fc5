import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type LocalServer, startLocalServer } from '../support/local-server.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../../install.sh');
const NAME = `llamero-1.2.3-${process.platform}-${process.arch}`;
const ARCHIVE = `${NAME}.tar.gz`;

let folder: string;
let server: LocalServer;
/** What the server has, by path. */
let files: Map<string, Buffer | string>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-install-'));
  files = new Map();
  server = await startLocalServer((request, response) => {
    const body = files.get(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** An archive as a release has it, around a program that says what it is. */
async function makeArchive(program: string): Promise<Buffer> {
  const release = path.join(folder, 'release', NAME);
  await mkdir(release, { recursive: true });
  await writeFile(path.join(release, 'llamero'), program);
  await chmod(path.join(release, 'llamero'), 0o755);
  const archive = path.join(folder, ARCHIVE);
  await execa('tar', ['-c', '-z', '-f', archive, '-C', path.dirname(release), NAME]);
  return readFile(archive);
}

async function publish(
  place: string,
  { program = '#!/bin/sh\necho llamero/1.2.3\n', sums = (line: string) => line } = {},
): Promise<void> {
  const archive = await makeArchive(program);
  const line = `${createHash('sha256').update(archive).digest('hex')}  ${ARCHIVE}\n`;
  files.set(`/releases/${place}/${ARCHIVE}`, archive);
  files.set(`/releases/${place}/SHA256SUMS`, sums(line));
}

async function install(env: Readonly<Record<string, string | undefined>> = {}) {
  const { exitCode, stderr, stdout } = await execa('sh', [SCRIPT], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: path.join(folder, 'home'),
      TMPDIR: folder,
      LLAMERO_DOWNLOADS: `${server.origin}/releases`,
      ...env,
    },
    extendEnv: false,
    cwd: folder,
    reject: false,
  });
  return { exitCode, stdout, stderr: stderr.replaceAll(folder, '<folder>') };
}

const installed = (): string => path.join(folder, 'home/.local/bin');

async function inBin(): Promise<string[]> {
  return readdir(installed()).catch(() => []);
}

describe.skipIf(process.platform === 'win32')('install.sh', () => {
  test('puts the latest release where a user may write', async () => {
    await publish('latest/download');
    const result = await install();
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toContain(
      'Installed llamero/1.2.3 to <folder>/home/.local/bin/llamero\nTo find it',
    );
    expect(await inBin()).toEqual(['llamero']);
    const { stdout } = await execa(path.join(installed(), 'llamero'), []);
    expect(stdout).toBe('llamero/1.2.3');
  });

  test('takes another release and another folder when it is told to', async () => {
    await publish('download/v1.2.3');
    const bin = path.join(folder, 'my bin');
    const { PATH = '' } = process.env;
    const result = await install({
      LLAMERO_VERSION: 'v1.2.3',
      LLAMERO_INSTALL_DIR: bin,
      PATH: `${bin}:${PATH}`,
    });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).not.toContain('To find it');
    expect(await readdir(bin)).toEqual(['llamero']);
  });

  test('replaces an older one', async () => {
    await mkdir(installed(), { recursive: true });
    await writeFile(path.join(installed(), 'llamero'), 'old');
    await publish('latest/download');
    expect((await install()).exitCode).toBe(0);
    expect(await readFile(path.join(installed(), 'llamero'), 'utf8')).toContain('llamero/1.2.3');
  });

  test('a folder in place of the program is named, and stays', async () => {
    await mkdir(path.join(installed(), 'llamero'), { recursive: true });
    await publish('latest/download');
    const result = await install();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('<folder>/home/.local/bin/llamero is a folder');
    expect(await inBin()).toEqual(['llamero']);
    expect(await readdir(path.join(installed(), 'llamero'))).toEqual([]);
  });

  test('tries the program where it will be: nothing may be run in some temporary folders', async () => {
    const program =
      '#!/bin/sh\ncase $0 in */home/.local/bin/*) echo llamero/1.2.3 ;; *) exit 126 ;; esac\n';
    await publish('latest/download', { program });
    expect(await install()).toMatchObject({ exitCode: 0 });
    expect(await inBin()).toEqual(['llamero']);
  });

  test('takes a folder from where it was started', async () => {
    await publish('latest/download');
    const result = await install({ LLAMERO_INSTALL_DIR: 'mine/bin' });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('export PATH="<folder>/mine/bin:$PATH"');
    expect(await readdir(path.join(folder, 'mine/bin'))).toEqual(['llamero']);
  });

  test('without HOME it asks for the folder', async () => {
    await publish('latest/download');
    const result = await install({ HOME: undefined });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe(
      'llamero was not installed: HOME is not set: set LLAMERO_INSTALL_DIR to the folder to install to',
    );
    const bin = path.join(folder, 'bin');
    expect(await install({ HOME: undefined, LLAMERO_INSTALL_DIR: bin })).toMatchObject({
      exitCode: 0,
    });
  });

  /** A folder of programs that stand in for those of the system. */
  async function standIns(programs: Readonly<Record<string, string>>): Promise<string> {
    const bin = path.join(folder, 'release', 'stand-ins');
    await mkdir(bin, { recursive: true });
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    return `${bin}:${process.env['PATH'] ?? ''}`;
  }

  test('without a folder for temporary files it says so', async () => {
    await publish('latest/download');
    const result = await install({ TMPDIR: path.join(folder, 'none') });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(
      'llamero was not installed: no temporary folder could be made in <folder>/none',
    );
  });

  test('a full disk is not called a folder that may not be written', async () => {
    await publish('latest/download');
    const full = 'echo "cp: No space left on device" >&2; exit 1';
    const result = await install({ PATH: await standIns({ cp: full }) });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('cp: No space left on device\n');
    expect(result.stderr).toContain(
      'llamero was not installed: <folder>/home/.local/bin could not be written',
    );
    expect(await inBin()).toEqual([]);
  });

  test.each(['mktemp', 'tar'])('without %s it says what it takes', async (missing) => {
    await publish('latest/download');
    const needed = 'sh uname sysctl ldd grep curl sha256sum shasum cut wc rm gzip mktemp tar'.split(
      ' ',
    );
    const bin = path.join(folder, 'release', 'few');
    await mkdir(bin, { recursive: true });
    for (const name of needed.filter((each) => each !== missing)) {
      const { exitCode, stdout } = await execa('sh', ['-c', `command -v ${name}`], {
        reject: false,
      });
      if (exitCode === 0) await symlink(stdout, path.join(bin, name));
    }
    const result = await install({ PATH: bin });
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: `llamero was not installed: it takes ${missing}`,
    });
  });

  const wrong = `${'0'.repeat(64)}  ${ARCHIVE}\n`;
  test.each([
    ['a wrong digest', { sums: () => wrong }, 'is damaged or was tampered with'],
    ['no digest for this machine', { sums: () => 'x  y\n' }, 'has no executable for'],
    [
      'two digests for it',
      { sums: (line: string) => line + wrong },
      'several executables for one machine',
    ],
    ['a program that does not run', { program: '#!/bin/sh\nexit 1\n' }, 'does not run'],
  ])('%s installs nothing and keeps what was there', async (_, release, said) => {
    await mkdir(installed(), { recursive: true });
    await writeFile(path.join(installed(), 'llamero'), 'old');
    await publish('latest/download', release);
    const result = await install();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('llamero was not installed: ');
    expect(result.stderr).toContain(said);
    expect(await inBin()).toEqual(['llamero']);
    expect(await readFile(path.join(installed(), 'llamero'), 'utf8')).toBe('old');
  });

  test('a release that is not there says which', async () => {
    const result = await install({ LLAMERO_VERSION: '9.9.9' });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(
      `${server.origin}/releases/download/v9.9.9/SHA256SUMS could not be fetched`,
    );
    expect(await inBin()).toEqual([]);
  });

  test('a copy that belongs to no release says so', async () => {
    const result = await install({ LLAMERO_DOWNLOADS: '' });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.stderr).toContain('this script belongs to no release');
  });

  test('half of it does nothing', async () => {
    const text = await readFile(SCRIPT, 'utf8');
    for (const part of [0.25, 0.5, 0.75, 0.95]) {
      const { exitCode } = await execa('sh', [], {
        input: text.slice(0, text.length * part),
        env: { HOME: path.join(folder, 'home') },
        reject: false,
      });
      expect(exitCode).toBeTypeOf('number');
    }
    expect(server.seen).toEqual([]);
    expect(await inBin()).toEqual([]);
  });

  test('leaves nothing behind in the folder for temporary files', async () => {
    await publish('latest/download', { sums: () => wrong });
    await install();
    const left = await readdir(folder);
    expect(left.filter((name) => ![ARCHIVE, 'release', 'home'].includes(name))).toEqual([]);
  });
});
