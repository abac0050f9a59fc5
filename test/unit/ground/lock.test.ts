import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type LockHolder, withLock } from '../../../src/lib/lock.ts';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-lock-'));
  lock = path.join(folder, 'thing.lock');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function leaveBehind(owner: object | string, ageSeconds = 0): Promise<void> {
  await writeFile(lock, typeof owner === 'string' ? owner : JSON.stringify(owner));
  const then = new Date(Date.now() - ageSeconds * 1000);
  await utimes(lock, then, then);
}

async function deadPid(): Promise<number> {
  const child = execa(process.execPath, ['-e', '']);
  await child;
  return child.pid ?? 0;
}

test('work that fails gives the lock back', async () => {
  await expect(
    withLock(lock, { purpose: 'failing' }, () => Promise.reject(new Error('oops'))),
  ).rejects.toThrow('oops');
  expect(await readdir(folder)).toEqual([]);
});

test('many at once go one after the other', async () => {
  let inside = 0;
  let most = 0;
  let count = 0;
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withLock(lock, { purpose: 'counting' }, async () => {
        inside += 1;
        most = Math.max(most, inside);
        const before = count;
        await new Promise((resolve) => setTimeout(resolve, 3));
        count = before + 1;
        inside -= 1;
      }),
    ),
  );
  expect({ most, count }).toEqual({ most: 1, count: 12 });
});

test('the one who waits is told for whom', async () => {
  let told: LockHolder | undefined;
  await withLock(lock, { purpose: 'pulling a/b' }, async () => {
    await expect(
      withLock(
        lock,
        { purpose: 'pulling a/b', waitSeconds: 0.3, onWait: (holder) => (told = holder) },
        () => Promise.resolve(),
      ),
    ).rejects.toMatchObject({ code: 'BUSY' });
  });
  expect(told).toMatchObject({ pid: process.pid, purpose: 'pulling a/b' });
});

test('a wait ends when it is aborted', async () => {
  await withLock(lock, { purpose: 'holding' }, async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(
      withLock(lock, { purpose: 'waiting', signal: controller.signal }, () => Promise.resolve()),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

test('the lock of a dead process is taken over', async () => {
  const owner = { pid: await deadPid(), host: hostname(), token: 'x', purpose: 'dying' };
  await leaveBehind(owner);
  expect(await withLock(lock, { purpose: 'living' }, () => Promise.resolve(1))).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process whose number another one has now is taken over', async () => {
  const owner = { pid: process.pid, identity: 'other', host: hostname(), token: 'x', purpose: 'y' };
  await leaveBehind(owner);
  const options = { purpose: 'living', waitSeconds: 0 };
  expect(await withLock(lock, options, () => Promise.resolve(1))).toBe(1);
});

test.each([
  [
    'on another machine, without a heartbeat',
    { pid: 1, host: 'elsewhere', token: 'x', purpose: 'y' },
    90,
  ],
  [
    'on this machine, long without a heartbeat',
    { pid: process.pid, host: hostname(), token: 'x', purpose: 'y' },
    900,
  ],
  ['that is damaged and old', '{"pid":', 30],
])('a lock %s is taken over', async (_name, owner, age) => {
  await leaveBehind(owner, age);
  const options = { purpose: 'living', waitSeconds: 0 };
  expect(await withLock(lock, options, () => Promise.resolve(1))).toBe(1);
});

test('a fresh lock of another machine is respected', async () => {
  await leaveBehind({ pid: 1, host: 'elsewhere', token: 'x', purpose: 'y' }, 20);
  await expect(
    withLock(lock, { purpose: 'living', waitSeconds: 0 }, () => Promise.resolve()),
  ).rejects.toMatchObject({ code: 'BUSY' });
});
