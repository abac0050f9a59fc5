import { randomBytes } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { LlameroError, systemErrorCode, throwIfAborted } from './errors.ts';
import { makeFolder, onDisk, renameOver } from './files.ts';
import { pause } from './pause.ts';
import { isAlive, processIdentity } from './process-identity.ts';

const HEARTBEAT_MS = 5_000;
/** Without a heartbeat for so long, a lock of another machine counts as left behind. */
const STALE_ELSEWHERE_MS = 60_000;
/** The same on this machine, where the process number may since belong to somebody else. */
const STALE_HERE_MS = 600_000;
const FIRST_POLL_MS = 60;
const LONGEST_POLL_MS = 1_000;

interface Owner {
  readonly pid: number;
  /** What tells the process from others that get its number later. */
  readonly identity?: string | undefined;
  readonly host: string;
  readonly token: string;
  readonly purpose: string;
}

/** Who holds a lock, for the sentence that says so. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly purpose: string;
}

/** How a lock is taken. */
export interface LockOptions {
  /** What the holder does, as others will read it: `pulling user/repo:Q4_K_M`. */
  readonly purpose: string;
  /** Seconds to wait for another holder; 0 fails at once. Without it the wait has no end. */
  readonly waitSeconds?: number;
  /** Called once, when the lock turns out to be held and the wait begins. */
  readonly onWait?: (holder: LockHolder) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs work while a lock file is held, so that two processes do not do it at once. The lock of a
 * process that died is taken over.
 *
 * @throws LlameroError BUSY when another process holds the lock for longer than the wait allows
 */
export async function withLock<T>(
  lockPath: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const owner: Owner = {
    pid: process.pid,
    identity: await ownIdentity(),
    host: hostname(),
    token: randomBytes(8).toString('hex'),
    purpose: options.purpose,
  };
  await acquire(lockPath, owner, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A heartbeat that cannot be written shows as an old one; nothing is lost by going on.
    utimes(lockPath, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await release(lockPath, owner);
  }
}

async function acquire(lockPath: string, owner: Owner, options: LockOptions): Promise<void> {
  const deadline =
    options.waitSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : Date.now() + options.waitSeconds * 1000;
  let told = false;
  let wait = FIRST_POLL_MS;
  await onDisk(lockPath, () => makeFolder(path.dirname(lockPath)));
  for (;;) {
    throwIfAborted(options.signal);
    if (await create(lockPath, owner)) return;
    const holder = await readOwner(lockPath);
    if (holder === 'left behind') {
      await takeAway(lockPath, owner);
      continue;
    }
    if (holder !== undefined && Date.now() >= deadline) {
      throw new LlameroError(
        'BUSY',
        `Another llamero (process ${holder.pid}) is ${holder.purpose}`,
        { hint: 'Wait until it has finished, then run the command again' },
      );
    }
    if (holder !== undefined && !told) {
      told = true;
      options.onWait?.(holder);
    }
    await pause(wait, options.signal);
    wait = Math.min(wait * 1.3, LONGEST_POLL_MS);
  }
}

async function create(lockPath: string, owner: Owner): Promise<boolean> {
  try {
    return await onDisk(lockPath, async () => {
      const handle = await open(lockPath, 'wx', 0o600);
      try {
        await handle.writeFile(JSON.stringify(owner));
      } catch (error) {
        // An empty one would keep everybody waiting until it counts as left behind.
        await rm(lockPath, { force: true });
        throw error;
      } finally {
        await handle.close();
      }
      return true;
    });
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(lockPath: string): Promise<Owner | 'left behind' | undefined> {
  let text: string;
  let age: number;
  try {
    age = Date.now() - (await stat(lockPath)).mtimeMs;
    text = await readFile(lockPath, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const owner = parseOwner(text);
  // An unreadable lock is one that is being written, or one whose writer died while writing it.
  if (owner === undefined) return age > HEARTBEAT_MS ? 'left behind' : undefined;
  if (owner.host !== hostname()) return age > STALE_ELSEWHERE_MS ? 'left behind' : owner;
  return age <= STALE_HERE_MS && (await stillRuns(owner)) ? owner : 'left behind';
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, identity, host, token, purpose } = value as Partial<Record<keyof Owner, unknown>>;
    if (identity !== undefined && typeof identity !== 'string') return undefined;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    if (typeof token !== 'string' || typeof purpose !== 'string') return undefined;
    return { pid, identity, host, token, purpose };
  } catch {
    return undefined;
  }
}

/**
 * Whether the process that took a lock still runs. Where that can be had cheaply its beginning is
 * compared too: the number of a process that has ended is given to another one sooner or later.
 */
async function stillRuns({ pid, identity }: Owner): Promise<boolean> {
  if (!isAlive(pid)) return false;
  return identity === undefined || (await processIdentity(pid)) === identity;
}

/** Who we are; on Windows that takes half a second to find out, so there the number has to do. */
async function ownIdentity(): Promise<string | undefined> {
  return process.platform === 'win32' ? undefined : processIdentity(process.pid);
}

/**
 * Removes a lock that was left behind. Renaming it first lets exactly one of several waiters win:
 * a plain delete could remove the lock that a faster waiter has just taken.
 */
async function takeAway(lockPath: string, owner: Owner): Promise<void> {
  const aside = `${lockPath}.${owner.token}`;
  try {
    await onDisk(lockPath, () => renameOver(lockPath, aside));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  const taken = await readOwner(aside);
  if (taken !== 'left behind' && taken !== undefined) {
    // It was a living one after all, taken between our look and our rename: give it back.
    await renameOver(aside, lockPath);
    return;
  }
  await rm(aside, { force: true });
}

async function release(lockPath: string, owner: Owner): Promise<void> {
  const text = await readFile(lockPath, 'utf8').catch(() => undefined);
  if (text !== undefined && parseOwner(text)?.token === owner.token) {
    await rm(lockPath, { force: true });
  }
}
