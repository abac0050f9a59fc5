import { LlameroError } from '../../errors.ts';
import type { Session } from './session.ts';

/**
 * Tells a failure that the conversation survives.
 *
 * @throws what is no failure that a user can understand
 */
export function tellFailure({ host, io }: Pick<Session, 'host' | 'io'>, error: unknown): void {
  if (host.signal.aborted || !(error instanceof LlameroError)) throw error;
  if (error.code === 'INTERRUPTED') {
    io.note('(stopped)');
    return;
  }
  io.warn(error.message);
  if (error.hint !== undefined) for (const line of error.hint.split('\n')) io.note(line);
}
