import { createHash, randomBytes } from 'node:crypto';
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { withLock } from '../../src/lib/lock.ts';
import { CliHome } from '../support/cli.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';

const Q4 = randomBytes(120_000);
const Q8 = randomBytes(3_000_000);
const PROJECTOR = randomBytes(10_000);
const SHARDS = [randomBytes(70_000), randomBytes(60_000)];

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await addOne();
  await hub.addRepo('llama/two', {
    'two-Q6_K-00001-of-00002.gguf': { content: SHARDS[0] ?? '' },
    'two-Q6_K-00002-of-00002.gguf': { content: SHARDS[1] ?? '' },
  });
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  for (const ref of ['llama/one', 'llama/one:Q8_0', 'llama/two']) {
    expect((await home.run(['pull', ref])).exitCode).toBe(0);
  }
  hub.clearRequests();
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

async function addOne(q4: Buffer = Q4): Promise<void> {
  await hub.addRepo('llama/one', {
    'one-Q4_K_M.gguf': { content: q4 },
    'one-Q8_0.gguf': { content: Q8 },
    'mmproj-F16.gguf': { content: PROJECTOR },
  });
}

/** A path in the folder of a repository. */
function at(repo: string, ...parts: string[]): string {
  return home.path('models', ...repo.split('/'), ...parts);
}

/** Turns some bytes of a file over where it lies, as a failing disk does: every name of it sees that. */
async function damage(file: string, position = 1000): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(Buffer.alloc(16, 0x5a), 0, 16, position);
  } finally {
    await handle.close();
  }
}

function cdnBytes(): number {
  return hub.requests
    .filter(({ host }) => host === 'cdn')
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

interface Document {
  readonly models: readonly {
    readonly ref: string;
    readonly files: readonly Record<string, unknown>[];
    readonly repaired?: boolean;
    readonly error?: { readonly code: string };
  }[];
  readonly damaged: number;
}

async function verifyJson(...words: string[]): Promise<Document & { readonly exitCode: number }> {
  const { exitCode, stderr, stdout } = await home.run(['verify', '--json', ...words]);
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as Document), exitCode };
}

describe('verify', () => {
  test('says of all models that they are as recorded, and asks nobody', async () => {
    const { exitCode, stderr, stdout } = await home.run(['verify']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "✓ llama/one:Q4_K_M  2 files, 130 kB, as recorded
      ✓ llama/one:Q8_0  2 files, 3.01 MB, as recorded
      ✓ llama/two:Q6_K  2 files, 130 kB, as recorded
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "3 models as recorded
      "
    `);
    expect(hub.requests).toEqual([]);
  });

  test('says what is damaged and how it is mended', async () => {
    await damage(at('llama/one', 'Q8_0.gguf'));
    await truncate(at('llama/two', 'Q6_K', 'two-Q6_K-00002-of-00002.gguf'), 59_999);
    await rm(at('llama/two', 'Q6_K', 'two-Q6_K-00001-of-00002.gguf'));
    const { exitCode, stderr, stdout } = await home.run(['verify']);
    expect(exitCode).toBe(8);
    expect(stdout.replace(/sha256 is [0-9a-f]{12}…, it should be [0-9a-f]{12}…/u, 'sha256 …'))
      .toMatchInlineSnapshot(`
      "✓ llama/one:Q4_K_M  2 files, 130 kB, as recorded
      ✗ llama/one:Q8_0  Q8_0.gguf is damaged: its sha256 …
      ✗ llama/two:Q6_K  Q6_K/two-Q6_K-00001-of-00002.gguf is missing; Q6_K/two-Q6_K-00002-of-00002.gguf has 59999 bytes, it should have 60000
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "error: 2 of 3 models are damaged
      hint: \`llamero verify llama/one:Q8_0 llama/two:Q6_K --repair\` fetches again what is damaged
      "
    `);
  });

  test('--json keeps its keys', async () => {
    await damage(at('llama/one', 'Q4_K_M.gguf'));
    const { damaged, exitCode, models } = await verifyJson('llama/one:q4_k_m');
    const found = createHash('sha256')
      .update(await readFile(at('llama/one', 'Q4_K_M.gguf')))
      .digest('hex');
    expect({ damaged, exitCode, models }).toEqual({
      exitCode: 8,
      damaged: 1,
      models: [
        {
          ref: 'llama/one:Q4_K_M',
          files: [
            {
              name: 'one-Q4_K_M.gguf',
              file: 'Q4_K_M.gguf',
              path: at('llama/one', 'Q4_K_M.gguf'),
              size: 120_000,
              status: 'digest',
              expected: createHash('sha256').update(Q4).digest('hex'),
              found,
            },
            {
              name: 'mmproj-F16.gguf',
              file: 'mmproj-F16.gguf',
              path: at('llama/one', 'mmproj-F16.gguf'),
              size: 10_000,
              status: 'ok',
            },
          ],
        },
      ],
    });
  });

  test('of a misspelled name is as with rm', async () => {
    const { exitCode, stderr } = await home.run(['verify', 'llama/two', 'llama/onne']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('Did you mean llama/one?');
  });

  test('of an empty home has nothing to say', async () => {
    await rm(home.path('models'), { recursive: true });
    const { exitCode, stderr, stdout } = await home.run(['verify']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('No models yet');
  });

  test('of what was put there by hand claims nothing', async () => {
    await mkdir(at('me/mine'), { recursive: true });
    await writeTinyModel({ path: at('me/mine', 'F32.gguf'), sentence: 'Hello' });
    await writeFile(at('me/mine', 'my\u001B[31mmodel.gguf'), 'x');
    const { exitCode, stderr, stdout } = await home.run(['verify', 'me/mine']);
    expect(exitCode).toBe(8);
    expect(stdout).not.toContain('\u001B');
    expect(stdout).toMatchInlineSnapshot(`
      "? me/mine:F32  no sha256 is recorded for F32.gguf; whole by its GGUF header
      ✗ me/mine:my[31mmodel  my[31mmodel.gguf is damaged: it is not a whole GGUF file: it ends within its header, after 1 bytes
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "error: me/mine:my[31mmodel is damaged
      hint: \`llamero pull me/mine:my[31mmodel\` fetches it where the hub has it
      "
    `);
  });

  test('of an unfinished pull says how it goes on, without an error', async () => {
    await rm(at('llama/one', 'Q8_0.gguf'));
    const slow = hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 400_000 });
    const child = home.start(['pull', 'llama/one:Q8_0']);
    await hub.waitForBytes('one-Q8_0.gguf', 400_000, { host: 'cdn' });
    const during = await home.run(['verify']);
    child.kill('SIGKILL');
    await child;
    slow.remove();
    expect(during.exitCode).toBe(0);
    expect(during.stdout).toMatch(/^– llama\/one:Q8_0 {2}unfinished/mu);
    expect(during.stderr).toContain('`llamero pull llama/one:Q8_0` continues');
    const named = await home.run(['verify', 'llama/one:Q8_0']);
    expect(named.exitCode).toBe(8);
    expect(named.stderr).toContain('llama/one:Q8_0 is unfinished');
    expect((await home.run(['verify', 'llama/one:Q8_0', '--repair'])).exitCode).toBe(0);
    expect((await readFile(at('llama/one', 'Q8_0.gguf'))).equals(Q8)).toBe(true);
  });

  test('shows on a terminal how far it is, and Ctrl+C ends it', async () => {
    // Eight gigabytes of holes take the disk nothing and some seconds to read.
    const size = 8_000_000_000;
    await truncate(at('llama/one', 'Q8_0.gguf'), size);
    const file = at('llama/one', 'metadata.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"size": 3000000', `"size": ${size}`));
    await using pty = new Pty(home, ['verify', 'llama/one'], { columns: 100, rows: 24 });
    await pty.waitFor('llama/one:Q4_K_M  2 files, 130 kB, as recorded');
    const shown = await pty.waitFor('checking llama/one/Q8_0.gguf');
    await pty.waitFor(' %', shown);
    pty.type('\u0003');
    expect(await pty.ended).toBe(130);
    // The cursor is back.
    expect(pty.output.lastIndexOf('\u001B[?25h')).toBeGreaterThan(
      pty.output.lastIndexOf('\u001B[?25l'),
    );
  });
});

describe('verify --repair', () => {
  test('fetches what is damaged or missing and nothing else', async () => {
    await damage(at('llama/one', 'Q4_K_M.gguf'));
    await rm(at('llama/two', 'Q6_K', 'two-Q6_K-00001-of-00002.gguf'));
    await truncate(at('llama/one', 'mmproj-F16.gguf'), 5);
    const { exitCode, stderr, stdout } = await home.run(['verify', '--repair']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').filter((line) => line.endsWith('repaired'))).toEqual([
      '✓ llama/one:Q4_K_M  repaired',
      '✓ llama/one:Q8_0  repaired',
      '✓ llama/two:Q6_K  repaired',
    ]);
    expect(stderr).toContain('✓ Q4_K_M.gguf verified');
    expect(cdnBytes()).toBe(120_000 + 70_000 + 10_000);
    expect((await readFile(at('llama/one', 'Q4_K_M.gguf'))).equals(Q4)).toBe(true);
    expect(await verifyJson()).toMatchObject({ exitCode: 0, damaged: 0 });
    expect((await readdir(at('llama/one'))).sort()).toEqual([
      'Q4_K_M.gguf',
      'Q8_0.gguf',
      'metadata.json',
      'mmproj-F16.gguf',
    ]);
    expect((await home.run(['list'])).stdout).not.toContain('unfinished');
  });

  test('takes the revision that was pulled, whatever the hub has now', async () => {
    const damaged = at('llama/one', 'Q4_K_M.gguf');
    await damage(damaged);
    const { models } = await verifyJson('llama/one:Q4_K_M', '--repair');
    expect(models).toMatchObject([{ repaired: true }]);
    await damage(damaged);
    await addOne(randomBytes(130_000));
    const {
      damaged: left,
      exitCode,
      models: again,
    } = await verifyJson('llama/one:Q4_K_M', '--repair');
    expect({ left, exitCode }).toEqual({ left: 1, exitCode: 3 });
    expect(again).toMatchObject([{ repaired: false, error: { code: 'REVISION_NOT_FOUND' } }]);
    expect(await readFile(damaged)).toHaveLength(120_000);
  });

  test('leaves the damaged file until the good one is there, and goes on where it was killed', async () => {
    const file = at('llama/one', 'Q8_0.gguf');
    await damage(file);
    const before = await readFile(file);
    const slow = hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 2_000_000 });
    const child = home.start(['verify', 'llama/one:Q8_0', '--repair']);
    await hub.waitForBytes('one-Q8_0.gguf', 2_000_000, { host: 'cdn' });
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    slow.remove();
    expect(exitCode).toBe(130);
    expect(stderr).toContain('`llamero verify llama/one:Q8_0 --repair` continues');
    expect((await readFile(file)).equals(before)).toBe(true);
    hub.clearRequests();
    expect((await home.run(['verify', 'llama/one:Q8_0', '--repair'])).exitCode).toBe(0);
    expect((await readFile(file)).equals(Q8)).toBe(true);
    expect(cdnBytes()).toBeLessThan(3_000_000);
  });

  test('keeps the damaged file when what comes is not the good one', async () => {
    const file = at('llama/one', 'Q4_K_M.gguf');
    await damage(file);
    const before = await readFile(file);
    hub.faults.add({ host: 'cdn' }, { kind: 'flip', offset: 77 });
    const { exitCode, models } = await verifyJson('llama/one:Q4_K_M', '--repair');
    expect(exitCode).toBe(8);
    expect(models).toMatchObject([{ repaired: false, error: { code: 'HASH_MISMATCH' } }]);
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  test('neither touches nor takes the damaged copy of another tool', async () => {
    const file = at('llama/one', 'Q4_K_M.gguf');
    const digest = createHash('sha256').update(Q4).digest('hex');
    const blobs = path.join(home.folder, '.ollama', 'models', 'blobs');
    await mkdir(blobs, { recursive: true });
    const other = path.join(blobs, `sha256-${digest}`);
    await link(file, other);
    await damage(file);
    const before = await readFile(other);
    expect((await home.run(['verify', 'llama/one:Q4_K_M', '--repair'])).exitCode).toBe(0);
    expect((await readFile(file)).equals(Q4)).toBe(true);
    expect((await readFile(other)).equals(before)).toBe(true);
    expect(cdnBytes()).toBe(120_000);
  });

  test('puts a file where a link led nowhere', async () => {
    const file = at('llama/one', 'Q4_K_M.gguf');
    const gone = path.join(home.folder, 'gone.gguf');
    await rm(file);
    await symlink(gone, file);
    expect((await home.run(['verify', '--repair'])).exitCode).toBe(0);
    expect((await readFile(file)).equals(Q4)).toBe(true);
    expect(await readdir(home.folder)).not.toContain('gone.gguf');
  });

  test.runIf(process.platform === 'linux')('replaces what the disk cannot give back', async () => {
    await hub.addRepo('llama/empty', { 'empty-Q4_K_M.gguf': { content: '' } });
    expect((await home.run(['pull', 'llama/empty'])).exitCode).toBe(0);
    const file = at('llama/empty', 'Q4_K_M.gguf');
    await rm(file);
    await symlink('/proc/self/mem', file);
    const first = await home.run(['verify', 'llama/empty']);
    expect(first.exitCode).toBe(8);
    expect(first.stdout).toBe(
      '✗ llama/empty:Q4_K_M  Q4_K_M.gguf cannot be read: i/o error (EIO)\n',
    );
    expect((await home.run(['verify', 'llama/empty', '--repair'])).exitCode).toBe(0);
    expect(await readFile(file)).toHaveLength(0);
  });

  test('offline fetches nothing and says why', async () => {
    await damage(at('llama/one', 'Q8_0.gguf'));
    await damage(at('llama/one', 'Q4_K_M.gguf'));
    const { exitCode, stderr } = await home.run(['verify', '--repair'], {
      env: { LLAMERO_OFFLINE: '1' },
    });
    expect(exitCode).toBe(6);
    // Once for both.
    expect(stderr.match(/^error: Offline/gmu)).toHaveLength(1);
    expect(hub.requests).toEqual([]);
    expect((await home.run(['list'])).stdout).not.toContain('unfinished');
  });

  test('is refused for what has no source, and mends the others', async () => {
    await mkdir(at('me/mine'), { recursive: true });
    await writeFile(at('me/mine', 'Q4_K_M.gguf'), 'no model');
    await damage(at('llama/one', 'Q4_K_M.gguf'));
    const { exitCode, stderr, stdout } = await home.run(['verify', '--repair']);
    expect(exitCode).toBe(8);
    expect(stdout).toContain('✓ llama/one:Q4_K_M  repaired\n');
    expect(stderr).toContain(
      'error: me/mine:Q4_K_M cannot be repaired: nothing is recorded of where Q4_K_M.gguf came from',
    );
    expect(await readFile(at('me/mine', 'Q4_K_M.gguf'), 'utf8')).toBe('no model');
  });

  test('by two at once fetches once', async () => {
    await damage(at('llama/one', 'Q8_0.gguf'));
    const words = ['verify', 'llama/one:Q8_0', '--repair'];
    const both = await Promise.all([home.run(words), home.run(words)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect((await readFile(at('llama/one', 'Q8_0.gguf'))).equals(Q8)).toBe(true);
    expect(cdnBytes()).toBe(3_000_000);
    expect(await verifyJson()).toMatchObject({ exitCode: 0, damaged: 0 });
  });

  test('waits for who works on the file, and says so', async () => {
    const file = at('llama/one', 'Q4_K_M.gguf');
    await damage(file);
    const children: ReturnType<CliHome['start']>[] = [];
    await withLock(`${file}.lock`, { purpose: 'pulling llama/one' }, async () => {
      const child = home.start(['verify', 'llama/one:Q4_K_M', '--repair']);
      children.push(child);
      let said = '';
      await new Promise<void>((resolve) => {
        child.stderr.on('data', (text: Buffer) => {
          said += text.toString();
          if (said.includes('which is pulling llama/one\n')) resolve();
        });
      });
      expect(said).toContain('Waiting for another llamero');
    });
    expect((await Promise.all(children)).map(({ exitCode }) => exitCode)).toEqual([0]);
    expect((await readFile(file)).equals(Q4)).toBe(true);
  });
});
