import { LlameroError } from '../errors.ts';
import { pause } from '../pause.ts';
import { explainFailure } from './failures.ts';
import { readLogTail } from './log-file.ts';
import { listModels } from './models.ts';
import { portTaken } from './port-taken.ts';
import { type ServerAddress, requestJson } from './request.ts';

const FIRST_POLL_MS = 20;
const POLL_MS = 200;
const ANSWER_SECONDS = 5;
/** Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/server-http.cpp */
const KEY_REFUSED = 'Invalid API Key';

/** A server that is awaited. */
export interface Awaited {
  readonly address: ServerAddress;
  readonly logFile: string;
  /** The list of models of this home. */
  readonly presetsFile: string;
  readonly timeoutSeconds: number;
  /** Whether somebody else started it, maybe long ago. */
  readonly ranBefore?: boolean;
  /** Whether its process has ended. */
  hasEnded(): boolean | Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a router answers on its port and shows its list of models.
 *
 * @throws LlameroError SERVER_START_FAILED with the reason from the log, PORT_TAKEN, INTERRUPTED
 */
export async function waitUntilReady(server: Awaited): Promise<void> {
  const deadline = Date.now() + server.timeoutSeconds * 1000;
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, POLL_MS)) {
    if (await server.hasEnded()) throw await startFailure(server);
    if (await answers(server.address, server.signal)) return;
    if (Date.now() >= deadline) {
      throw new LlameroError(
        'SERVER_START_FAILED',
        `The server did not answer within ${server.timeoutSeconds} s`,
        { hint: howToGoOn(server) },
      );
    }
    await pause(wait, server.signal);
  }
}

function howToGoOn({ logFile, ranBefore }: Awaited): string {
  return ranBefore === true
    ? 'It runs but is stuck: `llamero stop --server` ends it, and the next run starts it anew'
    : `Look into ${logFile}, or allow it more time: \`llamero config set server.start-timeout 5m\``;
}

/**
 * Whether a router answers.
 *
 * @throws LlameroError API_KEY_INVALID when it does, but not to us
 */
export async function answers(address: ServerAddress, signal?: AbortSignal): Promise<boolean> {
  try {
    await requestJson(address, {
      method: 'GET',
      path: '/health',
      signal,
      timeoutSeconds: ANSWER_SECONDS,
    });
    await listModels(address, { signal, timeoutSeconds: ANSWER_SECONDS });
    return true;
  } catch (error) {
    // Not there yet, or (503) not ready yet.
    if (!(error instanceof LlameroError)) throw error;
    if (error.message.includes(KEY_REFUSED)) throw keyRefused(error);
    if (error.code === 'SERVER_GONE' || error.code === 'SERVER_ANSWER') return false;
    throw error;
  }
}

function keyRefused(cause: LlameroError): LlameroError {
  return new LlameroError('API_KEY_INVALID', 'The server does not take our API key', {
    hint: 'Its key was changed after it had started: `llamero stop --server`, then start it again',
    cause,
  });
}

async function startFailure({ address, logFile, presetsFile }: Awaited): Promise<LlameroError> {
  const lines = (await readLogTail(logFile)).split('\n');
  // The port was free a moment ago: somebody took it in between.
  if (lines.some((line) => line.includes("couldn't bind HTTP server socket"))) {
    return portTaken(address, presetsFile, undefined);
  }
  const { hint, reason } = explainFailure(lines, {}, logFile);
  return new LlameroError('SERVER_START_FAILED', `The server did not start: ${reason}`, { hint });
}
