import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { pause } from '../lib/pause.ts';
import type { Failure } from '../lib/server/failures.ts';

const LOOKS = 5;
const BETWEEN_LOOKS_MS = 200;

/**
 * Says why the server left in the middle of an answer: the whole server or the process of the model
 * alone, and the reason that its log gives. Any other error stays as it is.
 */
export async function explainLoss(context: Context, ref: string, error: unknown): Promise<unknown> {
  if (!(error instanceof LlameroError) || error.code !== 'SERVER_GONE') return error;
  try {
    return (await findLoss(context, ref, error)) ?? error;
  } catch {
    // Whatever hinders the search for the reason, the loss itself is what has to be told.
    return error;
  }
}

async function findLoss(
  context: Context,
  ref: string,
  cause: LlameroError,
): Promise<LlameroError | undefined> {
  const server = await context.server();
  // The router notices the end of a model's process a little after its connection has broken.
  for (let look = 0; look < LOOKS; look += 1) {
    const { ended, models, server: running } = await server.status({ signal: context.signal });
    if (running === null) {
      return ended === undefined ? undefined : lossError('The server', ended, cause);
    }
    const failure = models.find((model) => model.ref === ref)?.failure;
    if (failure !== undefined) return lossError(`The process of ${ref}`, failure, cause);
    await pause(BETWEEN_LOOKS_MS, context.signal);
  }
  return undefined;
}

function lossError(what: string, { hint, reason }: Failure, cause: LlameroError): LlameroError {
  const message = `${what} ended in the middle of the answer: ${reason}`;
  return new LlameroError('SERVER_GONE', message, { hint, cause });
}
