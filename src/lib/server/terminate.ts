import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { pause } from '../pause.ts';
import { groupMembers, processIdentity } from '../process-identity.ts';

/** llama-server gives each of its models ten seconds to end. */
const POLITE_SECONDS = 15;
const FORCED_SECONDS = 10;
const POLL_MS = 50;

/** A process, told apart from a later one of the same number. */
export interface KnownProcess {
  readonly pid: number;
  readonly identity: string;
}

/**
 * Ends a router and every process it started: asks first, then kills. Returns when all are gone.
 *
 * @throws LlameroError BUSY when a process will not go even then
 */
export async function terminateRouter(
  router: KnownProcess,
  politeSeconds = POLITE_SECONDS,
): Promise<void> {
  const { identity, pid } = router;
  if ((await processIdentity(pid)) !== identity) return;
  if (process.platform === 'win32') {
    // There are no signals on Windows; /T takes the children too.
    await promisify(execFile)('taskkill', ['/PID', String(pid), '/T', '/F'], { windowsHide: true });
  } else {
    send(pid, 'SIGTERM');
  }
  if (await hasGone(router, politeSeconds)) return;
  // The number is still held by a living member of the group, so it names no other group.
  send(-pid, 'SIGKILL');
  if (await hasGone(router, FORCED_SECONDS)) return;
  throw new LlameroError('BUSY', `The server (process ${pid}) does not end, not even when killed`, {
    hint: 'It waits for a device or a disk. Try again in a minute; if it stays, restart the machine',
  });
}

async function hasGone({ identity, pid }: KnownProcess, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const runs = (await processIdentity(pid)) === identity;
    if (!runs && (await groupMembers(pid)).length === 0) return true;
    if (Date.now() >= deadline) return false;
    await pause(POLL_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone in the meantime, which is what was wanted.
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
