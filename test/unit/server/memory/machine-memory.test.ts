import { freemem, totalmem } from 'node:os';

import { describe, expect, test } from 'vitest';

import { createSystem } from '../../../../src/lib/engine/system.ts';
import { parseDevices } from '../../../../src/lib/server/memory/devices.ts';
import {
  type MemorySystem,
  machineMemory,
  parseVmStat,
} from '../../../../src/lib/server/memory/machine-memory.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

function linux(files: Readonly<Record<string, string>>): MemorySystem {
  return {
    platform: 'linux',
    readText: (file) => Promise.resolve(files[file]),
    run: () => Promise.resolve(undefined),
  };
}

const MEMINFO = [
  'MemTotal:       16777216 kB',
  'MemFree:         1048576 kB',
  'MemAvailable:    8388608 kB',
  'Mapped:           524288 kB',
].join('\n');

describe('the memory of a Linux machine', () => {
  test('is what the kernel calls available', async () => {
    expect(await machineMemory(linux({ '/proc/meminfo': MEMINFO }))).toEqual({
      total: 16 * GIB,
      free: 8 * GIB,
      mapped: GIB / 2,
    });
  });

  test('is what the control group leaves, with unused pages of files given back', async () => {
    const system = linux({
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/user/job\n',
      '/sys/fs/cgroup/user/job/memory.max': `${4 * GIB}\n`,
      '/sys/fs/cgroup/user/job/memory.current': `${3 * GIB}\n`,
      '/sys/fs/cgroup/user/job/memory.stat': `anon 5\ninactive_file ${2 * GIB}\n`,
    });
    expect(await machineMemory(system)).toMatchObject({ total: 4 * GIB, free: 3 * GIB });
  });

  test('is bounded by a group above', async () => {
    const system = linux({
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/user/job\n',
      '/sys/fs/cgroup/user/job/memory.max': 'max\n',
      '/sys/fs/cgroup/user/memory.max': `${2 * GIB}\n`,
      '/sys/fs/cgroup/user/memory.current': `${GIB}\n`,
    });
    expect(await machineMemory(system)).toMatchObject({ total: 2 * GIB, free: GIB });
  });

  test('is bounded by the limits of a container', async () => {
    const system = linux({
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${GIB}\n`,
      '/sys/fs/cgroup/memory.current': `${GIB / 2}\n`,
    });
    expect(await machineMemory(system)).toMatchObject({ total: GIB, free: GIB / 2 });
  });

  test('is bounded by control groups of version 1, where a huge number is no limit', async () => {
    const files = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/job\n',
      '/sys/fs/cgroup/memory/job/memory.limit_in_bytes': `${GIB}\n`,
      '/sys/fs/cgroup/memory/job/memory.usage_in_bytes': `${GIB / 4}\n`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    };
    expect(await machineMemory(linux(files))).toMatchObject({ total: GIB, free: 0.75 * GIB });
  });

  test('is what Node says where there is no /proc', async () => {
    const { free, mapped, total } = await machineMemory(linux({}));
    expect([total, mapped]).toEqual([totalmem(), 0]);
    expect(free).toBeGreaterThan(0);
  });

  test('of this very machine lies between nothing and all of it', async () => {
    const { free, total } = await machineMemory(createSystem({ environment: {} }));
    expect(free).toBeGreaterThan(0);
    expect(free).toBeLessThanOrEqual(total);
    expect(total).toBeLessThanOrEqual(totalmem());
  });
});

const VM_STAT = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            400000.
Pages inactive:                           20000.
Pages speculative:                         3000.
Pages wired down:                        100000.
Pages purgeable:                            400.
`;

describe('the memory of a Mac', () => {
  test('counts the pages that are given away at once', async () => {
    const system: MemorySystem = {
      platform: 'darwin',
      readText: () => Promise.resolve(undefined),
      run: () => Promise.resolve(VM_STAT),
    };
    expect((await machineMemory(system)).free).toBe(33_400 * 16_384);
  });

  test('other text tells nothing', () => {
    expect(parseVmStat('command not found')).toBeUndefined();
  });
});

test('elsewhere the memory is what Node calls free', async () => {
  const system: MemorySystem = { ...linux({}), platform: 'win32' };
  const { free, total } = await machineMemory(system);
  expect(total).toBe(totalmem());
  expect(Math.abs(free - freemem())).toBeLessThan(total);
});

describe('devices', () => {
  const one = (line: string) => parseDevices(`Available devices:\n  ${line}\n`);

  test('are read with their memory', () => {
    expect(one('CUDA0: NVIDIA GeForce RTX 5070 (12226 MiB, 11036 MiB free)')).toEqual([
      {
        id: 'CUDA0',
        name: 'NVIDIA GeForce RTX 5070',
        total: 12_226 * MIB,
        free: 11_036 * MIB,
        shared: false,
      },
    ]);
  });

  test.each([
    ['MTL0: Apple M3 Pro (27648 MiB, 27647 MiB free)', true],
    ['Vulkan0: Intel(R) UHD Graphics 770 (ADL-S GT1) (31998 MiB, 28798 MiB free)', true],
    ['Vulkan0: AMD Radeon Graphics (RADV RENOIR) (8000 MiB, 7900 MiB free)', true],
    ['Vulkan0: AMD Radeon RX 7900 XTX (RADV NAVI31) (24560 MiB, 24000 MiB free)', false],
    ['SYCL0: Intel(R) Arc(TM) A770 Graphics (15473 MiB, 15473 MiB free)', false],
  ])('%s has the machine’s memory: %s', (line, shared) => {
    expect(one(line)).toMatchObject([{ shared }]);
  });

  test.each([
    'none',
    '',
    '  (none)',
    'Available devices:\n  (none)',
    '  BLAS: OpenBLAS (0 MiB, 0 MiB free)',
    '  RPC0: host:50052 (0 MiB, 0 MiB free)',
  ])('none are in %j', (text) => {
    expect(parseDevices(text)).toEqual([]);
  });

  test('two cards of one kind are two, one card under two backends is one', () => {
    const text = [
      'Available devices:',
      '  CUDA0: NVIDIA GeForce RTX 3090 (24576 MiB, 24000 MiB free)',
      '  CUDA1: NVIDIA GeForce RTX 3090 (24576 MiB, 20000 MiB free)',
      '  Vulkan0: NVIDIA GeForce RTX 3090 (24576 MiB, 24000 MiB free)',
    ].join('\n');
    expect(parseDevices(text).map(({ id }) => id)).toEqual(['CUDA0', 'CUDA1']);
  });
});
