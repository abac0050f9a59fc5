import type { MachineRoom } from '../../gguf/fit.ts';
import type { Device } from './devices.ts';
import type { MachineMemory } from './machine-memory.ts';

/** What the engine leaves of each device. Source: `--fit-target` in https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp */
const DEVICE_MARGIN = 1024 ** 3;

/** All the memory of a machine, whatever takes some of it now. */
export function machineRoom(
  { total: ram }: Pick<MachineMemory, 'total'>,
  devices: readonly Device[],
): MachineRoom {
  if (devices.length === 0) return { ram, shared: false };
  // Where a card stands beside graphics in the processor, the card's memory is what counts.
  const own = devices.filter(({ shared }) => !shared);
  const counted = own.length > 0 ? own : devices;
  const gpu = counted.reduce((sum, { total }) => sum + Math.max(total - DEVICE_MARGIN, 0), 0);
  return { ram, gpu, shared: own.length === 0 };
}
