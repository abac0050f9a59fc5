import { formatMemorySize } from '../../format.ts';
import { bytesPerValue } from '../../gguf/memory-types.ts';
import type { StoredModel } from '../../store/model.ts';
import { largestContext, leastContext } from './context-choice.ts';
import type { LoadEstimate, LoadQuestion } from './load-question.ts';
import { type Room, fitsIn, wholeRoom } from './room.ts';

/** A quant of the same repository that could be fetched. */
export interface RemoteQuant {
  readonly label: string;
  /** Bytes. */
  readonly size: number;
}

/** A model that does not fit, and what else there is. */
export interface AdviceRequest {
  readonly model: StoredModel;
  readonly question: LoadQuestion;
  readonly contextSize: number;
  /** The room with every idle model unloaded. */
  readonly room: Room;
  /** Other quants of it that are stored, as questions with the same settings. */
  readonly stored: readonly LoadQuestion[];
  readonly remote: readonly RemoteQuant[];
  /** Models that are at work and so stay loaded. */
  readonly busy: readonly string[];
}

/** Below this a chat is no use. */
const SMALLEST_CONTEXT = 2048;
const CONTEXT_STEP = 1024;
const EIGHT_BITS = { cacheTypeK: 'q8_0', cacheTypeV: 'q8_0' } as const;
const EIGHT_BIT_FLAGS = '--cache-type-k q8_0 --cache-type-v q8_0';

/** What would fit, a line each with the command to type; the least loss first. */
export function adviceFor(request: AdviceRequest): string[] {
  return [
    ...contextAdvice(request),
    ...layerAdvice(request),
    ...quantAdvice(request),
    ...busyAdvice(request),
  ];
}

/** A smaller context, keys and values in 8 bits, or both. */
function contextAdvice({ contextSize, model, question, room }: AdviceRequest): string[] {
  const run = `llamero run ${model.ref}`;
  const lines: string[] = [];
  const largest = (change: Parameters<LoadQuestion['estimate']>[1]): number | undefined =>
    largestContext(
      SMALLEST_CONTEXT,
      Math.floor((contextSize - 1) / CONTEXT_STEP) * CONTEXT_STEP,
      CONTEXT_STEP,
      (tokens) => fitsIn(room, question.estimate(tokens, change), question),
    );
  const smaller = largest({});
  if (smaller !== undefined) {
    lines.push(
      `Smaller context: \`${run} -c ${smaller}\` takes ${taken(question.estimate(smaller))}`,
    );
  }
  if (!question.flashAttention || !isLargerThanEightBits(question)) return lines;
  const same = question.estimate(contextSize, EIGHT_BITS);
  if (fitsIn(room, same, question)) {
    lines.push(
      `KV cache in 8 bits: \`${run} -c ${contextSize} ${EIGHT_BIT_FLAGS}\` takes ${taken(same)}`,
    );
  } else if (smaller === undefined) {
    const both = largest(EIGHT_BITS);
    if (both !== undefined) {
      lines.push(
        `Smaller context and KV cache in 8 bits: \`${run} -c ${both} ${EIGHT_BIT_FLAGS}\` takes ${taken(question.estimate(both, EIGHT_BITS))}`,
      );
    }
  }
  return lines;
}

function isLargerThanEightBits({ cacheTypes }: LoadQuestion): boolean {
  return [cacheTypes.k, cacheTypes.v].some((type) => bytesPerValue(type) > bytesPerValue('q8_0'));
}

/** Fewer layers on the GPU, where they were placed by number. */
function layerAdvice(request: AdviceRequest): string[] {
  const { contextSize, model, question, room } = request;
  if (room.gpu === undefined || question.gpuLayers === undefined) return [];
  const estimate = question.estimate(contextSize);
  for (let layers = question.gpuLayers - 1; layers >= 0; layers -= 1) {
    if (fitsIn(room, estimate, { ...question, gpuLayers: layers })) {
      return [
        `Fewer layers on the GPU: \`llamero run ${model.ref} --n-gpu-layers ${layers}\` keeps ${layers} of ${question.layerCount} there`,
      ];
    }
  }
  return [];
}

/** The largest other quant that fits: one that is stored, else one that could be fetched. */
function quantAdvice(request: AdviceRequest): string[] {
  const { model, question, remote, room, stored } = request;
  const fitting = stored
    .map((other) => ({
      ref: other.ref,
      question: other,
      estimate: other.estimate(contextSizeFor(other, request)),
    }))
    .filter((other) => fitsIn(room, other.estimate, other.question))
    .sort((one, other) => other.estimate.weights - one.estimate.weights)[0];
  if (fitting !== undefined) {
    return [
      `Smaller quant: \`llamero run ${fitting.ref}\` is stored and takes ${taken(fitting.estimate)}`,
    ];
  }
  const { total, weights } = question.estimate(contextSizeFor(question, request));
  const found = remote
    .filter(({ size }) => size < weights && total - weights + size <= wholeRoom(room))
    .sort((one, other) => other.size - one.size)[0];
  if (found === undefined) return [];
  return [
    `Smaller quant: \`llamero pull ${model.repo}:${found.label}\` would take about ${formatMemorySize(total - weights + found.size)}`,
  ];
}

/** A context that nobody asked for may be the least. */
function contextSizeFor(question: LoadQuestion, { contextSize }: AdviceRequest): number {
  return question.contextSize ?? Math.min(contextSize, leastContext(question));
}

function busyAdvice({ busy }: AdviceRequest): string[] {
  return busy.map((ref) => `${ref} is at work; \`llamero stop ${ref}\` frees its memory`);
}

function taken({ total }: LoadEstimate): string {
  return formatMemorySize(total);
}
