import { freemem, totalmem } from 'node:os';

import type { System } from '../../engine/system.ts';

/** The machine's own memory, in bytes. */
export interface MachineMemory {
  readonly total: number;
  /** What new programs can have without others being pushed out. */
  readonly free: number;
  /**
   * How much of `free` is pages of files that programs have mapped, as models are: they count as
   * free, and are wanted all the same. 0 where the system does not count them as free.
   */
  readonly mapped: number;
}

/** What the memory is asked through. */
export type MemorySystem = Pick<System, 'platform' | 'readText' | 'run'>;

const KIB = 1024;

/**
 * The memory of this machine, or of the container it is: on Linux what the kernel calls available,
 * cut down to what the control groups of this process leave; on macOS free, inactive, speculative
 * and purgeable pages; elsewhere what Node calls free.
 */
export async function machineMemory(system: MemorySystem): Promise<MachineMemory> {
  switch (system.platform) {
    case 'linux':
      return linuxMemory(system);
    case 'darwin': {
      const free = parseVmStat((await system.run('/usr/bin/vm_stat', [])) ?? '');
      return { total: totalmem(), free: free ?? freemem(), mapped: 0 };
    }
    default:
      return { total: totalmem(), free: freemem(), mapped: 0 };
  }
}

async function linuxMemory(system: MemorySystem): Promise<MachineMemory> {
  const [meminfo, groups] = await Promise.all([
    system.readText('/proc/meminfo'),
    system.readText('/proc/self/cgroup'),
  ]);
  const figure = (name: string): number | undefined => meminfoFigure(meminfo ?? '', name);
  let total = figure('MemTotal') ?? totalmem();
  let free = figure('MemAvailable') ?? freemem();
  for (const folder of groupFolders(groups ?? '')) {
    const group = await groupMemory(system, folder);
    if (group === undefined) continue;
    total = Math.min(total, group.limit);
    free = Math.min(free, group.free);
  }
  return { total, free, mapped: figure('Mapped') ?? 0 };
}

/** A line of /proc/meminfo, in bytes. Source: https://docs.kernel.org/filesystems/proc.html#meminfo */
function meminfoFigure(meminfo: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d{1,15}) kB$`, 'mu').exec(meminfo)?.[1];
  return found === undefined ? undefined : Number(found) * KIB;
}

/**
 * Free pages of `vm_stat`, in bytes, with those that macOS gives away at once.
 *
 * @returns undefined for text that is none of its output
 */
export function parseVmStat(text: string): number | undefined {
  const pageSize = /page size of (\d{1,7}) bytes/u.exec(text)?.[1];
  if (pageSize === undefined) return undefined;
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d{1,15})\\.`, 'mu').exec(text)?.[1] ?? 0),
  );
  return pages.reduce((sum, count) => sum + count, 0) * Number(pageSize);
}

interface GroupFolder {
  readonly version: 1 | 2;
  readonly path: string;
}

/**
 * The folders that may limit the memory of this process, from its own control group up to the root.
 * In a container the root is what the container sees as such.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
function groupFolders(text: string): GroupFolder[] {
  const folders: GroupFolder[] = [];
  for (const line of text.split('\n')) {
    const { controllers, group } =
      /^\d+:(?<controllers>[^:]*):(?<group>\/.*)$/u.exec(line)?.groups ?? {};
    if (controllers === undefined || group === undefined || group.includes('..')) continue;
    const isMemory = controllers.split(',').includes('memory');
    if (!isMemory && controllers !== '') continue;
    const version = isMemory ? 1 : 2;
    const root = isMemory ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
    const names = group.split('/').filter((name) => name !== '');
    for (let depth = names.length; depth >= 0; depth -= 1) {
      folders.push({ version, path: [root, ...names.slice(0, depth)].join('/') });
    }
  }
  return folders;
}

const GROUP_FILES = {
  1: {
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    inactive: 'total_inactive_file',
  },
  2: { limit: 'memory.max', used: 'memory.current', inactive: 'inactive_file' },
} as const;

/** What a control group leaves; pages of files that nobody uses are given back when asked for. */
async function groupMemory(
  system: MemorySystem,
  { path, version }: GroupFolder,
): Promise<{ limit: number; free: number } | undefined> {
  const files = GROUP_FILES[version];
  const limit = Number((await system.readText(`${path}/${files.limit}`)) ?? Number.NaN);
  // `max` of version 2; version 1 has a number near 2^63 for no limit.
  if (!Number.isFinite(limit) || limit > Number.MAX_SAFE_INTEGER) return undefined;
  const [used, statistics] = await Promise.all([
    system.readText(`${path}/${files.used}`),
    system.readText(`${path}/memory.stat`),
  ]);
  const inactive = new RegExp(`^${files.inactive} (\\d{1,15})$`, 'mu').exec(statistics ?? '')?.[1];
  const held = Math.max(Number(used ?? 0) - Number(inactive ?? 0), 0);
  return { limit, free: Math.max(limit - held, 0) };
}
