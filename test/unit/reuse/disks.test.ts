import { chmod, chown, mkdir } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Outcome, Task } from './disk-program.ts';
import { type Content, someContent, Tree } from './tree.ts';

const PROGRAM = path.join(import.meta.dirname, 'disk-program.ts');
const NAME = { name: 'tiny-Q4_K_M.gguf', repo: 'ana/tiny-GGUF' };

let tree: Tree;
let content: Content;

beforeEach(async () => {
  tree = await Tree.create();
  content = someContent(9_000_000);
  await mkdir(tree.at('own'));
  await mkdir(tree.at('ollama/blobs'), { recursive: true });
});

afterEach(async () => {
  await tree[Symbol.asyncDispose]();
});

function task(more: Partial<Task> = {}): string {
  const whole: Task = {
    folders: [tree.at('ollama')],
    models: tree.at('own/models'),
    target: tree.at('own/models/ana/tiny-GGUF/Q4_K_M.gguf'),
    wanted: { sha256: content.sha256, size: content.bytes.length, ...NAME },
    ...more,
  };
  return JSON.stringify(whole);
}

/** Runs the program after a shell script that mounts file systems for it alone. */
async function withMounts(script: string, argument = task()): Promise<Outcome> {
  const { stdout } = await execa(
    'unshare',
    ['-rm', 'sh', '-c', `set -e\n${script}\nexec "$NODE" "$PROGRAM" "$TASK"`],
    {
      env: { ROOT: tree.root, NODE: process.execPath, PROGRAM, TASK: argument },
    },
  );
  return JSON.parse(stdout) as Outcome;
}

const TMPFS = 'mount -t tmpfs -o size=40m tmpfs "$ROOT/own"';

describe.runIf(process.platform === 'linux')('between two file systems', () => {
  test('a file is copied, whole and readable by all', async () => {
    const file = await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    await chmod(file, 0o400);
    expect(await withMounts(`${TMPFS}\numask 077`)).toEqual({
      found: file,
      linkable: false,
      by: 'copy',
      copied: 9_000_000,
      left: ['Q4_K_M.gguf'],
      mode: 0o644,
      links: 1,
      sha256: content.sha256,
    });
  });

  test('an abort in mid-copy leaves nothing', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    const outcome = await withMounts(TMPFS, task({ abort: true }));
    expect(outcome).toMatchObject({ code: 'INTERRUPTED', left: [] });
    expect(outcome.copied).toBeGreaterThan(0);
    expect(outcome.copied).toBeLessThan(9_000_000);
  });

  test('a copy whose bytes are not the wanted ones is refused, and nothing is left of it', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    const outcome = await withMounts(TMPFS, task({ tamper: 'secretly' }));
    expect(outcome).toMatchObject({ code: 'HASH_MISMATCH', copied: 9_000_000, left: [] });
  });

  test('a file that has changed since it was found is not copied', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    const outcome = await withMounts(TMPFS, task({ tamper: 'openly' }));
    expect(outcome).toMatchObject({ code: 'HASH_MISMATCH', copied: 0, left: [] });
  });

  test('a disk that fills in mid-copy is told, and nothing is left on it', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    const outcome = await withMounts(TMPFS.replace('40m', '6m'));
    expect(outcome).toMatchObject({ code: 'DISK_FULL', left: [] });
    expect(outcome.copied).toBeGreaterThan(0);
  });

  test('a disk that may not be written to is told', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    const outcome = await withMounts(
      `${TMPFS}\nmkdir -p "$ROOT/own/models/ana/tiny-GGUF" "$ROOT/own/run"
       mount -t tmpfs tmpfs "$ROOT/own/run"
       mount -o remount,ro "$ROOT/own"`,
    );
    expect(outcome).toMatchObject({ code: 'DISK_NOT_WRITABLE', left: [] });
  });

  test('two mounts of one file system cannot be linked across, and are copied', async () => {
    await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    await mkdir(tree.at('own/models'));
    const outcome = await withMounts('mount --bind "$ROOT/own" "$ROOT/own"');
    expect(outcome).toMatchObject({ by: expect.stringMatching(/^(?:copy|reflink)$/u) as string });
    expect(outcome).toMatchObject({ links: 1, sha256: content.sha256, left: ['Q4_K_M.gguf'] });
  });

  test('of two copies the one is taken that can be linked', async () => {
    const here = await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
    await mkdir(tree.at('far'));
    const folders = [tree.at('far'), tree.at('ollama')];
    const outcome = await withMounts(
      `mount -t tmpfs tmpfs "$ROOT/far"
       mkdir "$ROOT/far/blobs"
       cp -p "${here}" "$ROOT/far/blobs/"`,
      task({ folders }),
    );
    expect(outcome).toMatchObject({ found: here, linkable: true, by: 'hard link', links: 2 });
  });
});

describe.runIf(process.platform === 'linux' && process.geteuid?.() === 0)(
  'a file of another user',
  () => {
    // Root of a user namespace has no rights over the files of those who are not in it.
    const stranger = 65_534;

    test('is copied where the system lets nobody link to it', async () => {
      const file = await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
      await chown(file, stranger, stranger);
      expect(await withMounts('')).toMatchObject({
        linkable: false,
        by: expect.stringMatching(/^(?:copy|reflink)$/u) as string,
        links: 1,
        mode: 0o644,
        sha256: content.sha256,
      });
    });

    test('is linked to where it is open to all', async () => {
      const file = await tree.put(`ollama/blobs/sha256-${content.sha256}`, content);
      await chown(file, stranger, stranger);
      await chmod(file, 0o666);
      expect(await withMounts('')).toMatchObject({ linkable: true, by: 'hard link', links: 2 });
    });
  },
);
