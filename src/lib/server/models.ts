import { z } from 'zod';

import { LlameroError } from '../errors.ts';
import { type ServerAddress, requestJson } from './request.ts';

/**
 * What a model is doing. The router's own words, with `failed` for an unloaded one that would not
 * load.
 */
export type ModelState =
  'unloaded' | 'downloading' | 'loading' | 'loaded' | 'sleeping' | 'failed' | 'unknown';

/**
 * Whether a model in this state takes memory, or is about to. A sleeping one is awake at the next
 * request.
 */
export function isActive(state: ModelState): boolean {
  return state === 'loading' || state === 'loaded' || state === 'sleeping';
}

/** A model in the router's list. */
export interface RouterModel {
  /** The name the router calls it by. */
  readonly id: string;
  readonly ref: string;
  /** Further names under which requests may ask for it. */
  readonly aliases?: readonly string[];
  readonly state: ModelState;
  /** How far the loading is, 0 to 1, where the router tells. */
  readonly progress?: number;
  /** Of a failed one: the exit code of its process. */
  readonly exitCode?: number;
  /** The port of the model's own process; its log lines begin with it. */
  readonly port?: number;
  /** The command line the model was or would be started with. */
  readonly args: readonly string[];
  /** Tokens of context of a loaded model. */
  readonly contextSize?: number;
}

const entrySchema = z.object({
  id: z.string(),
  aliases: z.array(z.string()).optional().catch(undefined),
  status: z.object({
    value: z.string(),
    args: z.array(z.string()).default([]),
    failed: z.boolean().optional(),
    exit_code: z.number().optional(),
    progress: z.object({ value: z.number() }).optional().catch(undefined),
  }),
  meta: z.object({ n_ctx: z.number().optional() }).nullish().catch(undefined),
});
const listSchema = z.object({ data: z.array(entrySchema) });

const STATES: Readonly<Record<string, ModelState>> = {
  unloaded: 'unloaded',
  downloading: 'downloading',
  downloaded: 'unloaded',
  loading: 'loading',
  loaded: 'loaded',
  sleeping: 'sleeping',
};

/** How a list is asked for. */
export interface ListOptions {
  /**
   * Read the file of presets again first. A loaded model whose settings changed is unloaded by
   * that.
   */
  readonly reload?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number;
}

/**
 * Every model of a router, with what it is doing.
 *
 * @throws LlameroError SERVER_GONE, SERVER_ANSWER
 */
export async function listModels(
  address: ServerAddress,
  options: ListOptions = {},
): Promise<RouterModel[]> {
  const answer = await requestJson(address, {
    method: 'GET',
    path: options.reload === true ? '/models?reload=1' : '/models',
    signal: options.signal,
    timeoutSeconds: options.timeoutSeconds ?? 60,
  });
  const list = listSchema.safeParse(answer);
  if (!list.success) {
    throw new LlameroError('SERVER_ANSWER', 'The server is no llama-server in router mode', {
      hint: 'Give llamero a port of its own: `llamero config set server.port <port>`',
      cause: list.error,
    });
  }
  return list.data.data.map(routerModel);
}

function routerModel(entry: z.infer<typeof entrySchema>): RouterModel {
  const { status } = entry;
  const state = status.failed === true ? 'failed' : (STATES[status.value] ?? 'unknown');
  const port = Number(status.args[status.args.indexOf('--port') + 1]);
  const contextSize = entry.meta?.n_ctx;
  // A section that is not named as its reference has that among its aliases; no other has a slash.
  const ref = entry.aliases?.find((name) => name.includes('/'));
  const aliases = entry.aliases?.filter((name) => name !== ref) ?? [];
  return {
    id: entry.id,
    ref: ref ?? entry.id,
    ...(aliases.length === 0 ? {} : { aliases }),
    state,
    args: status.args,
    ...(Number.isInteger(port) && port > 0 ? { port } : {}),
    ...(status.progress === undefined ? {} : { progress: status.progress.value }),
    ...(state === 'failed' && status.exit_code !== undefined ? { exitCode: status.exit_code } : {}),
    ...(contextSize === undefined ? {} : { contextSize }),
  };
}
