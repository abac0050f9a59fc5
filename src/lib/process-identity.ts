import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import { systemErrorCode } from './errors.ts';

const execute = promisify(execFile);

/**
 * `ps` writes dates in the user's language and time zone; an identity must not change with them.
 */
const PS_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/** Whether a process number is in use, by whatever process and whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/** What Linux tells about a process. */
interface ProcessStat {
  readonly state: string;
  readonly group: number;
  /** Clock ticks since the machine started. */
  readonly startTicks: string;
}

/**
 * A text that is the same for the whole life of a process and differs for any other that gets the
 * same number later, also after the machine was started anew: made from the time it began.
 * Undefined when no such process runs (one that has ended and was not yet collected by its parent
 * does not run).
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  switch (process.platform) {
    case 'linux': {
      const stat = await linuxStat(pid);
      if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
      return `${boot.trim()}/${stat.startTicks}`;
    }
    case 'win32':
      return windowsStartTime(pid);
    default:
      return unixStartTime(pid);
  }
}

/**
 * Whether the machine was started anew since an identity was taken. Only Linux tells; elsewhere the
 * answer is no.
 */
export async function machineWasRestarted(identity: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return !identity.startsWith(`${boot.trim()}/`);
}

/**
 * The processes of a group that still run. The router leads a group of its own and its children
 * stay in it, so this tells whether all have gone. Windows has no groups; there only the process
 * itself counts.
 */
export async function groupMembers(group: number): Promise<number[]> {
  switch (process.platform) {
    case 'linux':
      return linuxGroup(group);
    case 'win32':
      return isAlive(group) ? [group] : [];
    default:
      return unixGroup(group);
  }
}

/** Source: proc_pid_stat(5). The second field is the name in brackets and may hold anything. */
async function linuxStat(pid: number): Promise<ProcessStat | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state = '', , group = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, group: Number(group), startTicks: rest[16] ?? '' };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function linuxGroup(group: number): Promise<number[]> {
  const members: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const stat = await linuxStat(Number(name));
    if (stat?.group === group && stat.state !== 'Z' && stat.state !== 'X') {
      members.push(Number(name));
    }
  }
  return members;
}

async function unixStartTime(pid: number): Promise<string | undefined> {
  const line = await output('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
  if (line === undefined || line === '' || line.startsWith('Z')) return undefined;
  return line.replace(/^\S+\s+/u, '');
}

async function unixGroup(group: number): Promise<number[]> {
  const lines = (await output('ps', ['-A', '-o', 'pid=,pgid=,stat='])) ?? '';
  return lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, of, state]) => Number(of) === group && state?.startsWith('Z') === false)
    .map(([pid]) => Number(pid));
}

async function windowsStartTime(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  const command = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CreationDate.ToFileTimeUtc()`;
  const time = await output('powershell.exe', [
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    command,
  ]);
  return time === '' ? undefined : time;
}

/**
 * What a program prints, or undefined when it fails, as `ps` does when there is no such process.
 */
async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await execute(program, args, {
      timeout: 15_000,
      windowsHide: true,
      ...(process.platform === 'win32' ? {} : { env: PS_ENVIRONMENT }),
    });
    return stdout.trim();
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'number') return undefined;
    throw error;
  }
}
