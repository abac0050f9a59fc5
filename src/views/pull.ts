import type { Context } from '../lib/context.ts';
import type { Downloader } from '../lib/download/downloader.ts';
import { LlameroError } from '../lib/errors.ts';
import type { Judge } from '../lib/info/judge.ts';
import type { PullEvent, PullResult, PullSummary } from '../lib/pull/events.ts';
import type { PrepareOptions, PreparedPull } from '../lib/pull/pull.ts';
import { readReferences } from '../lib/pull/references.ts';
import { formatReference, type Reference } from '../lib/store/reference.ts';

/** What a command may ask of a pull. What is undefined is as the configuration says. */
export interface PullRequest {
  readonly revision?: string | undefined;
  /** The quant of those that name none. */
  readonly quant?: string | undefined;
  /** Tokens of context that a quant which is chosen leaves room for. */
  readonly context?: number | undefined;
  /** The memory of the machine that a quant is chosen for, when it is not this one. */
  readonly memory?: string | undefined;
  /** Whether the projector is wanted. */
  readonly mmproj?: boolean | undefined;
  /** Whether files that other tools hold are linked or copied instead of fetched. */
  readonly reuse?: boolean | undefined;
}

/** Takes the events of a pull, to draw them or to print them. */
export interface PullListener {
  readonly handle: (event: PullEvent) => void;
  readonly stop: () => void;
}

/** Finds out what a pull would do. */
export async function prepare(
  context: Context,
  texts: readonly string[],
  request: PullRequest,
  listener: PullListener,
): Promise<PreparedPull> {
  const { options, references } = await prepareOptions(context, texts, request, listener);
  const { preparePull } = await import('../lib/pull/pull.ts');
  try {
    return await preparePull(references, options);
  } catch (error) {
    throw withContinuation(error, references);
  } finally {
    listener.stop();
  }
}

/** Pulls models and tells a listener how it goes. */
export async function pull(
  context: Context,
  texts: readonly string[],
  request: PullRequest,
  listener: PullListener,
): Promise<PullSummary> {
  const { options, references } = await prepareOptions(context, texts, request, listener);
  const { preparePull, pullModels } = await import('../lib/pull/pull.ts');
  const downloader = await openDownloader(context);
  try {
    const prepared = await preparePull(references, options);
    const reserve = (await context.config()).get('pull.reserve');
    return await pullModels(prepared, { ...options, downloader, reserve });
  } catch (error) {
    throw withContinuation(error, references);
  } finally {
    await downloader.close();
    listener.stop();
  }
}

/** A downloader as the configuration wants it; to be closed. */
export async function openDownloader(context: Context): Promise<Downloader> {
  const [config, http, { createDownloader }] = await Promise.all([
    context.config(),
    context.http(),
    import('../lib/download/downloader.ts'),
  ]);
  const limitRate = config.get('pull.limit-rate');
  return createDownloader({
    http,
    signal: context.signal,
    connections: config.get('pull.connections'),
    limitRate: limitRate === 0 ? undefined : limitRate,
  });
}

/**
 * Pulls one model and draws the progress: what `run` does when the model is missing.
 *
 * @throws LlameroError why it could not be pulled
 */
export async function pullOne(context: Context, text: string): Promise<PullResult> {
  const { PullProgress } = await import('./pull-progress.ts');
  const progress = await PullProgress.create(context.terminal);
  const { failed, models } = await pull(context, [text], {}, progress);
  const [failure] = failed;
  if (failure !== undefined) throw failure.error;
  const [model] = models;
  if (model === undefined) throw new Error(`nothing came of the pull of ${text}`);
  return model;
}

async function prepareOptions(
  context: Context,
  texts: readonly string[],
  request: PullRequest,
  listener: PullListener,
): Promise<{ readonly options: PrepareOptions; readonly references: Reference[] }> {
  const config = await context.config();
  const endpoint = config.get('hub.endpoint');
  const reuse = request.reuse ?? config.get('pull.reuse');
  const withProjector = request.mmproj ?? config.get('pull.mmproj');
  const { quant } = request;
  const references = readReferences(texts, { endpoint, revision: request.revision });
  return {
    references:
      quant === undefined ? references : references.map((each) => ({ tag: quant, ...each })),
    options: {
      hub: await context.hub(),
      finder: reuse ? await context.finder() : undefined,
      models: context.paths.models,
      preferredQuant: config.get('pull.quant'),
      judge: await quantJudge(context, request, withProjector),
      withProjector,
      signal: context.signal,
      onEvent: (event) => listener.handle(event),
    },
  };
}

/** What chooses the quants of those that name none; it asks nothing before it is needed. */
async function quantJudge(
  context: Context,
  { context: contextSize, memory }: PullRequest,
  withProjector: boolean,
): Promise<Judge> {
  const [{ createJudge }, { openHubKnowledge }, { createRoom }, config] = await Promise.all([
    import('../lib/info/judge.ts'),
    import('./info-sources.ts'),
    import('./machine-room.ts'),
    context.config(),
  ]);
  const { headers } = await openHubKnowledge(context);
  return createJudge({
    headers,
    machine: createRoom(context, memory),
    contextSize: contextSize ?? config.get('pull.context'),
    withProjector,
  });
}

/** An interrupted pull says how to go on. */
function withContinuation(error: unknown, references: readonly Reference[]): unknown {
  if (!(error instanceof LlameroError) || error.exitCode < 130) return error;
  const revision = references[0]?.revision;
  const words = [
    ...references.map(formatReference),
    ...(revision === undefined ? [] : ['--revision', revision]),
  ];
  return new LlameroError(error.code, error.message, {
    hint: `What has arrived is kept: \`llamero pull ${words.join(' ')}\` continues`,
    cause: error,
  });
}
