import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { PullResult } from '../lib/pull/pull.ts';
import { formatReference, parseReference, type Reference } from '../lib/store/reference.ts';

/** What a command may ask of a pull. */
export interface PullRequest {
  readonly revision?: string | undefined;
  /** Whether the projector is wanted; what the configuration says when undefined. */
  readonly mmproj?: boolean | undefined;
}

/** Pulls a model and draws the progress: what `pull` does, and `run` when the model is missing. */
export async function pull(
  context: Context,
  text: string,
  request: PullRequest = {},
): Promise<PullResult> {
  const config = await context.config();
  const endpoint = config.get('hub.endpoint');
  const reference: Reference = {
    ...parseReference(text, endpoint),
    ...(request.revision === undefined ? {} : { revision: request.revision }),
  };
  const [{ pullModel }, { PullProgress }] = await Promise.all([
    import('../lib/pull/pull.ts'),
    import('./pull-progress.ts'),
  ]);
  const progress = await PullProgress.create(context.terminal);
  try {
    return await pullModel(reference, {
      hub: await context.hub(),
      http: await context.http(),
      models: context.paths.models,
      preferredQuant: config.get('pull.quant'),
      withProjector: request.mmproj ?? config.get('pull.mmproj'),
      reserve: config.get('pull.reserve'),
      signal: context.signal,
      onEvent: (event) => progress.handle(event),
    });
  } catch (error) {
    throw withContinuation(error, formatReference(reference));
  } finally {
    progress.stop();
  }
}

/** An interrupted pull says how to go on. */
function withContinuation(error: unknown, reference: string): unknown {
  if (!(error instanceof LlameroError) || error.exitCode < 130) return error;
  return new LlameroError(error.code, error.message, {
    hint: `What has arrived is kept: \`llamero pull ${reference}\` continues`,
    cause: error,
  });
}
