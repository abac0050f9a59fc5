import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';

import { expect, onTestFinished, test } from 'vitest';

import { openHistory } from '../../../src/lib/chat/history/history.ts';
import { createContext } from '../../../src/lib/context.ts';
import { Interrupts } from '../../../src/lib/interrupts.ts';
import { type StandardStreams, Terminal } from '../../../src/lib/ui/terminal.ts';
import { openChatHistory } from '../../../src/views/chat-history.ts';

/** A home with a history; what is said is remembered. */
async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'llamero-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const environment = { LLAMERO_HOME: folder };
  const context = createContext({
    version: '0.0.0',
    environment,
    interrupts: new Interrupts(() => undefined),
    terminal: new Terminal({ stdin, stdout, stderr } as unknown as StandardStreams, 'normal', {}),
  });
  await writeFile(context.paths.configFile, 'history:\n  keep-days: 30\n');
  const file = context.paths.history;
  (await openHistory({ file }))[Symbol.dispose]();
  return { context, file, said: () => (stderr.read() as Buffer | null)?.toString() ?? '' };
}

/** Writes nonsense over the page in which a table begins. */
async function damage(file: string, table: string): Promise<void> {
  const database = new DatabaseSync(file);
  const found = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table);
  const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  database.close();
  const handle = await open(file, 'r+');
  await handle.write(
    Buffer.alloc(pageSize, 0xff),
    0,
    pageSize,
    pageSize * (Number(found?.['rootpage']) - 1),
  );
  await handle.close();
}

// SQLite takes the log beside a database away when the last connection is closed.
test('a history is open until it is closed', async () => {
  const { context, file } = await place();
  const history = await openChatHistory(context, true);
  expect(existsSync(`${file}-wal`)).toBe(true);
  history?.[Symbol.dispose]();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('a history from which what is old cannot be removed is told and closed', async () => {
  const { context, file, said } = await place();
  await damage(file, 'retention');
  expect(await openChatHistory(context, true)).toBeUndefined();
  expect(said()).toContain(
    'This conversation is not saved: The history of conversations is damaged',
  );
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('a history that fails as nobody expects is closed as well', async () => {
  const { context, file } = await place();
  const database = new DatabaseSync(file);
  database.exec('DROP TABLE retention');
  database.close();
  await expect(openChatHistory(context, true)).rejects.toThrow('no such table: retention');
  expect(existsSync(`${file}-wal`)).toBe(false);
});
