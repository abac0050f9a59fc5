import { setTimeout as delay } from 'node:timers/promises';

import { abortError } from './errors.ts';

/**
 * Waits a number of milliseconds.
 *
 * @throws LlameroError the reason of the signal, as soon as it is aborted
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    throw error;
  }
}
