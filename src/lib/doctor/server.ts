import { sizeIfExists } from '../files.ts';
import { addressOf } from '../server/api-key.ts';
import { explainEnd } from '../server/ended.ts';
import { answers } from '../server/ready.ts';
import { serverUrl } from '../server/request.ts';
import { readLiveState, readState } from '../server/state.ts';
import type { Finding } from './types.ts';

const id = 'server';
const STOP = 'llamero stop --server';

/** What is looked at. */
export interface ServerOptions {
  /** The record of the server that was started. */
  readonly stateFile: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/** Whether the record of the server tells the truth, and whether a server that runs answers. */
export async function checkServer(options: ServerOptions): Promise<Finding[]> {
  const { logFile, signal, stateFile } = options;
  const live = await readLiveState(stateFile);
  if (live === undefined) return notRunning(stateFile, logFile);
  const which = `The server at ${serverUrl(live)} (process ${live.pid})`;
  if (await answers(await addressOf(live), signal)) {
    return [{ id, severity: 'ok', message: `${which} answers` }];
  }
  const message = `${which} runs but does not answer`;
  return [{ id, severity: 'error', code: 'SERVER_ANSWER', message, fix: STOP }];
}

async function notRunning(stateFile: string, logFile: string): Promise<Finding[]> {
  if ((await sizeIfExists(stateFile)) === undefined) {
    return [{ id, severity: 'ok', message: 'No server runs' }];
  }
  const dead = await readState(stateFile);
  if (dead === undefined) {
    const message = `The record of the server is damaged: ${stateFile}`;
    return [{ id, severity: 'warning', message, fix: STOP }];
  }
  const { reason } = await explainEnd(dead, logFile);
  const message = `The server (process ${dead.pid}) has ended without being asked to: ${reason}. The next run starts it again`;
  return [{ id, severity: 'warning', message, fix: STOP }];
}
