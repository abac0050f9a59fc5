import { execFile } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The program that listens on a port, as far as this account may know. */
export interface PortOwner {
  readonly pid: number;
  readonly name: string;
  /** Its words, where they can be read. */
  readonly commandLine: readonly string[];
}

/** Nobody waits longer than this for an answer that only makes an error more helpful. */
const SECONDS = 3;
/** The state of a listening socket in /proc/net/tcp. Source: include/net/tcp_states.h of Linux. */
const LISTENING = '0A';

/**
 * Finds out who listens on a TCP port of this machine. Best effort: the processes of other accounts
 * cannot be looked into.
 */
export async function portOwner(
  port: number,
  platform: NodeJS.Platform = process.platform,
): Promise<PortOwner | undefined> {
  try {
    switch (platform) {
      case 'linux':
        return await linuxOwner(port, Date.now() + SECONDS * 1000);
      case 'win32':
        return await windowsOwner(port);
      default:
        return await lsofOwner(port);
    }
  } catch {
    // No such program, no permission, no time: then nobody is named.
    return undefined;
  }
}

/** Source: proc_net(5), proc_pid_fd(5). */
async function linuxOwner(port: number, deadline: number): Promise<PortOwner | undefined> {
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const inode of listeningInodes(text, port)) sockets.add(`socket:[${inode}]`);
  }
  if (sockets.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (Date.now() > deadline) return undefined;
    if (!/^\d+$/u.test(entry) || !(await holds(`/proc/${entry}/fd`, sockets))) continue;
    const words = await readFile(`/proc/${entry}/cmdline`, 'utf8');
    const commandLine = words.split('\0').filter((word) => word !== '');
    // What a program calls its first thread may say nothing: Node's is «MainThread».
    const name = path.basename(commandLine[0] ?? (await readFile(`/proc/${entry}/comm`, 'utf8')));
    return { pid: Number(entry), name, commandLine };
  }
  return undefined;
}

/** The inodes of the sockets that listen on a port, from the text of `/proc/net/tcp`. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local = '', , state]) => local.endsWith(wanted) && state === LISTENING)
    .flatMap((fields) => (fields[9] === undefined ? [] : [fields[9]]));
}

async function holds(folder: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const target = await readlink(path.join(folder, name)).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}

/** Source: lsof(8), output for other programs: a letter and a value a line. */
async function lsofOwner(port: number): Promise<PortOwner | undefined> {
  const words = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  const { stdout } = await execute('lsof', words, { timeout: SECONDS * 1000 });
  const pid = Number(/^p(\d+)$/mu.exec(stdout)?.[1]);
  const name = /^c(.+)$/mu.exec(stdout)?.[1];
  if (!Number.isInteger(pid) || name === undefined) return undefined;
  const asked = await execute('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    timeout: SECONDS * 1000,
  }).catch(() => ({ stdout: '' }));
  return { pid, name, commandLine: asked.stdout.trim().split(' ') };
}

/** Source: https://learn.microsoft.com/windows-server/administration/windows-commands/netstat */
async function windowsOwner(port: number): Promise<PortOwner | undefined> {
  const options = { timeout: SECONDS * 1000, windowsHide: true };
  const { stdout } = await execute('netstat', ['-ano', '-p', 'TCP'], options);
  const line = stdout
    .split('\n')
    .map((text) => text.trim().split(/\s+/u))
    // The word for «listening» is in the user's language; the far end of a listener is port 0.
    .find(([, local = '', far = '']) => local.endsWith(`:${port}`) && far.endsWith(':0'));
  const pid = Number(line?.[4]);
  if (!Number.isInteger(pid)) return undefined;
  const task = await execute('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'], options);
  const name = /^"([^"]+)"/mu.exec(task.stdout)?.[1];
  return name === undefined ? undefined : { pid, name, commandLine: [] };
}
