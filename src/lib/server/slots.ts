import { z } from 'zod';

import { LlameroError } from '../errors.ts';
import { type ServerAddress, requestJson } from './request.ts';

const ANSWER_SECONDS = 5;
const slotsSchema = z.array(z.object({ is_processing: z.boolean() }));

/**
 * The requests that a loaded model works on right now. Asking puts off its sleep, and wakes it when
 * it sleeps already, so this is for moments at which it matters, not for looking on.
 *
 * @param id the router's name of the model
 * @returns undefined when the server does not tell
 */
export async function requestsOf(
  address: ServerAddress,
  id: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const answer = await requestJson(address, {
      method: 'GET',
      path: `/slots?model=${encodeURIComponent(id)}&autoload=false`,
      signal,
      timeoutSeconds: ANSWER_SECONDS,
    });
    const slots = slotsSchema.safeParse(answer);
    return slots.success ? slots.data.filter((slot) => slot.is_processing).length : undefined;
  } catch (error) {
    const code = error instanceof LlameroError ? error.code : undefined;
    if (code === 'SERVER_ANSWER' || code === 'SERVER_GONE') return undefined;
    throw error;
  }
}
