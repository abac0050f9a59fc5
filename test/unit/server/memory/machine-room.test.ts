import { expect, test } from 'vitest';

import { parseDevices } from '../../../../src/lib/server/memory/devices.ts';
import { machineRoom } from '../../../../src/lib/server/memory/machine-room.ts';

const GIB = 1024 ** 3;
const memory = { total: 32 * GIB };

test.each<[string, string, ReturnType<typeof machineRoom>]>([
  ['no devices', '', { ram: 32 * GIB, shared: false }],
  [
    'a card, of which the engine leaves a gibibyte',
    '  CUDA0: NVIDIA GeForce RTX 5070 (12288 MiB, 100 MiB free)',
    { ram: 32 * GIB, gpu: 11 * GIB, shared: false },
  ],
  [
    'a card beside graphics in the processor: the card alone counts',
    '  Vulkan0: NVIDIA GeForce RTX 5070 (12288 MiB, 100 MiB free)\n  Vulkan1: AMD Radeon Graphics (16384 MiB, 9000 MiB free)',
    { ram: 32 * GIB, gpu: 11 * GIB, shared: false },
  ],
  [
    'graphics that share the memory',
    '  MTL0: Apple M3 Pro (24576 MiB, 24576 MiB free)',
    { ram: 32 * GIB, gpu: 23 * GIB, shared: true },
  ],
  [
    'two cards',
    '  CUDA0: A (8192 MiB, 1 MiB free)\n  CUDA1: B (512 MiB, 1 MiB free)',
    { ram: 32 * GIB, gpu: 7 * GIB, shared: false },
  ],
])('the room of a machine with %s', (_, devices, room) => {
  expect(machineRoom(memory, parseDevices(devices))).toEqual(room);
});
