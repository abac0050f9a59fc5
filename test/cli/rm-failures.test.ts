import { chmod, chown, link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
/** `nobody` on Linux. */
const NOBODY = 65_534;

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create();
  await put('a/first/Q8_0.gguf', 10_000);
  await put('b/second/Q8_0.gguf', 20_000);
  await put('c/third/Q8_0.gguf', 30_000);
  await home.run(['alias', 'set', 'one', 'a/first']);
  await home.run(['alias', 'set', 'two', 'b/second']);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function put(name: string, size: number): Promise<string> {
  const file = home.path('models', ...name.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.alloc(size));
  return file;
}

/** Holds a file of the store as a process that pulls it would. */
async function hold(name: string): Promise<void> {
  const owner = { pid: process.pid, host: hostname(), token: 'x', purpose: 'pulling something' };
  await writeFile(home.path('models', `${name}.lock`), JSON.stringify(owner));
}

describe('a model that another process pulls', () => {
  beforeEach(() => hold('b/second/Q8_0.gguf'));

  test('stops no other, and what went is said before', async () => {
    const { exitCode, stderr, stdout } = await home.run(['rm', '-y', '*/*']);
    expect(exitCode).toBe(11);
    expect(stdout).toBe('Removed a/first:Q8_0\nRemoved c/third:Q8_0\n');
    expect(stderr).toBe(
      `The alias one of a/first:Q8_0 is gone too
Freed 40.0 kB
error: Another llamero (process ${process.pid}) is pulling something
hint: Wait until it has finished, then run the command again
`,
    );
    expect((await home.run(['alias', '-q'])).stdout).toBe('two\n');
  });

  test('is in the document beside what went', async () => {
    const { exitCode, stdout } = await home.run(['rm', '-y', '--json', 'a/first', 'b/second']);
    expect(exitCode).toBe(11);
    expect(JSON.parse(stdout)).toMatchObject({
      removed: [{ ref: 'a/first:Q8_0', size: 10_000 }],
      failed: [{ ref: 'b/second:Q8_0', error: { code: 'BUSY', exitCode: 11 } }],
      freed: 10_000,
      aliases: ['one'],
    });
  });

  test('is the failure of the command where it was named alone', async () => {
    const { exitCode, stdout } = await home.run(['rm', '-y', '--json', 'b/second']);
    expect(exitCode).toBe(11);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'BUSY' } });
    expect((await home.run(['rm', '-y', 'b/second'])).stderr).not.toContain('Freed');
  });

  test('is told by prune too', async () => {
    await put('d/half/Q8_0.gguf.partial', 5000);
    await put('e/half/Q8_0.gguf.partial', 5000);
    await hold('d/half/Q8_0.gguf');
    const { exitCode, stdout } = await home.run(['prune', '--partials', '-y', '--json']);
    expect(exitCode).toBe(11);
    expect(JSON.parse(stdout)).toMatchObject({
      partials: ['e/half:Q8_0'],
      failed: [{ ref: 'd/half:Q8_0', error: { code: 'BUSY' } }],
      freed: 5000,
    });
  });
});

describe('a file that may not be removed', () => {
  // Only root can make a file of somebody else.
  test.runIf(process.getuid?.() === 0)('is an error of the disk', async () => {
    const folder = home.path('models', 'b', 'second');
    await chmod(home.folder, 0o755);
    await chmod(folder, 0o1777);
    await chown(home.path('models', 'c', 'third'), NOBODY, NOBODY);
    const words = ['rm', '-y', '--force', 'b/second', 'c/third'];
    const { exitCode, stderr, stdout } = await execa(process.execPath, [PROGRAM, ...words], {
      env: home.env,
      extendEnv: false,
      uid: NOBODY,
      gid: NOBODY,
      reject: false,
    });
    expect(stderr).toContain(`error: ${path.join(folder, 'Q8_0.gguf')} may not be written`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: 'Removed c/third:Q8_0' });
  });

  test('because something else holds it, is busy', async () => {
    const file = home.path('models', 'b', 'second', 'Q8_0.gguf');
    const script = `mount --bind "${file}" "${file}" || exit 99; exec "${process.execPath}" "${PROGRAM}" rm -y b/second`;
    const { exitCode, stderr } = await execa('unshare', ['-rm', 'sh', '-c', script], {
      env: home.env,
      extendEnv: false,
      reject: false,
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 11,
      stderr: `error: ${file} is in use\nhint: Close the program that uses it, then run the command again`,
    });
  });
});

test('what has a name elsewhere frees nothing, and that is said, beforehand too', async () => {
  await link(home.path('models', 'a', 'first', 'Q8_0.gguf'), home.path('elsewhere'));
  await mkdir(home.path('models', 'd', 'linked'), { recursive: true });
  await symlink(home.path('elsewhere'), home.path('models', 'd', 'linked', 'Q8_0.gguf'));
  const words = ['rm', 'a/first', 'c/third', 'd/linked'];
  const why = '20.0 kB stay on the disk: those files have other names elsewhere\n';
  const dry = await home.run([...words, '--dry-run']);
  expect(dry.stderr).toBe(`with the alias one of a/first:Q8_0\nIn all 3 models, 50.0 kB\n${why}`);
  const document = await home.run([...words, '--dry-run', '--json']);
  expect(JSON.parse(document.stdout)).toMatchObject({ freed: 30_000 });
  expect((await home.run([...words, '-y'])).stderr).toBe(
    `The alias one of a/first:Q8_0 is gone too\nFreed 30.0 kB\n${why}`,
  );
  expect(await readdir(home.path())).toContain('elsewhere');
});

test.each([[[]], [['--yes']], [['--json']]])(
  'a part of a name is told whole where nobody can confirm it: %j',
  async (flags) => {
    const { exitCode, stderr, stdout } = await home.run(['rm', 'second', ...flags]);
    expect(exitCode).toBe(3);
    expect(stderr + stdout).toContain('b/second');
    const hinted = await home.run(['rm', '--yes', 'b/second']);
    expect(hinted.stdout).toBe('Removed b/second:Q8_0\n');
  },
);
