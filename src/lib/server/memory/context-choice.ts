import type { LoadQuestion } from './load-question.ts';
import { type Room, partOnGpu } from './room.ts';

/** The engine makes contexts in such steps. Source: https://github.com/ggml-org/llama.cpp/blob/master/common/fit.cpp */
const ENGINE_STEP = 256;

/**
 * The largest context of a range that fits: the upper end, or a multiple of the step.
 *
 * @param fits must not be true of a context when it is false of a smaller one
 */
export function largestContext(
  least: number,
  most: number,
  step: number,
  fits: (contextSize: number) => boolean,
): number | undefined {
  if (most < least) return undefined;
  if (fits(most)) return most;
  let low = Math.ceil(least / step);
  let high = Math.floor(most / step);
  if (low > high || !fits(low * step)) return undefined;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle * step)) low = middle;
    else high = middle - 1;
  }
  return low * step;
}

/**
 * The context that the engine takes: what was asked for; else what the model was trained for, cut
 * down to what fits, 4096 tokens at the least. What fits is judged by the free memory of the
 * devices, and on a machine without any by the whole of its memory, free or not: seen on build
 * 11669. That is why a context may be too large that the engine has chosen itself.
 */
export function engineContext(question: LoadQuestion, room: Room, machineTotal: number): number {
  const { contextSize, fit, fullContext } = question;
  if (contextSize !== undefined) return contextSize;
  if (!fit.on) return fullContext;
  const least = leastContext(question);
  const fits = (tokens: number): boolean => {
    const estimate = question.estimate(tokens);
    return room.gpu === undefined
      ? estimate.total <= machineTotal - fit.margin
      : partOnGpu(estimate, question) <= room.gpu;
  };
  return largestContext(least, fullContext, ENGINE_STEP, fits) ?? least;
}

/** The least context that the engine goes down to. */
export function leastContext({ fit, fullContext }: LoadQuestion): number {
  return Math.min(fit.leastContext, fullContext);
}
