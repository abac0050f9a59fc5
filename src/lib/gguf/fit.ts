import { formatMemorySize } from '../format.ts';
import type { GgufHeader } from './header.ts';
import { fieldsOf } from './header-fields.ts';
import { estimateMemory } from './memory.ts';

/** The memory of a machine, in bytes: all of it, whatever takes some of it now. */
export interface MachineRoom {
  /** The machine's own memory. */
  readonly ram: number;
  /** Memory of its devices, without what an engine leaves of them; undefined where there are none. */
  readonly gpu?: number;
  /** Whether the devices have no memory of their own: `gpu` is then how much of `ram` they may use. */
  readonly shared: boolean;
}

/** How a model fits a machine, the best first. */
export const FIT_VERDICTS = ['gpu', 'fits', 'tight', 'too-large'] as const;
export type FitVerdict = (typeof FIT_VERDICTS)[number];

/** What a model would take on a machine, and what that means. */
export interface Fit {
  /**
   * `gpu`: all of it goes into the memory of devices. `fits`: there is room for it and for other
   * programs. `tight`: hardly anything is left beside it. `too-large`: it does not fit.
   */
  readonly verdict: FitVerdict;
  /** Bytes: weights, KV cache of the context, projector and compute buffers. */
  readonly memory: number;
}

/** What a fit is asked about, besides the size of the files. */
export interface FitQuestion {
  readonly machine: MachineRoom;
  /** Tokens of context there is to be room for. */
  readonly contextSize: number;
  /** The header of any quant of the model; without it the estimate is a rough one. */
  readonly header?: GgufHeader | undefined;
  /** Bytes of the projector that is loaded with it, 0 unless told. */
  readonly projectorBytes?: number | undefined;
}

const GIB = 1024 ** 3;
/** Of a machine's memory, what the system and other programs are left in comfort, and at the least. */
const COMFORT = { least: 2 * GIB, share: 0.2 };
const RESERVE = { least: GIB, share: 0.1 };
/**
 * Without a header: what context and buffers take, by the size of the weights. Near the mark for 8
 * billion weights in 4 bits, too much for most larger models.
 */
const ROUGH = { least: GIB / 2, share: 0.12, contextSize: 8192 };

/**
 * Says how a quant fits a machine. It is judged by all the memory there is, not by what is free just
 * now: a model is pulled for later days. Whether it can be loaded now is asked when it is loaded.
 *
 * @param size bytes of the quant's files
 */
export function fitOf(size: number, question: FitQuestion): Fit {
  const memory = memoryOf(size, question);
  return { verdict: verdictOf(memory, question.machine), memory };
}

function verdictOf(memory: number, { gpu, ram, shared }: MachineRoom): FitVerdict {
  const own = gpu === undefined || shared ? 0 : gpu;
  const comfort = own + left(ram, COMFORT);
  if (gpu !== undefined && memory <= gpu && (!shared || memory <= comfort)) return 'gpu';
  if (memory <= comfort) return 'fits';
  return memory <= own + left(ram, RESERVE) ? 'tight' : 'too-large';
}

/**
 * More than any model takes whose header nobody has read: no known one keeps more for a context than
 * those whose heads all have keys of their own, which is about the size of their weights in 4 bits
 * for 8192 tokens.
 */
const MOST = { beside: 2 * GIB, share: 1.5, contextSize: 8192 };

/** Whether a quant fits for certain, and where: undefined where only a header can tell. */
export function certainFit(
  size: number,
  { contextSize, machine, projectorBytes = 0 }: Omit<FitQuestion, 'header'>,
): Extract<FitVerdict, 'gpu' | 'fits'> | undefined {
  const context = (size * MOST.share * contextSize) / MOST.contextSize;
  const verdict = verdictOf(size + context + projectorBytes + MOST.beside, machine);
  if (verdict === 'gpu') return verdict;
  // Where there is a GPU, it may fit there as well.
  return verdict === 'fits' && machine.gpu === undefined ? verdict : undefined;
}

/** The context that is judged by: no more than the model was trained for. */
export function fittedContext({ contextSize, header }: FitQuestion): number {
  const trained = header === undefined ? undefined : fieldsOf(header).number('context_length');
  return trained === undefined || trained === 0 ? contextSize : Math.min(contextSize, trained);
}

/** A machine's memory in words: `23.4 GiB of memory`, `62.7 GiB of memory and 11.0 GiB on the GPU`. */
export function describeRoom({ gpu, ram, shared }: MachineRoom): string {
  const memory = `${formatMemorySize(ram)} of memory`;
  return gpu === undefined || shared ? memory : `${memory} and ${formatMemorySize(gpu)} on the GPU`;
}

/**
 * The size of the files stands for the weights, whichever quant the header is of: all quants of a
 * model have the same blocks, and keep the same context.
 */
function memoryOf(size: number, question: FitQuestion): number {
  const { header, projectorBytes = 0 } = question;
  const contextSize = fittedContext(question);
  if (header === undefined) {
    const beside = ROUGH.least + (size * ROUGH.share * contextSize) / ROUGH.contextSize;
    return Math.round(size + projectorBytes + beside);
  }
  const { tensors: _tensors, ...sized } = { ...header, fileSize: size };
  return Math.round(estimateMemory({ headers: [sized], contextSize, projectorBytes }).total);
}

function left(memory: number, { least, share }: { least: number; share: number }): number {
  // Of a small machine the least would be most of what it has.
  return memory - Math.max(memory * share, Math.min(least, 2 * memory * share));
}
