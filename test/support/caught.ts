import { LlameroError } from '../../src/lib/errors.ts';

/** The LlameroError that a promise fails with; anything else it fails with is thrown on. */
export async function caught(promise: Promise<unknown>): Promise<LlameroError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LlameroError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}
