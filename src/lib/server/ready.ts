import { LlameroError } from '../errors.ts';
import { pause } from '../pause.ts';
import { explainFailure } from './failures.ts';
import { portTaken } from './launch.ts';
import { readLogTail } from './log-file.ts';
import { listModels } from './models.ts';
import { type ServerAddress, requestJson } from './request.ts';

const FIRST_POLL_MS = 20;
const POLL_MS = 200;
const ANSWER_SECONDS = 5;

/** A server that is awaited. */
export interface Awaited {
  readonly address: ServerAddress;
  readonly logFile: string;
  readonly timeoutSeconds: number;
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
        {
          hint: `Look into ${server.logFile}, or allow it more time: \`llamero config set server.start-timeout 5m\``,
        },
      );
    }
    await pause(wait, server.signal);
  }
}

/** Whether a router answers. */
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
    const code = error instanceof LlameroError ? error.code : undefined;
    if (code === 'SERVER_GONE' || code === 'SERVER_ANSWER') return false;
    throw error;
  }
}

async function startFailure({ address, logFile }: Awaited): Promise<LlameroError> {
  const lines = (await readLogTail(logFile)).split('\n');
  // The port was free a moment ago: somebody took it in between.
  if (lines.some((line) => line.includes("couldn't bind HTTP server socket"))) {
    return portTaken(address, undefined);
  }
  const { hint, reason } = explainFailure(lines, {}, logFile);
  return new LlameroError('SERVER_START_FAILED', `The server did not start: ${reason}`, { hint });
}
