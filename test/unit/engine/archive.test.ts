import {
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { extractArchive } from '../../../src/lib/engine/archive.ts';
import { ARCHIVE_LIMITS } from '../../../src/lib/engine/archive-entries.ts';
import { caught } from '../../support/caught.ts';
import { type TarEntry, writeTar } from '../../support/engine/tar.ts';
import { writeZip, type ZipEntry } from '../../support/releases/zip.ts';

const GIB = 1024 ** 3;
const LINK_MODE = 0o120777;

let folder: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-archive-'));
  target = path.join(folder, 'sub', 'target');
  await mkdir(target, { recursive: true });
  await writeFile(path.join(folder, 'outside'), 'untouched');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function unpack(file: string, changes: Partial<typeof ARCHIVE_LIMITS> = {}): Promise<void> {
  await extractArchive({
    file,
    folder: target,
    signal: AbortSignal.timeout(30_000),
    limits: { ...ARCHIVE_LIMITS, ...changes },
  });
}

async function tarOf(entries: readonly TarEntry[]): Promise<string> {
  const file = path.join(folder, 'x.tar.gz');
  await writeTar(file, entries);
  return file;
}

async function zipOf(entries: readonly Partial<ZipEntry>[]): Promise<string> {
  const file = path.join(folder, 'x.zip');
  async function* all(): AsyncGenerator<ZipEntry> {
    for (const entry of entries) {
      yield { name: 'name', content: Buffer.from('content'), mode: 0o644, ...entry };
    }
  }
  await writeZip(file, all());
  return file;
}

/** Nothing in the target, and nothing anywhere else but what the test put there. */
async function expectNothingWritten(): Promise<void> {
  expect(await readdir(target)).toEqual([]);
  expect(await readdir(path.join(folder, 'sub'))).toEqual(['target']);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('x.'));
  expect(names.sort()).toEqual(['outside', 'sub']);
  expect(await readFile(path.join(folder, 'outside'), 'utf8')).toBe('untouched');
}

describe('an archive that is in order', () => {
  test('keeps links and the right to be run, and loses every other privilege', async () => {
    const file = await tarOf([
      { path: 'llama-b1/', type: 'Directory', mode: 0o700 },
      { path: 'llama-b1/llama-server', content: 'program', mode: 0o6755 },
      { path: 'llama-b1/LICENSE', content: 'MIT', mode: 0o600 },
      { path: 'llama-b1/libx.so.0.7.0', content: 'library', mode: 0o644 },
      { path: 'llama-b1/libx.so.0', type: 'SymbolicLink', target: 'libx.so.0.7.0' },
      { path: './llama-b1/libx.so', type: 'SymbolicLink', target: 'libx.so.0' },
      { path: 'llama-b1/sub/up', type: 'SymbolicLink', target: '../LICENSE' },
      { path: 'llama-b1/again', type: 'Link', target: 'llama-b1/LICENSE' },
    ]);
    await unpack(file);
    const at = (name: string): string => path.join(target, 'llama-b1', name);
    expect((await stat(at('llama-server'))).mode & 0o7777).toBe(0o755);
    expect((await stat(at('LICENSE'))).mode & 0o7777).toBe(0o644);
    expect(await readlink(at('libx.so'))).toBe('libx.so.0');
    expect(await readFile(at('libx.so'), 'utf8')).toBe('library');
    expect(await readFile(at('sub/up'), 'utf8')).toBe('MIT');
    expect(await readFile(at('again'), 'utf8')).toBe('MIT');
  });

  test('is unpacked from a zip all the same, flat or in folders', async () => {
    await unpack(
      await zipOf([
        { name: 'build/bin/llama-server', mode: 0o755, content: Buffer.from('program') },
        { name: 'build/bin/libx.so', mode: LINK_MODE, content: Buffer.from('libx.so.0') },
        { name: 'build/bin/libx.so.0', content: Buffer.from('library') },
        { name: 'flat.dll' },
      ]),
    );
    const at = (name: string): string => path.join(target, 'build/bin', name);
    expect((await stat(at('llama-server'))).mode & 0o777).toBe(0o755);
    expect((await lstat(at('libx.so'))).isSymbolicLink()).toBe(true);
    expect(await readFile(at('libx.so'), 'utf8')).toBe('library');
    expect(await readFile(path.join(target, 'flat.dll'), 'utf8')).toBe('content');
  });
});

describe('an archive that attacks is refused and writes nothing', () => {
  const good = { path: 'llama-b1/LICENSE', content: 'MIT' };
  const cases: readonly (readonly [string, readonly TarEntry[]])[] = [
    ['a path that leaves the folder', [{ path: '../outside', content: 'bad' }]],
    ['one that leaves it further in', [{ path: 'a/../../outside', content: 'bad' }]],
    ['an absolute path', [{ path: '/tmp/llamero-absolute', content: 'bad' }]],
    ['a path of Windows', [{ path: 'a\\..\\..\\outside', content: 'bad' }]],
    ['a drive of Windows', [{ path: 'C:/outside', content: 'bad' }]],
    ['a control character', [{ path: 'a\u001B[31m', content: 'bad' }]],
    ['a link out', [{ path: 'out', type: 'SymbolicLink', target: '../../outside' }]],
    ['an absolute link', [{ path: 'out', type: 'SymbolicLink', target: '/etc/passwd' }]],
    [
      'a link out and a file through it',
      [
        { path: 'out', type: 'SymbolicLink', target: '../..' },
        { path: 'out/outside', content: 'bad' },
      ],
    ],
    [
      'a file through a link that stays inside',
      [
        { path: 'here', type: 'SymbolicLink', target: '.' },
        { path: 'here/file', content: 'bad' },
      ],
    ],
    [
      'a link that climbs by another link',
      [
        { path: 's/t/a', type: 'SymbolicLink', target: '../..' },
        { path: 'l', type: 'SymbolicLink', target: 's/t/a/..' },
      ],
    ],
    [
      'a file in place of a link',
      [
        { path: 'libx.so', type: 'SymbolicLink', target: 'libx.so.0' },
        { path: 'libx.so', content: 'bad' },
      ],
    ],
    ['a hard link out', [{ path: 'hard', type: 'Link', target: '../../outside' }]],
    [
      'a hard link to a path of the system',
      [{ path: 'hard', type: 'Link', target: '/etc/passwd' }],
    ],
    ['a fifo', [{ path: 'pipe', type: 'FIFO' }]],
    ['a device', [{ path: 'null', type: 'CharacterDevice' }]],
    [
      'names that differ in case alone',
      [
        { path: 'a/lib', content: 'one' },
        { path: 'a/LIB', content: 'two' },
      ],
    ],
    [
      'the same file twice',
      [
        { path: 'a', content: 'one' },
        { path: 'a', content: 'two' },
      ],
    ],
    ['a file that declares too much', [{ path: 'huge', size: 3 * GIB }]],
  ];

  test.each(cases)('tar: %s', async (_, entries) => {
    const error = await caught(unpack(await tarOf([good, ...entries])));
    expect(error.code).toBe('ARCHIVE_REFUSED');
    expect(error.exitCode).toBe(8);
    expect(error.message).not.toMatch(/[\u0000-\u001F]/u);
    await expectNothingWritten();
  });

  const zips: readonly (readonly [string, readonly Partial<ZipEntry>[]])[] = [
    ['a path that leaves the folder', [{ name: '../outside' }]],
    ['an absolute path', [{ name: '/tmp/llamero-absolute' }]],
    ['a link out', [{ name: 'out', mode: LINK_MODE, content: Buffer.from('../../outside') }]],
    [
      'a file through a link',
      [{ name: 'here', mode: LINK_MODE, content: Buffer.from('.') }, { name: 'here/file' }],
    ],
    ['names that differ in case alone', [{ name: 'lib' }, { name: 'LIB' }]],
    ['a link without an end', [{ name: 'l', mode: LINK_MODE, content: Buffer.alloc(5000, 'a') }]],
  ];

  test.each(zips)('zip: %s', async (_, entries) => {
    const error = await caught(unpack(await zipOf([{ name: 'LICENSE' }, ...entries])));
    expect(error.code).toBe('ARCHIVE_REFUSED');
    await expectNothingWritten();
  });

  test.each([
    ['more entries than any release', { entries: 2 }],
    ['a file larger than any of a release', { fileSize: 10 }],
    ['more than fits', { totalSize: 100 }],
  ])('%s', async (_, limits) => {
    const entries = Array.from({ length: 4 }, (_, index) => ({
      path: `file-${index}`,
      content: 'x'.repeat(40),
    }));
    const error = await caught(unpack(await tarOf(entries), limits));
    expect(error.code).toBe('ARCHIVE_REFUSED');
    await expectNothingWritten();
  });

  test('a bomb: far more than its size', async () => {
    const content = Buffer.alloc(110 * 1024 * 1024);
    const error = await caught(unpack(await tarOf([{ path: 'zeros', content }])));
    expect(error.message).toContain('more than 200 times its size');
    await expectNothingWritten();
    const zipped = await caught(unpack(await zipOf([{ name: 'zeros', content }])));
    expect(zipped.message).toContain('more than 200 times its size');
    await expectNothingWritten();
  });
});

describe('an archive that is broken', () => {
  test.each([
    ['no archive', 'x.tar.gz', Buffer.from('<html>404</html>')],
    ['no zip', 'x.zip', Buffer.from('<html>404</html>')],
    ['nothing', 'x.tar.gz', Buffer.alloc(0)],
  ])('%s', async (_, name, content) => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    const error = await caught(unpack(file));
    expect(error.code).toBe('FILE_DAMAGED');
    await expectNothingWritten();
  });

  test('cut short: nothing of it is written', async () => {
    const file = await tarOf([
      { path: 'one', content: 'one' },
      {
        path: 'two',
        content: Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251)),
      },
    ]);
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length / 2));
    expect((await caught(unpack(file))).code).toBe('FILE_DAMAGED');
    await expectNothingWritten();
  });
});

test('an interrupted one ends with what interrupted it', async () => {
  const file = await tarOf([{ path: 'one', content: 'one' }]);
  const options = { file, folder: target, signal: AbortSignal.abort() };
  expect((await caught(extractArchive(options))).code).toBe('INTERRUPTED');
});
