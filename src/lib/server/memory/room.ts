import { gpuBytes } from '../../gguf/memory.ts';
import type { Device } from './devices.ts';
import type { LoadEstimate, LoadQuestion } from './load-question.ts';
import type { MachineMemory } from './machine-memory.ts';

/** Memory that a model may take, in bytes, without what stays free. */
export interface Room {
  /** The machine's own memory. */
  readonly ram: number;
  /** Memory of all devices; undefined where there are none. */
  readonly gpu?: number;
  /**
   * Whether the devices have no memory of their own: `gpu` is then how much of `ram` they may use,
   * taken or not.
   */
  readonly shared: boolean;
}

/** A model that takes memory, as a question, with the context it runs with. */
export interface Occupant {
  readonly question: LoadQuestion;
  readonly contextSize: number;
}

/** What stays free of the machine's memory: room for the page tables and buffers of the load itself. */
const RAM_RESERVE = 256 * 1024 * 1024;

/**
 * The room there is now. Of each device stays free what the engine leaves of it. Pages of files
 * that loaded models have mapped are no room, though the system calls them free: without them
 * these models would read their weights from the disk for every token.
 */
export function roomNow(
  machine: MachineMemory,
  devices: readonly Device[],
  margin: number,
  occupants: readonly Occupant[],
): Room {
  const mapped = sum(occupants.map((occupant) => mappedBytes(occupant, devices.length > 0)));
  const ram = Math.max(machine.free - Math.min(machine.mapped, mapped) - RAM_RESERVE, 0);
  if (devices.length === 0) return { ram, shared: false };
  // Where a card stands beside graphics in the processor, the card's memory is what counts.
  const own = devices.filter(({ shared }) => !shared);
  const counted = own.length > 0 ? own : devices;
  const gpu = sum(counted.map(({ free }) => Math.max(free - margin, 0)));
  return { ram, gpu, shared: own.length === 0 };
}

/** The room once a model has been unloaded. */
export function roomWithout(room: Room, occupant: Occupant, machine: MachineMemory): Room {
  const { question } = occupant;
  const estimate = question.estimate(occupant.contextSize);
  const onGpu = room.gpu === undefined || room.shared ? 0 : partOnGpu(estimate, question);
  const most = Math.max(machine.total - RAM_RESERVE, 0);
  const ram = Math.min(room.ram + Math.max(estimate.total - onGpu, 0), most);
  return { ...room, ram, ...(room.gpu === undefined ? {} : { gpu: room.gpu + onGpu }) };
}

/** All the room there is. */
export function wholeRoom(room: Room): number {
  return room.shared ? room.ram : room.ram + (room.gpu ?? 0);
}

/**
 * Whether an estimate fits. Layers that nobody placed go where there is room; those that were
 * placed by number stay, as the engine then places nothing itself.
 */
export function fitsIn(room: Room, estimate: LoadEstimate, question: LoadQuestion): boolean {
  if (estimate.total > wholeRoom(room)) return false;
  if (room.gpu === undefined || question.gpuLayers === undefined) return true;
  const onGpu = partOnGpu(estimate, question);
  return onGpu <= room.gpu && (room.shared || estimate.total - onGpu <= room.ram);
}

/** Whether all of it that can be goes into the memory of devices. */
export function fitsOnGpu(room: Room, estimate: LoadEstimate, question: LoadQuestion): boolean {
  return room.gpu !== undefined && partOnGpu(estimate, question) <= room.gpu;
}

/** Bytes in the memory of devices, if there are any. */
export function partOnGpu(estimate: LoadEstimate, question: LoadQuestion): number {
  const layers = question.gpuLayers ?? question.layerCount;
  return gpuBytes(estimate, layers) + (layers > 0 ? estimate.beside : 0);
}

function mappedBytes({ contextSize, question }: Occupant, hasGpu: boolean): number {
  if (!question.mapped) return 0;
  const { input, perLayer, weights } = question.estimate(contextSize);
  const layers = hasGpu ? (question.gpuLayers ?? question.layerCount) : 0;
  if (layers === 0) return weights;
  // What was copied to a device is not mapped any more.
  const outside = perLayer.slice(0, Math.max(perLayer.length + 1 - layers, 0));
  return Math.min(weights, input + sum(outside.map((layer) => layer.weights)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
