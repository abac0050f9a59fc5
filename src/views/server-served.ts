import type { Context } from '../lib/context.ts';
import { isLoopback } from '../lib/server/api-key.ts';
import type { ReadyModel, ServedServer } from '../lib/server/router.ts';
import { type Endpoints, showEndpoints } from './server-endpoints.ts';

/** A server that others can use, with the models that were loaded for them. */
export interface Served {
  readonly served: ServedServer;
  readonly endpoints: Endpoints;
  readonly models: readonly ReadyModel[];
}

/** The `--json` document of `serve`. */
export interface ServeDocument {
  readonly pid: number;
  readonly url: string;
  readonly engine: string;
  readonly startedAt: string;
  readonly log: string;
  /** The file with the key that clients have to send. */
  readonly apiKeyFile?: string;
  readonly endpoints: Endpoints;
  /** Whether it ran before this command. */
  readonly ranAlready: boolean;
  /** The models that are loaded, by the names that clients call them. */
  readonly models: readonly { readonly ref: string; readonly id: string }[];
}

/** The server as a document. */
export function serveDocument({ endpoints, models, served }: Served): ServeDocument {
  const { apiKeyFile, engine, logFile, pid, ranAlready, startedAt, url } = served;
  return {
    pid,
    url,
    engine,
    startedAt,
    log: logFile,
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    endpoints,
    ranAlready,
    models: models.map(({ id, ref }) => ({ ref, id })),
  };
}

/**
 * Tells what serves, where, and how it is asked.
 *
 * @param told `watches`: whether its log is shown next, until Ctrl+C
 */
export async function tellServed(
  context: Context,
  told: Served & { readonly watches: boolean },
): Promise<void> {
  const { endpoints, models, served, watches } = told;
  const { terminal } = context;
  const { address, engine, logFile, pid, ranAlready, url } = served;
  terminal.note(
    ranAlready
      ? `A server runs already: ${engine} on ${url}, process ${pid}`
      : `${engine} serves on ${url}, process ${pid}`,
  );
  if (!isLoopback(address.host)) {
    terminal.note(`Other machines reach it too, on port ${address.port} of this one`);
  }
  for (const { ref } of models) terminal.note(`Loaded ${ref}`);
  showEndpoints(terminal, served, endpoints, models[0]?.id ?? (await anyModel(context)));
  terminal.note('');
  terminal.note(watches ? 'Ctrl+C ends the server.' : `Log: ${logFile}`);
}

/** The name of some model, for a line that can be pasted. */
async function anyModel(context: Context): Promise<string | undefined> {
  const { models } = await (await context.server()).status({ signal: context.signal });
  return models.find(({ state }) => state !== 'failed')?.id;
}
