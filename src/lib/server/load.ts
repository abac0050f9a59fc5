import { LlameroError } from '../errors.ts';
import { pause } from '../pause.ts';
import { explainFailure, linesOfProcess } from './failures.ts';
import { readLogTail } from './log-file.ts';
import { type RouterModel, listModels } from './models.ts';
import { type ServerAddress, requestJson } from './request.ts';

const FIRST_POLL_MS = 30;
const POLL_MS = 250;
/** Times a model is asked for that others push out again before it can be used. */
const ATTEMPTS = 5;

/** A load that is awaited. */
export interface LoadOptions {
  readonly address: ServerAddress;
  readonly ref: string;
  readonly logFile: string;
  /** Whether the server was asked for it already, see {@link requestLoad}. */
  readonly asked?: boolean;
  /**
   * Called again and again while the model loads, with how far it is, 0 to 1, where that is known.
   */
  readonly onLoading?: ((progress: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a model and waits until it can be used; one that is loaded or being loaded by somebody else
 * is waited for. The router answers a request to load before it begins, so only its list tells how
 * it went.
 *
 * @throws LlameroError MODEL_LOAD_FAILED with the reason from the log, SERVER_GONE, INTERRUPTED
 */
export async function loadModel(options: LoadOptions): Promise<RouterModel> {
  const { address, onLoading, ref, signal } = options;
  let asked = options.asked === true ? 1 : 0;
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, POLL_MS)) {
    const model = await findModel(address, ref, signal);
    switch (model.state) {
      case 'loaded':
      case 'sleeping':
        return model;
      case 'loading':
      case 'downloading':
        onLoading?.(model.progress);
        break;
      case 'failed':
      case 'unloaded':
      case 'unknown':
        if (model.state === 'failed' && asked > 0) throw await loadFailure(options, model);
        if (asked === ATTEMPTS) throw pushedOut(ref);
        asked += 1;
        await requestLoad(address, model.id, signal);
        onLoading?.(undefined);
        break;
    }
    await pause(wait, signal);
  }
}

/** Tells the server to begin to load a model. */
export async function requestLoad(
  address: ServerAddress,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  await ask(address, '/models/load', id, 'already running', signal);
}

/**
 * Unloads a model and waits until it is gone.
 *
 * @returns false when it was not loaded
 */
export async function unloadModel(
  address: ServerAddress,
  ref: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const model = await findModel(address, ref, signal);
  if (model.state === 'unloaded' || model.state === 'failed') return false;
  await ask(address, '/models/unload', model.id, 'not running', signal);
  for (;;) {
    const { state } = await findModel(address, ref, signal);
    if (state === 'unloaded' || state === 'failed') return true;
    await pause(FIRST_POLL_MS, signal);
  }
}

async function findModel(
  address: ServerAddress,
  ref: string,
  signal: AbortSignal | undefined,
): Promise<RouterModel> {
  const model = (await listModels(address, { signal })).find((entry) => entry.ref === ref);
  if (model !== undefined) return model;
  throw new LlameroError('MODEL_NOT_FOUND', `The server does not have ${ref}`, {
    hint: 'See what is stored with `llamero list`',
  });
}

/** Sends a request about a model; that it is already as wanted is no failure. */
async function ask(
  address: ServerAddress,
  path: string,
  id: string,
  alreadySo: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await requestJson(address, { method: 'POST', path, body: { model: id }, signal });
  } catch (error) {
    const said = error instanceof LlameroError && error.code === 'SERVER_ANSWER';
    if (!said || !error.message.includes(alreadySo)) throw error;
  }
}

async function loadFailure(
  { logFile, ref }: LoadOptions,
  model: RouterModel,
): Promise<LlameroError> {
  const log = await readLogTail(logFile);
  const lines = model.port === undefined ? [] : linesOfProcess(log, model.port);
  const { hint, reason } = explainFailure(lines, { ref }, logFile);
  return new LlameroError('MODEL_LOAD_FAILED', `${ref} cannot be loaded: ${reason}`, { hint });
}

function pushedOut(ref: string): LlameroError {
  return new LlameroError(
    'MODEL_LOAD_FAILED',
    `${ref} was unloaded again and again before it could be used: other models take its place`,
    {
      hint: 'Stop one of them (`llamero ps`, `llamero stop <ref>`), or allow more at once: `llamero config set server.models-max 8`',
    },
  );
}
