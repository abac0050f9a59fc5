import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create();
  const folder = home.path('models/user/repo');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'Q4_K_M.gguf'), 'GGUF');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** Runs a command whose result goes into a file. */
function runInto(file: string, words: readonly string[]) {
  const stdout = openSync(file, 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
      env: home.env,
      cwd: home.folder,
      stdio: ['ignore', stdout, 'pipe'],
      encoding: 'utf8',
    });
    return { status, stderr };
  } finally {
    closeSync(stdout);
  }
}

const FULL = 'error: The disk is full: the output could not be written\n';

describe.skipIf(process.platform !== 'linux')('a result that cannot be written', () => {
  test.each([
    [['--version']],
    [['--help']],
    [['list']],
    [['list', '--json']],
    [['list', '--sort', 'name']],
    [['list', '--help']],
    [['ps', '--json']],
    [['config', 'list']],
    [['config', 'list', '--json']],
    [['help', 'environment']],
    [['completion', 'bash']],
    [['verify', '-q']],
    [['pull', '--json']],
  ])('%j says so and ends in 7', (words) => {
    const { status, stderr } = runInto('/dev/full', words);
    expect(stderr).toContain(FULL);
    expect(stderr).not.toMatch(/\n\s+at /u);
    expect(status).toBe(7);
  });

  test('a failure of the command that cannot be told as JSON either', () => {
    const { status, stderr } = runInto('/dev/full', ['list', '--filter', 'size>x', '--json']);
    expect(stderr).toContain(FULL);
    expect(status).toBe(7);
  });

  test('when stderr takes nothing either, the exit code tells', () => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [PROGRAM, 'list'], {
      env: home.env,
      stdio: ['ignore', full, full],
    });
    closeSync(full);
    expect(status).toBe(7);
  });
});

describe('a file takes the whole of it', () => {
  test.each([[['config', 'list', '--json']], [['help', 'environment']], [['list']]])(
    '%j',
    (words) => {
      const file = path.join(home.folder, 'out');
      expect(runInto(file, words).status).toBe(0);
      const { stdout } = spawnSync(process.execPath, [PROGRAM, ...words], {
        env: home.env,
        cwd: home.folder,
        encoding: 'utf8',
      });
      expect(readFileSync(file, 'utf8')).toBe(stdout);
    },
  );
});

describe('--json', () => {
  test.each([
    [['list', 'extra', '--json'], '`llamero list` takes no «extra»'],
    [['bogus', '--json'], 'There is no command «bogus»'],
    [['config', 'bogus', '--json'], 'There is no command «config bogus»'],
  ])('%j of no command is a document', async (words, message) => {
    const { exitCode, stderr, stdout } = await home.run(words);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', exitCode: 2 } });
    expect((JSON.parse(stdout) as { error: { message: string } }).error.message).toContain(message);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
  });

  test('behind -- it is an argument', async () => {
    const { stdout } = await home.run(['bogus', '--', '--json']);
    expect(stdout).toBe('');
  });

  test.each([[['config']], [['tag']], [['engine']]])(
    'of the topic %j is its help',
    async (words) => {
      const { exitCode, stdout } = await home.run([...words, '--json']);
      expect(stdout).toBe((await home.run(['help', ...words, '--json'])).stdout);
      expect(exitCode).toBe(0);
    },
  );

  test.each([
    [['pull', '--json']],
    [['pull', '../x', '--json']],
    [['pull', '--nonsense', '--json']],
  ])('an error of %j is one line', async (words) => {
    const { stdout } = await home.run(words);
    expect(JSON.parse(stdout)).toHaveProperty('error');
    expect(stdout.match(/\n/gu)).toHaveLength(1);
  });
});
