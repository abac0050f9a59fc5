import { LlameroError } from '../../src/lib/errors.ts';

/** The LlameroError that a promise fails with; anything else it fails with is thrown on. */
export async function caught(promise: Promise<unknown>): Promise<LlameroError> {
  let error: unknown;
  try {
    await promise;
  } catch (reason) {
    error = reason;
  }
  if (error instanceof LlameroError) return error;
  throw error ?? new Error('Nothing was thrown');
}
