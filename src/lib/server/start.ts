import { createHash } from 'node:crypto';
import path from 'node:path';

import { describeEngine } from '../engine/engine.ts';
import { writeFileAtomic } from '../files.ts';
import { processIdentity } from '../process-identity.ts';
import { type ServerKey, addressOf, keepKey } from './api-key.ts';
import { explainEnd } from './ended.ts';
import { launchRouter, requireFreePort } from './launch.ts';
import { rotateLog } from './log-file.ts';
import { listModels, type RouterModel } from './models.ts';
import type { Presets } from './presets.ts';
import { waitUntilReady } from './ready.ts';
import { serverUrl } from './request.ts';
import {
  PARTLY_READ,
  type ServerState,
  readLiveState,
  readState,
  removeState,
  writeState,
} from './state.ts';
import { terminateRouter } from './terminate.ts';
import type { CallOptions, ModelServerOptions, ServerFiles } from './types.ts';

/** What a server is started with. */
export interface StartRequest extends CallOptions {
  readonly server: ModelServerOptions;
  readonly files: ServerFiles;
  readonly presets: Presets;
  /** The key for a server that is started; asked for only then. */
  readonly chooseKey: () => Promise<ServerKey | undefined>;
}

/**
 * The running server with a list of presets; started when there is none. The server's lock is held.
 *
 * @throws LlameroError as the start of a server
 */
export async function ensureServer(request: StartRequest): Promise<ServerState> {
  const { files, presets, server, signal } = request;
  const state = await readLiveState(files.state);
  if (state === undefined) return startServer(request);
  await rotateLog(server.logFile);
  const address = await addressOf(state);
  // The one who started it may have been killed before it was ready.
  await waitUntilReady({
    address,
    logFile: server.logFile,
    presetsFile: files.presets,
    timeoutSeconds: server.startTimeoutSeconds,
    ranBefore: true,
    hasEnded: async () => (await processIdentity(state.pid)) !== state.identity,
    signal,
  });
  const digest = digestOf(presets);
  if (digest === state.presets) return state;
  await writeFileAtomic(files.presets, presets.text, 0o600);
  const listed = await listModels(address, { reload: true, signal });
  const isRead = listed.every((model) => hasItsAliases(model, presets));
  const current = {
    ...state,
    models: [...presets.refs],
    presets: isRead ? digest : PARTLY_READ,
  };
  await writeState(files.state, current);
  return current;
}

/**
 * A loaded model keeps the aliases it had when it was loaded; the router has to read the list again
 * when it is not loaded any more. Seen on build 11669.
 */
function hasItsAliases({ aliases = [], ref }: RouterModel, presets: Presets): boolean {
  const wanted = presets.aliases.get(ref) ?? [];
  return wanted.length === aliases.length && wanted.every((name) => aliases.includes(name));
}

async function startServer(request: StartRequest): Promise<ServerState> {
  const { chooseKey, files, onEvent, presets, server, signal } = request;
  const { address, environment, logFile, modelsMax, runFolder } = server;
  const dead = await readState(files.state);
  if (dead !== undefined) {
    onEvent?.({ type: 'found dead', reason: (await explainEnd(dead, logFile)).reason });
  }
  const engine = await server.engine();
  const key = await chooseKey();
  await requireFreePort(address, files.presets);
  if (key !== undefined) await keepKey(key);
  await writeFileAtomic(files.presets, presets.text, 0o600);
  onEvent?.({ type: 'starting', engine: describeEngine(engine) });
  const router = await launchRouter({
    ...address,
    engine,
    presetsFile: files.presets,
    logFile,
    cacheFolder: path.join(runFolder, 'no-models'),
    modelsMax,
    apiKeyFile: key?.file,
    environment,
  });
  const state: ServerState = {
    pid: router.pid,
    identity: router.identity,
    startedAt: new Date().toISOString(),
    ...address,
    modelsMax,
    ...(key === undefined ? {} : { apiKeyFile: key.file }),
    engine: {
      command: [...engine.command],
      ...(engine.build === undefined ? {} : { build: engine.build }),
      ...(engine.version === undefined ? {} : { version: engine.version }),
    },
    models: [...presets.refs],
    presets: digestOf(presets),
  };
  try {
    // Written before it is ready, so that a server whose starter is killed now is found again.
    await writeState(files.state, state);
    await waitUntilReady({
      address: await addressOf(state),
      logFile,
      presetsFile: files.presets,
      timeoutSeconds: server.startTimeoutSeconds,
      hasEnded: () => router.hasEnded(),
      signal,
    });
  } catch (error) {
    await terminateRouter(router);
    await removeState(files.state);
    throw error;
  }
  router.release();
  onEvent?.({ type: 'started', url: serverUrl(address) });
  return state;
}

function digestOf(presets: Presets): string {
  return createHash('sha256').update(presets.text).digest('hex');
}
