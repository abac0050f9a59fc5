import { createHash, randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { assert, asyncProperty, nat } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createHashMemory } from '../../../src/lib/reuse/hash-memory.ts';
import { updateMetadata } from '../../../src/lib/store/metadata.ts';
import { parseReference } from '../../../src/lib/store/reference.ts';
import { createStore } from '../../../src/lib/store/store.ts';
import {
  type ModelCheck,
  type VerifyEvent,
  type VerifyOptions,
  verifyModels,
} from '../../../src/lib/store/verify.ts';
import { writeTinyModel } from '../../support/gguf/tiny-model.ts';

const REPO = 'user/repo';
const CONTENT = randomBytes(100_000);

let models: string;
let folder: string;
let events: VerifyEvent[];

beforeEach(async () => {
  models = await mkdtemp(path.join(tmpdir(), 'llamero-verify-'));
  folder = path.join(models, 'user', 'repo');
  events = [];
});

afterEach(async () => {
  await rm(models, { recursive: true, force: true });
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function at(name: string): string {
  return path.join(folder, ...name.split('/'));
}

async function put(name: string, content: Buffer = CONTENT): Promise<void> {
  await mkdir(path.dirname(at(name)), { recursive: true });
  await writeFile(at(name), content);
}

interface RecordOptions {
  readonly done?: boolean;
  readonly content?: Buffer;
  readonly withDigest?: boolean;
}

async function record(
  kind: 'quants' | 'projectors',
  label: string,
  files: readonly string[],
  { content = CONTENT, done = true, withDigest = true }: RecordOptions = {},
): Promise<void> {
  await updateMetadata(folder, REPO, (metadata) => {
    metadata[kind][label] = {
      revision: 'c'.repeat(40),
      source: 'https://hub.example',
      files: files.map((file) => ({
        name: `hub-${path.posix.basename(file)}`,
        file,
        size: content.length,
        ...(withDigest ? { sha256: sha256(content) } : {}),
      })),
      ...(done ? { pulledAt: '2026-01-02T03:04:05.000Z' } : {}),
    };
  });
}

/** A model of one file, as a pull leaves it. */
async function pulled(content = CONTENT): Promise<void> {
  await put('Q4_K_M.gguf', content);
  await record('quants', 'Q4_K_M', ['Q4_K_M.gguf'], { content });
}

async function verify(
  refs: readonly string[] = [],
  options: Partial<VerifyOptions> = {},
): Promise<ModelCheck[]> {
  return verifyModels({
    store: createStore({ models }),
    references: refs.map((ref) => parseReference(ref)),
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

/** What came of it: `Q4_K_M.gguf ok`. */
async function statuses(...refs: string[]): Promise<string[]> {
  const checks = await verify(refs);
  return checks.flatMap(({ files }) => files.map(({ file, status }) => `${file} ${status}`));
}

describe('a file with a record', () => {
  beforeEach(() => pulled());

  test('is read whole and is as recorded', async () => {
    const [check] = await verify();
    expect(check).toEqual({
      ref: 'user/repo:Q4_K_M',
      repo: REPO,
      quant: 'Q4_K_M',
      unfinished: false,
      isDamaged: false,
      files: [
        {
          path: at('Q4_K_M.gguf'),
          file: 'Q4_K_M.gguf',
          name: 'hub-Q4_K_M.gguf',
          isRecorded: true,
          size: 100_000,
          status: 'ok',
        },
      ],
    });
    expect(events).toContainEqual({
      type: 'reading',
      path: at('Q4_K_M.gguf'),
      checked: 100_000,
    });
  });

  test('of another size is not even read', async () => {
    await truncate(at('Q4_K_M.gguf'), 99_999);
    const [check] = await verify();
    expect(check?.isDamaged).toBe(true);
    expect(check?.files[0]).toMatchObject({ status: 'size', expected: 100_000, found: 99_999 });
    expect(events.map(({ type }) => type)).toEqual(['plan', 'model']);
  });

  test('with one bit turned over is damaged, wherever that is', async () => {
    await assert(
      asyncProperty(nat(CONTENT.length * 8 - 1), async (bit) => {
        const content = Buffer.from(CONTENT);
        content.writeUInt8(content.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        await put('Q4_K_M.gguf', content);
        const [check] = await verify();
        expect(check?.files[0]).toMatchObject({
          status: 'digest',
          expected: sha256(CONTENT),
          found: sha256(content),
        });
      }),
      { numRuns: 25 },
    );
  });

  test('is read although its digest is remembered, and the memory is put right', async () => {
    const memory = createHashMemory({ file: path.join(models, 'hashes.json') });
    const file = at('Q4_K_M.gguf');
    const long = new Date('2026-01-02T03:04:05Z');
    await utimes(file, long, long);
    await memory.remember(file, sha256(CONTENT));
    const rotten = Buffer.from(CONTENT).fill(0, 500, 600);
    await writeFile(file, rotten);
    await utimes(file, long, long);
    const { signal } = new AbortController();
    expect(await memory.digest(file, { signal })).toMatchObject({ sha256: sha256(CONTENT) });

    const [check] = await verify([], { onDigest: (real, found) => memory.remember(real, found) });
    expect(check?.files[0]?.status).toBe('digest');
    expect(await memory.digest(file, { signal })).toMatchObject({ sha256: sha256(rotten) });
  });

  test('that is a link is followed', async () => {
    const elsewhere = path.join(models, 'elsewhere.bin');
    await rename(at('Q4_K_M.gguf'), elsewhere);
    await symlink(elsewhere, at('Q4_K_M.gguf'));
    await link(elsewhere, at('Q8_0.gguf'));
    await record('quants', 'Q8_0', ['Q8_0.gguf']);
    expect(await statuses()).toEqual(['Q4_K_M.gguf ok', 'Q8_0.gguf ok']);
    await writeFile(elsewhere, Buffer.alloc(CONTENT.length));
    expect(await statuses()).toEqual(['Q4_K_M.gguf digest', 'Q8_0.gguf digest']);
  });

  test.each([[[]], [[REPO]], [['user/repo:q4_k_m']]])(
    'that is a link to a file that is gone is missing, for %j',
    async (refs: string[]) => {
      await rm(at('Q4_K_M.gguf'));
      await symlink(path.join(models, 'gone.bin'), at('Q4_K_M.gguf'));
      const [check] = await verify(refs);
      expect(check).toMatchObject({
        ref: 'user/repo:Q4_K_M',
        isDamaged: true,
        files: [{ status: 'missing', size: 0, reason: 'a link that leads to no file' }],
      });
    },
  );

  test('that is a link to itself is missing', async () => {
    await rm(at('Q4_K_M.gguf'));
    await symlink('Q4_K_M.gguf', at('Q4_K_M.gguf'));
    await put('Q8_0.gguf');
    await record('quants', 'Q8_0', ['Q8_0.gguf']);
    expect((await statuses()).sort()).toEqual(['Q4_K_M.gguf missing', 'Q8_0.gguf ok']);
  });

  test('that the disk cannot give back is said to be unreadable', async () => {
    if (process.platform !== 'linux') return;
    await rm(at('Q4_K_M.gguf'));
    // No file of this size, which is 0, can be read from its beginning: nothing is mapped there.
    await symlink('/proc/self/mem', at('Q4_K_M.gguf'));
    await record('quants', 'Q4_K_M', ['Q4_K_M.gguf'], { content: Buffer.alloc(0) });
    const [check] = await verify();
    expect(check?.isDamaged).toBe(true);
    expect(check?.files[0]).toMatchObject({
      status: 'unreadable',
      reason: 'i/o error (EIO)',
      systemCode: 'EIO',
    });
  });

  test('that may not be read is said to be unreadable', async () => {
    await chmod(models, 0o755);
    await chmod(at('Q4_K_M.gguf'), 0);
    const [check] = await asOrdinaryUser(() => verify());
    expect(check?.files[0]).toMatchObject({
      status: 'unreadable',
      reason: 'permission denied (EACCES)',
    });
  });

  test('without a digest in the record is compared in its size, and never called verified', async () => {
    await writeTinyModel({ path: at('Q4_K_M.gguf'), sentence: 'Hello' });
    const content = await readFile(at('Q4_K_M.gguf'));
    await record('quants', 'Q4_K_M', ['Q4_K_M.gguf'], { content, withDigest: false });
    expect(await statuses()).toEqual(['Q4_K_M.gguf unknown']);
    await truncate(at('Q4_K_M.gguf'), 1000);
    expect(await statuses()).toEqual(['Q4_K_M.gguf size']);
  });
});

/** Runs work without the rights of root, which no permission stops. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) return work();
  expect(isMainThread).toBe(true);
  process.seteuid(65_534);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

describe('a file without a record', () => {
  beforeEach(async () => {
    await mkdir(folder, { recursive: true });
    await writeTinyModel({ path: at('Q4_K_M.gguf'), sentence: 'Hello' });
  });

  test('that is whole by its header is unknown, not verified', async () => {
    const [check] = await verify();
    expect(check?.isDamaged).toBe(false);
    expect(check?.files[0]).toMatchObject({ status: 'unknown', isRecorded: false });
  });

  test('that ends before its tensors do is damaged', async () => {
    const { size } = await stat(at('Q4_K_M.gguf'));
    await truncate(at('Q4_K_M.gguf'), size - 4000);
    const [check] = await verify();
    expect(check?.isDamaged).toBe(true);
    expect(check?.files[0]).toMatchObject({
      status: 'header',
      reason: expect.stringMatching(
        /^its tensors reach to byte \d+, and it ends at \d+$/u,
      ) as string,
    });
  });

  test.each([0, 3, 20, 400])('of which only %d bytes are there is damaged', async (size) => {
    await truncate(at('Q4_K_M.gguf'), size);
    const [check] = await verify();
    expect(check?.files[0]).toMatchObject({
      status: 'header',
      reason: expect.stringContaining('it is not a whole GGUF file') as string,
    });
  });

  test('that is no GGUF is damaged', async () => {
    await put('Q4_K_M.gguf');
    const [check] = await verify();
    expect(check?.files[0]).toMatchObject({
      status: 'header',
      reason: 'it is not a whole GGUF file: it does not begin with GGUF',
    });
  });

  test('counts as one too when its record is that of a file outside', async () => {
    await put('../outside.gguf');
    await record('quants', 'Q4_K_M', ['../outside.gguf', 'Q4_K_M.gguf']);
    const [check] = await verify();
    expect(check?.files.map(({ file }) => file)).toEqual(['Q4_K_M.gguf']);
  });
});

describe('a model of several files', () => {
  const SHARDS = [1, 2, 3].map((number) => `Q8_0/m-0000${number}-of-00003.gguf`);
  const [FIRST = '', SECOND = '', THIRD = ''] = SHARDS;

  test('is compared shard by shard', async () => {
    for (const shard of SHARDS) await put(shard);
    await record('quants', 'Q8_0', SHARDS);
    await put(SECOND, Buffer.alloc(CONTENT.length));
    await rm(at(THIRD));
    expect(await statuses('user/repo:Q8_0')).toEqual([
      `${FIRST} ok`,
      `${SECOND} digest`,
      `${THIRD} missing`,
    ]);
  });

  test('lacks a shard by its numbers where nothing is recorded', async () => {
    await mkdir(path.dirname(at(FIRST)), { recursive: true });
    for (const shard of [FIRST, THIRD]) await writeTinyModel({ path: at(shard), sentence: 'Hi' });
    expect((await statuses()).sort()).toEqual([
      `${FIRST} unknown`,
      `${SECOND} missing`,
      `${THIRD} unknown`,
    ]);
  });

  test('shares its projector with the other quants; it is read once', async () => {
    await pulled();
    await put('Q8_0.gguf');
    await record('quants', 'Q8_0', ['Q8_0.gguf']);
    await put('mmproj-F16.gguf', Buffer.alloc(CONTENT.length));
    await record('projectors', 'F16', ['mmproj-F16.gguf']);
    const checks = await verify();
    expect(checks.map(({ isDamaged, ref }) => [ref, isDamaged])).toEqual([
      ['user/repo:Q4_K_M', true],
      ['user/repo:Q8_0', true],
    ]);
    const read = events.filter(
      (event) => event.type === 'reading' && event.path === at('mmproj-F16.gguf'),
    );
    expect(read).toHaveLength(1);
  });

  test('lacks a projector that was recorded', async () => {
    await pulled();
    await record('projectors', 'F16', ['mmproj-F16.gguf']);
    expect(await statuses()).toEqual(['Q4_K_M.gguf ok', 'mmproj-F16.gguf missing']);
  });
});

describe('an unfinished pull', () => {
  beforeEach(async () => {
    await put('Q4_K_M.gguf.partial', Buffer.alloc(10));
    await record('quants', 'Q4_K_M', ['Q4_K_M.gguf'], { done: false });
  });

  test('is mentioned where all models are verified', async () => {
    expect(await verify()).toMatchObject([
      { ref: 'user/repo:Q4_K_M', unfinished: true, isDamaged: false, files: [] },
    ]);
  });

  test('is not whole for those who name it', async () => {
    expect(await verify([REPO])).toMatchObject([
      { unfinished: true, isDamaged: true, files: [{ status: 'missing' }] },
    ]);
  });

  test('is one without its record too', async () => {
    await rm(at('metadata.json'));
    expect(await verify()).toMatchObject([{ unfinished: true, isDamaged: false }]);
  });
});

describe('while others are at work', () => {
  /** Does something once, at the first event of a type. */
  function atFirst(type: VerifyEvent['type'], work: () => void): Partial<VerifyOptions> {
    let done = false;
    return {
      onEvent: (event) => {
        events.push(event);
        if (event.type !== type || done) return;
        done = true;
        work();
      },
    };
  }

  test('a model that is removed is no damaged one', async () => {
    await pulled();
    expect(
      await verify(
        [],
        atFirst('plan', () => rmSync(at('Q4_K_M.gguf'))),
      ),
    ).toEqual([]);
    expect(events).toContainEqual({ type: 'gone', ref: 'user/repo:Q4_K_M' });
  });

  test('a model whose next revision is pulled is compared with its new record', async () => {
    const next = randomBytes(120_000);
    await pulled(next);
    const record = await readFile(at('metadata.json'));
    await pulled();
    const [check] = await verify(
      [],
      atFirst('plan', () => {
        writeFileSync(at('metadata.json'), record);
        writeFileSync(at('Q4_K_M.gguf'), next);
      }),
    );
    expect(check).toMatchObject({ isDamaged: false, files: [{ status: 'ok', size: 120_000 }] });
  });

  test('a model whose next revision begins to be pulled is an unfinished one', async () => {
    await pulled();
    const begun = JSON.parse(await readFile(at('metadata.json'), 'utf8')) as {
      quants: { Q4_K_M: { pulledAt?: string } };
    };
    delete begun.quants.Q4_K_M.pulledAt;
    const [check] = await verify(
      [],
      atFirst('plan', () => {
        writeFileSync(at('metadata.json'), JSON.stringify(begun));
        renameSync(at('Q4_K_M.gguf'), at('Q4_K_M.gguf.partial'));
      }),
    );
    expect(check).toMatchObject({ isDamaged: false, unfinished: true });
  });

  test('a file that is replaced by the good one is read once more', async () => {
    await pulled();
    const good = path.join(models, 'good.bin');
    await writeFile(good, CONTENT);
    await put('Q4_K_M.gguf', Buffer.alloc(CONTENT.length));
    const [check] = await verify(
      [],
      atFirst('reading', () => renameSync(good, at('Q4_K_M.gguf'))),
    );
    expect(check).toMatchObject({ isDamaged: false, files: [{ status: 'ok' }] });
  });
});

describe('what is asked for', () => {
  test('is found as rm finds it', async () => {
    await pulled();
    await put('Q8_0.gguf');
    await record('quants', 'Q8_0', ['Q8_0.gguf']);
    expect(await statuses('USER/repo:hub-q8_0.gguf')).toEqual(['Q8_0.gguf ok']);
    expect(await statuses('user/repo', 'user/repo:Q8_0')).toHaveLength(2);
    await expect(verify(['user/repo:Q8_1'])).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('user/repo:Q8_0') as string,
    });
  });

  test('may be nothing at all', async () => {
    expect(await verify()).toEqual([]);
  });

  test('is left when the signal says so', async () => {
    await pulled(randomBytes(5_000_000));
    const abort = new AbortController();
    await expect(
      verify([], {
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type === 'reading') abort.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
