import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

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

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  let writer: number;
  let reader: number;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    // More than a pipe takes at once: half a megabyte.
    for (let index = 1000; index < 3000; index += 1) {
      const name = `${'x'.repeat(200)}-${index}.gguf`;
      await writeFile(home.path('models/user/repo', name), 'GGUF');
    }
    const fifo = home.path('pipe');
    execFileSync('mkfifo', [fifo]);
    writer = openSync(fifo, constants.O_RDWR);
    reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    closeSync(reader);
  });

  function list(...words: readonly string[]): { child: ChildProcess; ended: Promise<unknown[]> } {
    const child = spawn(process.execPath, [PROGRAM, 'list', ...words], {
      env: home.env,
      stdio: ['ignore', writer, 'pipe'],
    });
    children.push(child);
    return { child, ended: once(child, 'exit') };
  }

  /** What can be read now; nothing where the other side has not written yet. */
  function read(): string {
    const chunk = Buffer.alloc(16_384);
    try {
      return chunk.toString('latin1', 0, readSync(reader, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
      throw error;
    }
  }

  async function readSomething(): Promise<string> {
    for (;;) {
      const text = read();
      if (text !== '') return text;
      await setTimeout(5);
    }
  }

  test('that does not wait for its reader gets all of it', async () => {
    const { child, ended } = list('-q');
    await once(child, 'spawn');
    // Opened as a stream of this process, which makes the pipe one that does not wait.
    const stream = new Socket({ fd: writer, readable: false });
    let text = await readSomething();
    await setTimeout(300);
    while (child.exitCode === null) {
      text += read();
      await setTimeout(1);
    }
    text += read();
    expect(await ended).toEqual([0, null]);
    expect(text.split('\n')).toHaveLength(2002);
    stream.destroy();
  });

  test('whose reader takes its time does not keep a signal waiting', async () => {
    const { child, ended } = list();
    await readSomething();
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    closeSync(writer);
  });

  test.each([[['--json']], [['--tree']]])('nor does one signal wait with %j', async (flags) => {
    const child = spawn(process.execPath, [PROGRAM, 'list', ...flags], {
      env: home.env,
      stdio: ['ignore', writer, 'ignore'],
    });
    children.push(child);
    const ended = once(child, 'exit');
    await readSomething();
    await setTimeout(200);
    child.kill('SIGTERM');
    expect(await ended).toEqual([143, null]);
    closeSync(writer);
  });

  test('whose reader has left takes no more, which is no failure', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'list'], { env: home.env });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    closeSync(writer);
  });
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
