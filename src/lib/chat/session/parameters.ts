import { z } from 'zod';

import type { Summary } from '../conversation.ts';
import { THINK_LEVELS, type ThinkLevel } from '../request.ts';
import { type Sampling, parseSamplingValue, samplingParameter } from '../sampling.ts';

/** How a conversation was talked, kept with it so that it goes on in the same way. */
export interface SessionParameters {
  readonly sampling: Sampling;
  readonly think: ThinkLevel | undefined;
  readonly summary: Summary | undefined;
}

const parametersSchema = z.object({
  sampling: z.record(z.string(), z.unknown()).catch({}),
  think: z.enum(THINK_LEVELS).optional().catch(undefined),
  summary: z
    .object({ text: z.string(), covers: z.number().int().min(0) })
    .optional()
    .catch(undefined),
});

/** Reads what was kept. What does not hold, or comes from another version, is left out. */
export function readParameters(kept: unknown): SessionParameters {
  const read = parametersSchema.safeParse(kept ?? {});
  if (!read.success) return { sampling: {}, think: undefined, summary: undefined };
  const { sampling, summary, think } = read.data;
  const values = Object.entries(sampling).flatMap(([name, value]) => {
    const parameter = samplingParameter(name);
    const number = parameter && parseSamplingValue(parameter, String(value));
    return parameter === undefined || number === undefined ? [] : [[parameter.name, number]];
  });
  return { sampling: Object.fromEntries(values) as Sampling, think, summary };
}

/** What is kept: plain data. */
export function writeParameters(parameters: SessionParameters): Readonly<Record<string, unknown>> {
  const { sampling, summary, think } = parameters;
  const set = Object.entries(sampling).filter(([, value]) => value !== undefined);
  return {
    sampling: Object.fromEntries(set),
    ...(think === undefined ? {} : { think }),
    ...(summary === undefined ? {} : { summary: { ...summary } }),
  };
}
