import { type ChatAnswer, type ChatOptions, streamChat } from '../../server/client.ts';
import type { ReadyModel } from '../../server/router.ts';
import type { Session } from './session.ts';

/**
 * Sends a request to the model and takes its answer.
 *
 * @throws LlameroError whatever `streamChat` throws; of a server that left, why it did
 */
export async function askModel(
  { host }: Session,
  ready: ReadyModel,
  body: Record<string, unknown>,
  options: ChatOptions,
): Promise<ChatAnswer> {
  try {
    return await streamChat(ready.address, body, options);
  } catch (error) {
    throw await host.explainLoss(ready.ref, error);
  }
}
