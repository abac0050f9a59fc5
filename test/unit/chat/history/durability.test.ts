import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

import { openHistory } from '../../../../src/lib/chat/history/history.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import { caught } from '../../../support/caught.ts';
import { emptyHistory, historyFile, talk } from './place.ts';
import type { WriterTask } from './writer-program.ts';

const PROGRAM = path.join(import.meta.dirname, 'writer-program.ts');

function start(task: WriterTask) {
  return spawn(process.execPath, [PROGRAM, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The texts of all conversations whose texts begin with a name. */
async function textsOf(file: string, name: string): Promise<string[]> {
  using history = await openHistory({ file, readOnly: true });
  return history
    .list()
    .flatMap(({ id }) => history.read(id).messages)
    .map(({ content }) => content.trim())
    .filter((content) => content.startsWith(name));
}

describe('a process that is killed', { timeout: 60_000 }, () => {
  test('loses no message that it was told is kept', async () => {
    const file = await historyFile();
    for (let round = 0; round < 8; round += 1) {
      const child = start({ file, name: `round-${round}`, messages: 1_000_000, size: 3_000 });
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.split('\n').length > 2 + round * 3) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const told = output.split('\n').slice(0, -1);
      expect(told.length).toBeGreaterThan(1);
      const texts = (await textsOf(file, `round-${round}`)).map((text) =>
        text.split(' ', 2).join(' '),
      );
      expect(texts.slice(0, told.length)).toEqual(
        told.map((_, index) => `round-${round} ${index}`),
      );
      // One more may have been kept than it had the time to tell of; the rest of its pipe is short.
      expect(new Set(texts).size).toBe(texts.length);
    }
    using history = await openHistory({ file });
    expect(history.count()).toBe(8);
    expect(history.search('round-7')).toHaveLength(1);
  });
});

describe('two processes', { timeout: 60_000 }, () => {
  test('that talk at once, from the first moment on, keep all of both', async () => {
    const file = await historyFile();
    const names = ['anna', 'ben', 'cora', 'dirk'];
    const children = names.map((name) => start({ file, name, messages: 60 }));
    const outputs = children.map(async (child) => {
      let output = '';
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));
      await once(child, 'close');
      return output;
    });
    for (const output of await Promise.all(outputs)) {
      expect(output.trimEnd().split('\n')).toHaveLength(60);
      expect(output).not.toContain(':');
    }
    for (const name of names) {
      const expected = Array.from({ length: 60 }, (_, number) => `${name} ${number}`);
      expect(await textsOf(file, name)).toEqual(expected);
    }
  });

  test('wait for one another, and say who is in the way when it takes too long', async () => {
    const { file, history } = await emptyHistory();
    talk(history, 'm', 'one');
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const error = await caught(Promise.resolve().then(() => talk(history, 'm', 'two')));
    expect(error).toMatchObject({ code: 'BUSY', message: `Another program holds ${file}` });
    other.exec('ROLLBACK');
    other.close();
    talk(history, 'm', 'three');
    expect(history.count()).toBe(2);
  });
});

describe.runIf(process.platform === 'linux')('a disk', { timeout: 60_000 }, () => {
  /** Runs a script in which the folder of the history is a small file system of its own. */
  async function onSmallDisk(script: string): Promise<string> {
    const file = await historyFile();
    const folder = path.dirname(file);
    await mkdir(folder);
    const mount = 'mount -t tmpfs -o size=2m tmpfs "$FOLDER" || exit 99';
    const task = JSON.stringify({ file, name: 'anna', messages: 2_000, size: 4_000 });
    const { stdout } = await execa('unshare', ['-rm', 'sh', '-c', `${mount}\n${script}`], {
      env: { NODE: process.execPath, PROGRAM, TASK: task, FOLDER: folder },
    });
    return stdout.replaceAll(folder, '<folder>');
  }

  test('that fills up is told for the message that did not fit; the others stay', async () => {
    const output = await onSmallDisk(
      `"$NODE" "$PROGRAM" "$TASK"
       "$NODE" -e '
         const { DatabaseSync } = require("node:sqlite");
         const database = new DatabaseSync(process.env.FOLDER + "/history.db");
         const [row] = database.prepare("SELECT count(*) AS kept FROM message").all();
         console.log("kept", row.kept, database.prepare("PRAGMA integrity_check").get().integrity_check);'`,
    );
    const lines = output.split('\n');
    const told = lines.filter((line) => /^\S{8} \d+$/u.test(line)).length;
    expect(told).toBeGreaterThan(10);
    expect(lines).toContain(
      'DISK_FULL: The disk is full: <folder>/history.db could not be written',
    );
    expect(lines).toContain(`kept ${told} ok`);
  });

  test('that is full from the start is told', async () => {
    const output = await onSmallDisk(
      'dd if=/dev/zero of="$FOLDER/filler" bs=4k 2>/dev/null; "$NODE" "$PROGRAM" "$TASK"',
    );
    expect(output).toBe('DISK_FULL: The disk is full: <folder>/history.db could not be written');
  });

  test('that may not be written to is told', async () => {
    const output = await onSmallDisk('mount -o remount,ro "$FOLDER"; "$NODE" "$PROGRAM" "$TASK"');
    expect(output).toMatch(/^DISK_NOT_WRITABLE: <folder>\/history\.db may not be written$/u);
  });
});

describe('a file', () => {
  test('that is no database is told with the way out', async () => {
    const file = await historyFile();
    await mkdir(path.dirname(file));
    await writeFile(file, 'Dear diary, today I have met a llama. '.repeat(200));
    for (const readOnly of [false, true]) {
      const error = await caught(openHistory({ file, readOnly }));
      expect(error.code).toBe('HISTORY_DAMAGED');
      expect(error.exitCode).toBe(8);
      expect(error.hint).toContain(`\`mv ${file} ${file}.damaged\``);
      expect(error.hint).toContain(`\`sqlite3 ${file}.damaged .recover\``);
    }
    await writeFile(`${file}.damaged`, 'set aside before');
    const { hint } = await caught(openHistory({ file }));
    expect(hint).toContain(`\`mv ${file} ${file}.damaged-2\``);
    expect(hint).toContain(`\`sqlite3 ${file}.damaged-2 .recover\``);
    expect(await readFile(file, 'utf8')).toContain('Dear diary');
  });

  test('that was damaged in the middle is told where it is read, and left as it is', async () => {
    const { file, history } = await emptyHistory();
    const id = talk(
      history,
      'm',
      ...Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(3_000)}`),
    );
    history[Symbol.dispose]();
    const bytes = await readFile(file);
    bytes.fill(0xff, 40_960, 102_400);
    await writeFile(file, bytes);
    using damaged = await openHistory({ file });
    let code = '';
    try {
      damaged.read(id);
    } catch (error) {
      if (!(error instanceof LlameroError)) throw error;
      code = error.code;
    }
    expect(code).toBe('HISTORY_DAMAGED');
  });

  test('that was cut off is told', async () => {
    const { file, history } = await emptyHistory();
    talk(history, 'm', 'x'.repeat(100_000));
    history[Symbol.dispose]();
    await truncate(file, 20_000);
    expect((await caught(openHistory({ file }).then((open) => open.list()))).code).toBe(
      'HISTORY_DAMAGED',
    );
  });

  test('of somebody else is not touched', async () => {
    const file = await historyFile();
    await mkdir(path.dirname(file));
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE recipe (name TEXT)');
    other.close();
    expect((await caught(openHistory({ file }))).code).toBe('HISTORY_DAMAGED');
    expect((await caught(openHistory({ file, readOnly: true }))).code).toBe('HISTORY_DAMAGED');
  });

  test('of a newer llamero is told, to who reads as to who writes', async () => {
    const { file, history } = await emptyHistory();
    talk(history, 'm', 'hello');
    history[Symbol.dispose]();
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    for (const readOnly of [false, true]) {
      const error = await caught(openHistory({ file, readOnly }));
      expect(error.code).toBe('HISTORY_NEWER');
      expect(error.hint).toContain('npm install -g llamero');
    }
  });

  test('that was made but never written to is an empty history', async () => {
    const file = await historyFile();
    await mkdir(path.dirname(file));
    await writeFile(file, '');
    using reading = await openHistory({ file, readOnly: true });
    expect(reading.list()).toEqual([]);
    using writing = await openHistory({ file });
    talk(writing, 'm', 'hello');
    expect(writing.count()).toBe(1);
  });

  test('on a disk without shared memory is kept with a rollback journal', async () => {
    const file = await historyFile();
    // What stands in the way of the shared memory is all that such a disk would lack.
    await mkdir(`${file}-shm`, { recursive: true });
    using history = await openHistory({ file });
    using other = await openHistory({ file });
    talk(history, 'm', 'one');
    talk(other, 'm', 'two');
    expect(history.list()).toHaveLength(2);
    expect(await readdir(path.dirname(file))).toEqual(['history.db', 'history.db-shm']);
    using reading = await openHistory({ file, readOnly: true });
    expect(reading.count()).toBe(2);
  });
});

test('loading SQLite says nothing on stderr, and other warnings are still told', async () => {
  const file = await historyFile();
  const module = path.resolve(import.meta.dirname, '../../../../src/lib/chat/history/sqlite.ts');
  const script = `import { loadSqlite } from ${JSON.stringify(module)};
    const before = process.emitWarning;
    new (loadSqlite().DatabaseSync)(${JSON.stringify(':memory:')}).close();
    if (process.emitWarning !== before) throw new Error('the warnings were not given back');
    process.emitWarning('something else');`;
  await mkdir(path.dirname(file));
  const { stderr } = await execa(process.execPath, ['--input-type=module', '-e', script]);
  expect(stderr).toContain('something else');
  expect(stderr).not.toContain('SQLite');
});
