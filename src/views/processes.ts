import type { Context } from '../lib/context.ts';
import type { ModelStatus, ServerStatus } from '../lib/server/router.ts';
import { tellWaitingEngine } from './server-engine.ts';
import { showStatus, shownModels } from './server-status.ts';

/** The `--json` document of `ps`. Sizes are bytes, durations seconds, shares 0 to 1. */
export interface ProcessDocument {
  readonly server: ServerStatus['server'];
  readonly models: readonly {
    readonly ref: string;
    readonly status: ModelStatus['state'];
    readonly size?: number;
    /** The part of weights and cache that lies in the memory of GPUs. */
    readonly gpuShare?: number;
    /** Tokens. */
    readonly contextSize?: number;
    /** How far the loading is, 0 to 100. */
    readonly percent?: number;
    /** Requests that are worked on. */
    readonly requests?: number;
    readonly idleSeconds?: number;
    readonly unloadsInSeconds?: number;
    readonly failure?: { readonly reason: string; readonly hint: string };
  }[];
  /** Whether the server answers; it may run and be stuck. */
  readonly answers: boolean;
  /** Why the last server ended, when nobody asked it to. */
  readonly ended?: { readonly reason: string; readonly hint: string };
}

/** Shows the server and its models once; the document is made where it is asked for. */
export async function showProcesses(
  context: Context,
  { json }: { readonly json: boolean },
): Promise<ProcessDocument | undefined> {
  const { signal, terminal } = context;
  const status = await (await context.server()).status({ signal });
  if (json) return processDocument(status);
  showStatus(terminal, status);
  await tellWaitingEngine(context);
  return undefined;
}

function processDocument(status: ServerStatus): ProcessDocument {
  const { answers, ended, server } = status;
  return {
    server,
    models: shownModels(status).map(modelDocument),
    answers,
    ...(ended === undefined ? {} : { ended }),
  };
}

function modelDocument(model: ModelStatus): ProcessDocument['models'][number] {
  const { contextSize, deviceShare, failure, idleSeconds, progress, requests } = model;
  const { ref, size, state, unloadsInSeconds } = model;
  return {
    ref,
    status: state,
    ...(size === undefined ? {} : { size }),
    ...(deviceShare === undefined ? {} : { gpuShare: deviceShare }),
    ...(contextSize === undefined ? {} : { contextSize }),
    ...(progress === undefined ? {} : { percent: Math.floor(progress * 100) }),
    ...(requests === undefined ? {} : { requests }),
    ...(idleSeconds === undefined ? {} : { idleSeconds }),
    ...(unloadsInSeconds === undefined ? {} : { unloadsInSeconds }),
    ...(failure === undefined ? {} : { failure }),
  };
}
